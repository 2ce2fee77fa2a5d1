package io.meshvine.bench.load;

import org.HdrHistogram.Histogram;

/**
 * Histogram of the times from the intended send to now, in nanoseconds. A message that leaves late because the broker or this client
 * was busy is charged for the wait too, so coordinated omission cannot hide stalls. Confined to the load loop.
 */
final class LatencyWindow {
    private static final long LONGEST_NANOS = 120_000_000_000L;

    private final Histogram histogram = new Histogram(LONGEST_NANOS, 3);
    private long fromNanos = Long.MAX_VALUE;
    private long toNanos = Long.MAX_VALUE;

    /** Counts messages whose intended send time lies in the window, whenever they arrive. */
    void open(long fromNanos, long toNanos) {
        this.fromNanos = fromNanos;
        this.toNanos = toNanos;
    }

    void record(long intendedNanos) {
        if (intendedNanos >= fromNanos && intendedNanos < toNanos) {
            histogram.recordValue(Math.min(System.nanoTime() - intendedNanos, LONGEST_NANOS));
        }
    }

    Histogram histogram() {
        return histogram;
    }
}
