package io.meshvine.it.wire;

/** Protocol versions under test, with their protocol level in CONNECT. */
public enum Version {
    V3_1_1(4),
    V5(5);

    private final int level;

    Version(int level) {
        this.level = level;
    }

    public int level() {
        return level;
    }

    public boolean is5() {
        return this == V5;
    }
}
