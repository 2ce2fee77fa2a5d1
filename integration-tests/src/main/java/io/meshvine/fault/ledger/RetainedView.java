package io.meshvine.fault.ledger;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The retained messages that one node gave to a new subscriber. Confined to the client loop. */
public final class RetainedView {
    private final Map<String, Value> byTopic = new HashMap<>();

    private record Value(int stream, int sequence) {}

    /** Notes a message; a later one for the same topic takes its place. */
    public void put(String topic, int stream, int sequence) {
        byTopic.put(topic, new Value(stream, sequence));
    }

    /** Topics that not all nodes agree on, or whose only publisher had a later message acknowledged. */
    static int wrong(List<Stream> streams, List<RetainedView> views) {
        Map<String, Set<Integer>> publishers = new HashMap<>();
        streams.forEach(
                s -> publishers.computeIfAbsent(s.topic(), t -> new TreeSet<>()).add(s.id()));
        Set<String> wrong = new TreeSet<>();
        for (Stream stream : streams) {
            boolean alone = publishers.getOrDefault(stream.topic(), Set.of()).size() == 1;
            for (RetainedView view : views) {
                Value value = view.byTopic.get(stream.topic());
                if (!same(value, views.get(0).byTopic.get(stream.topic()))
                        || (alone && isOlder(value, stream.lastAcknowledged()))) {
                    wrong.add(stream.topic());
                }
            }
        }
        return wrong.size();
    }

    private static boolean same(@Nullable Value one, @Nullable Value other) {
        return one == null ? other == null : one.equals(other);
    }

    private static boolean isOlder(@Nullable Value value, int acknowledged) {
        return value == null ? acknowledged > 0 : value.sequence() < acknowledged;
    }
}
