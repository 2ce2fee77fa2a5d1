package io.meshvine.fault.ledger;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Wills of clients that a fault took, and who got them. One watcher per node. Times are milliseconds on the ledger's
 * clock. Confined to the client loop.
 */
public final class Wills {
    private final Map<String, Expected> expected = new HashMap<>();
    private int duplicates;
    private int slowestMillis;

    private static final class Expected {
        final int fromMillis;
        final Set<Integer> watchers;
        final Set<Integer> arrived = new HashSet<>();

        Expected(int fromMillis, Set<Integer> watchers) {
            this.fromMillis = fromMillis;
            this.watchers = Set.copyOf(watchers);
        }
    }

    /** From now on the watchers at these nodes should get that will. */
    public void expect(String will, Set<Integer> watchers, int nowMillis) {
        expected.put(will, new Expected(nowMillis, watchers));
    }

    /** A watcher has a will. */
    public void arrived(String will, int watcher, int nowMillis) {
        Expected what = expected.get(will);
        if (what == null || !what.watchers.contains(watcher)) {
            return;
        }
        if (!what.arrived.add(watcher)) {
            duplicates++;
        }
        slowestMillis = Math.max(slowestMillis, nowMillis - what.fromMillis);
    }

    public Report report() {
        int missing = expected.values().stream()
                .mapToInt(will -> will.watchers.size() - will.arrived.size())
                .sum();
        return new Report(expected.size(), missing, duplicates, slowestMillis);
    }

    /**
     * The sums.
     *
     * @param expected wills that should have been published
     * @param missing deliveries that did not come, over all watchers
     * @param duplicates deliveries beyond the first
     * @param slowestMillis longest time from the fault to a delivery
     */
    public record Report(int expected, int missing, int duplicates, int slowestMillis) {}
}
