package io.meshvine.node.security;

/** What topic filters have in common. Stateless. */
final class Filters {

    private static final String ONE_LEVEL = "+";
    private static final String ALL_LEVELS = "#";

    private Filters() {}

    /** Whether some topic matches both filters. Both must be valid, and not shared. */
    static boolean intersect(String one, String other) {
        String[] first = one.split("/", -1);
        String[] second = other.split("/", -1);
        if ((isWildcard(first[0]) && second[0].startsWith("$"))
                || (isWildcard(second[0]) && first[0].startsWith("$"))) {
            return false; // [MQTT-4.7.2-1]
        }
        int common = Math.min(first.length, second.length);
        for (int level = 0; level < common; level++) {
            if (first[level].equals(ALL_LEVELS) || second[level].equals(ALL_LEVELS)) {
                return true;
            }
            if (!first[level].equals(second[level])
                    && !first[level].equals(ONE_LEVEL)
                    && !second[level].equals(ONE_LEVEL)) {
                return false;
            }
        }
        return first.length == second.length || goesOnWithAll(first, common) || goesOnWithAll(second, common);
    }

    /** {@code a/#} matches {@code a} too (MQTT 5, 4.7.1.2). */
    private static boolean goesOnWithAll(String[] levels, int at) {
        return levels.length == at + 1 && levels[at].equals(ALL_LEVELS);
    }

    private static boolean isWildcard(String level) {
        return level.equals(ONE_LEVEL) || level.equals(ALL_LEVELS);
    }
}
