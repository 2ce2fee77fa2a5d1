package io.meshvine.fault.mesh;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What nodes counted as dropped, by reason, summed over nodes and over their lives. Used by the thread of the run.
 */
public final class Drops {
    private static final Pattern LINE = Pattern.compile(
            "^meshvine_(\\w*dropped)_total\\{(?:.*,)?reason=\"([^\"]+)\".*} ([0-9.E+]+)$", Pattern.MULTILINE);

    private final Map<String, Long> byReason = new TreeMap<>();

    /** Adds what a node counted so far in this life, given its metrics. */
    public void add(String metrics) {
        Matcher matcher = LINE.matcher(metrics);
        while (matcher.find()) {
            long count = (long) Double.parseDouble(matcher.group(3));
            if (count > 0) {
                byReason.merge(matcher.group(2), count, Long::sum);
            }
        }
    }

    public Map<String, Long> byReason() {
        return byReason;
    }
}
