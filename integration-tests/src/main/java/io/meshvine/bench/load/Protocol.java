package io.meshvine.bench.load;

/** MQTT version that the load client speaks. */
public enum Protocol {
    V311(4),
    V5(5);

    private final int level;

    Protocol(int level) {
        this.level = level;
    }

    /** Protocol level byte of CONNECT. */
    int level() {
        return level;
    }

    /** Parses {@code 3.1.1} or {@code 5}. */
    public static Protocol of(String version) {
        return switch (version) {
            case "3.1.1", "4" -> V311;
            case "5", "5.0" -> V5;
            default -> throw new IllegalArgumentException("unknown MQTT version " + version + ": use 3.1.1 or 5");
        };
    }
}
