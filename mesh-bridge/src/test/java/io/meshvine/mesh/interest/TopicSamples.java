package io.meshvine.mesh.interest;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.random.RandomGenerator;

/** Small topic filters at random, and the rules of MQTT 5, 4.7 in their slowest and plainest form. */
final class TopicSamples {

    private static final List<String> LEVELS = List.of("", "a", "b", "$x");

    /** "fresh" is in no filter, so what matches a topic with it matches by wildcard. */
    private static final List<String> TOPIC_LEVELS = List.of("", "a", "b", "$x", "$fresh", "fresh");

    private static final int MAX_FILTER_LEVELS = 3;

    /**
     * Every topic that can tell two filters apart. The empty one, which MQTT forbids, is the only that tells "/#" from
     * "/+/#".
     */
    static final List<String> TOPICS = topics();

    private static final Map<String, BitSet> TOPICS_OF = new ConcurrentHashMap<>();

    private TopicSamples() {}

    static String filter(RandomGenerator random) {
        List<String> levels = new ArrayList<>();
        int count = 1 + random.nextInt(MAX_FILTER_LEVELS);
        for (int i = 0; i < count; i++) {
            int pick = random.nextInt(LEVELS.size() + 3);
            levels.add(pick < LEVELS.size() ? LEVELS.get(pick) : "+");
        }
        if (random.nextInt(3) == 0) {
            levels.set(count - 1, "#");
        }
        String filter = String.join("/", levels);
        return filter.isEmpty() ? "/" : filter;
    }

    static boolean matches(String filter, String topic) {
        String[] wanted = filter.split("/", -1);
        String[] levels = topic.split("/", -1);
        if (topic.startsWith("$") && !filter.startsWith("$")) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (wanted[i].equals("#")) {
                return true;
            }
            if (i >= levels.length || (!wanted[i].equals("+") && !wanted[i].equals(levels[i]))) {
                return false;
            }
        }
        return wanted.length == levels.length;
    }

    /** The topics of a filter, as indices in {@link #TOPICS}. Not to be changed. */
    static BitSet topicsOf(String filter) {
        return TOPICS_OF.computeIfAbsent(filter, TopicSamples::findTopicsOf);
    }

    private static BitSet findTopicsOf(String filter) {
        BitSet topics = new BitSet();
        for (int i = 0; i < TOPICS.size(); i++) {
            topics.set(i, matches(filter, TOPICS.get(i)));
        }
        return topics;
    }

    static boolean covers(String filter, String other) {
        BitSet beyond = (BitSet) topicsOf(other).clone();
        beyond.andNot(topicsOf(filter));
        return beyond.isEmpty();
    }

    private static List<String> topics() {
        List<String> all = new ArrayList<>();
        List<String> longest = List.copyOf(TOPIC_LEVELS);
        for (int levels = 1; levels <= MAX_FILTER_LEVELS + 1; levels++) {
            all.addAll(longest);
            List<String> longer = new ArrayList<>();
            for (String topic : longest) {
                TOPIC_LEVELS.forEach(level -> longer.add(topic + "/" + level));
            }
            longest = longer;
        }
        return List.copyOf(all);
    }
}
