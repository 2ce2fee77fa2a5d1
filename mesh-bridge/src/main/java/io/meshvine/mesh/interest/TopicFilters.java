package io.meshvine.mesh.interest;

import org.jspecify.annotations.Nullable;

/** The rules of topic names and topic filters (MQTT 5, 4.7 and 4.8.2). Stateless; allocates only in parseShared. */
public final class TopicFilters {

    /** Topics and filters with more levels are invalid here: it bounds every recursion over a trie (MQTT 5, 4.7.3). */
    public static final int MAX_LEVELS = 128;

    /** Longest encoded form, in bytes of UTF-8. [MQTT-4.7.3-3] */
    public static final int MAX_BYTES = 65_535;

    static final char SEPARATOR = '/';
    static final char ONE_LEVEL = '+';
    static final char ALL_LEVELS = '#';

    /** Matches exactly what {@code #} matches, as every topic has a first level. */
    static final String EVERYTHING_LONG = "+/#";

    static final String EVERYTHING = "#";

    private static final char SYSTEM = '$';
    private static final String SHARED_PREFIX = "$share/";

    private TopicFilters() {}

    /** Whether a PUBLISH may carry this topic name. */
    public static boolean isValidTopicName(String topic) {
        return isWellFormed(topic)
                && topic.indexOf(ONE_LEVEL) < 0 // [MQTT-4.7.1-1]
                && topic.indexOf(ALL_LEVELS) < 0;
    }

    /**
     * Whether this is a topic filter. A shared subscription's filter is one too; whether its parts are right,
     * {@link #parseShared} tells.
     */
    public static boolean isValidFilter(String filter) {
        return isWellFormed(filter) && wildcardsStandAlone(filter);
    }

    /** Whether a topic name matches a filter. Both must be valid. */
    public static boolean matches(String filter, String topic) {
        return covers(filter, topic); // a topic name is the filter of one topic
    }

    /**
     * Whether every topic that matches {@code other} matches {@code filter}, the empty topic (which MQTT forbids)
     * included. Both must be valid, and not shared.
     */
    public static boolean covers(String filter, String other) {
        if (isSystem(other) && startsWithWildcard(filter)) {
            return false; // [MQTT-4.7.2-1]
        }
        if (filter.equals(EVERYTHING_LONG)) {
            return true;
        }
        int at = 0;
        int otherAt = 0;
        while (true) {
            int end = levelEnd(filter, at);
            if (isLevel(filter, at, end, ALL_LEVELS)) {
                return true;
            }
            int otherEnd = levelEnd(other, otherAt);
            if (isLevel(filter, at, end, ONE_LEVEL)
                    ? isLevel(other, otherAt, otherEnd, ALL_LEVELS)
                    : !sameLevel(filter, at, end, other, otherAt, otherEnd)) {
                return false;
            }
            boolean filterEnds = end == filter.length();
            boolean otherEnds = otherEnd == other.length();
            if (filterEnds || otherEnds) {
                // "a/#" matches "a" as well (MQTT 5, 4.7.1.2)
                return filterEnds ? otherEnds : isLevel(filter, end + 1, filter.length(), ALL_LEVELS);
            }
            at = end + 1;
            otherAt = otherEnd + 1;
        }
    }

    /** Whether the filter asks for a shared subscription, well-formed or not. */
    public static boolean isShared(String filter) {
        return filter.startsWith(SHARED_PREFIX);
    }

    /** The parts of a shared subscription's filter; null if it is malformed or not shared at all. */
    public static @Nullable SharedFilter parseShared(String filter) {
        if (!isShared(filter) || utf8Length(filter) > MAX_BYTES) {
            return null;
        }
        int start = SHARED_PREFIX.length();
        int end = filter.indexOf(SEPARATOR, start);
        if (end <= start) {
            return null; // [MQTT-4.8.2-1], [MQTT-4.8.2-2]
        }
        String group = filter.substring(start, end);
        String inner = filter.substring(end + 1);
        return isValidTopicName(group) && isValidFilter(inner) ? new SharedFilter(group, inner) : null;
    }

    /** Whether only filters that name its first level match it. [MQTT-4.7.2-1] */
    static boolean isSystem(String topic) {
        return !topic.isEmpty() && topic.charAt(0) == SYSTEM;
    }

    /** The index behind the level that starts at {@code from}. */
    static int levelEnd(String filter, int from) {
        int end = filter.indexOf(SEPARATOR, from);
        return end < 0 ? filter.length() : end;
    }

    /** Whether a level consists of just this wildcard. */
    static boolean isLevel(String filter, int from, int to, char wildcard) {
        return to - from == 1 && filter.charAt(from) == wildcard;
    }

    private static boolean sameLevel(String one, int from, int to, String other, int otherFrom, int otherTo) {
        int length = to - from;
        return length == otherTo - otherFrom && one.regionMatches(from, other, otherFrom, length);
    }

    private static boolean startsWithWildcard(String filter) {
        char first = filter.charAt(0);
        return first == ONE_LEVEL || first == ALL_LEVELS;
    }

    private static boolean isWellFormed(String topic) {
        int bytes = utf8Length(topic);
        if (bytes < 1 || bytes > MAX_BYTES) {
            return false; // [MQTT-4.7.3-1], [MQTT-4.7.3-3]
        }
        int levels = 1;
        for (int at = topic.indexOf(SEPARATOR); at >= 0; at = topic.indexOf(SEPARATOR, at + 1)) {
            levels++;
        }
        return levels <= MAX_LEVELS;
    }

    /** Bytes of the encoded form; -1 if there is none that MQTT allows. */
    private static int utf8Length(String text) {
        int bytes = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == 0) {
                return -1; // [MQTT-1.5.4-2], [MQTT-4.7.3-2]
            } else if (c < 0x80) {
                bytes += 1;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (!Character.isSurrogate(c)) {
                bytes += 3;
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                bytes += 4;
                i++;
            } else {
                return -1; // [MQTT-1.5.4-1]
            }
        }
        return bytes;
    }

    private static boolean wildcardsStandAlone(String filter) {
        for (int i = 0; i < filter.length(); i++) {
            char c = filter.charAt(i);
            if (c != ONE_LEVEL && c != ALL_LEVELS) {
                continue;
            }
            boolean last = i + 1 == filter.length();
            if (i > 0 && filter.charAt(i - 1) != SEPARATOR) {
                return false; // [MQTT-4.7.1-2], [MQTT-4.7.1-3]
            }
            if (!last && (c == ALL_LEVELS || filter.charAt(i + 1) != SEPARATOR)) {
                return false; // [MQTT-4.7.1-1], [MQTT-4.7.1-2]
            }
        }
        return true;
    }
}
