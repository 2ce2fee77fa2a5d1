package io.meshvine.bench.load;

import org.HdrHistogram.Histogram;

/** Quantiles of a histogram of nanoseconds, in microseconds. All zero when nothing was recorded. */
public record Quantiles(long count, double p50, double p90, double p99, double p999, double max) {
    static final Quantiles NONE = new Quantiles(0, 0, 0, 0, 0, 0);

    private static final double NANOS_PER_MICRO = 1_000.0;

    public static Quantiles of(Histogram histogram) {
        return new Quantiles(
                histogram.getTotalCount(),
                histogram.getValueAtPercentile(50) / NANOS_PER_MICRO,
                histogram.getValueAtPercentile(90) / NANOS_PER_MICRO,
                histogram.getValueAtPercentile(99) / NANOS_PER_MICRO,
                histogram.getValueAtPercentile(99.9) / NANOS_PER_MICRO,
                histogram.getMaxValue() / NANOS_PER_MICRO);
    }
}
