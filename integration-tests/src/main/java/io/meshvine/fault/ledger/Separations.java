package io.meshvine.fault.ledger;

import java.util.ArrayList;
import java.util.List;

/**
 * When which nodes could not reach each other, or one of them did not run: from the fault until the mesh is one again.
 * Confined to the client loop.
 */
public final class Separations {
    private final List<Separation> closed = new ArrayList<>();
    private final List<Separation> open = new ArrayList<>();

    private record Separation(int one, int other, int fromMillis, int toMillis) {
        boolean isOf(int a, int b) {
            return (one == a && other == b) || (one == b && other == a);
        }
    }

    /** From now on these two are apart. */
    public void begin(int one, int other, int nowMillis) {
        if (open.stream().noneMatch(separation -> separation.isOf(one, other))) {
            open.add(new Separation(one, other, nowMillis, Integer.MAX_VALUE));
        }
    }

    /** From now on all are together. */
    public void endAll(int nowMillis) {
        open.forEach(s -> closed.add(new Separation(s.one(), s.other(), s.fromMillis(), nowMillis)));
        open.clear();
    }

    /** True if the two were apart at any time from one moment to the other; a node is never apart from itself. */
    boolean touch(int one, int other, int fromMillis, int toMillis) {
        return touch(open, one, other, fromMillis, toMillis) || touch(closed, one, other, fromMillis, toMillis);
    }

    private static boolean touch(List<Separation> all, int one, int other, int fromMillis, int toMillis) {
        return all.stream()
                .anyMatch(s -> s.isOf(one, other) && s.fromMillis() <= toMillis && fromMillis <= s.toMillis());
    }
}
