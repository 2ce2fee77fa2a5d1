package io.meshvine.bench;

import java.util.Arrays;
import java.util.Locale;

/** Median, smallest and largest of a few numbers. */
record Spread(double median, double min, double max) {
    static Spread of(double... values) {
        if (values.length == 0) {
            throw new IllegalArgumentException("no values");
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[sorted.length - 1]);
    }

    /** Median with the extremes behind it, two decimals. */
    String ratio() {
        return String.format(Locale.ROOT, "%.2f (%.2f-%.2f)", median, min, max);
    }
}
