package io.meshvine.fault.ledger;

/** How long messages were on their way, in whole milliseconds. Confined to the client loop. */
final class Delays {
    /** Longer ones count as this long. */
    private static final int LONGEST_MILLIS = 60_000;

    private final int[] counts = new int[LONGEST_MILLIS + 1];
    private long total;

    void add(int millis) {
        counts[Math.max(0, Math.min(millis, LONGEST_MILLIS))]++;
        total++;
    }

    /** The smallest delay that no more than the rest exceeds; 0 if there are none. */
    int quantile(double share) {
        long wanted = (long) Math.ceil(share * total);
        long seen = 0;
        for (int millis = 0; millis <= LONGEST_MILLIS; millis++) {
            seen += counts[millis];
            if (seen >= wanted) {
                return millis;
            }
        }
        return LONGEST_MILLIS;
    }
}
