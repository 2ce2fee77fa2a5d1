package io.meshvine.mesh.retained;

import io.meshvine.mesh.NodeId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What turned out to be written on both sides after two nodes had been apart: for operators, who may want to look after
 * the values that lost. Bounded: the last merges, and of each the first topics. Confined to the bridge loop.
 */
public final class DivergenceLog {
    private static final int MAX_MERGES = 16;
    private static final int MAX_TOPICS = 100;

    private final Map<NodeId, Merge> open = new HashMap<>();
    private final Deque<Merge> closed = new ArrayDeque<>();

    /**
     * A topic that both sides wrote while they were apart.
     *
     * @param deleted whether the write that won was a deletion
     */
    public record Conflict(String topic, HybridTimestamp winner, HybridTimestamp loser, boolean deleted) {}

    /**
     * What came out of a merge.
     *
     * @param apartSinceMillis wall-clock time
     * @param metMillis wall-clock time
     * @param topics how many topics were written on both sides
     * @param conflicts the first of them
     */
    public record Report(NodeId peer, long apartSinceMillis, long metMillis, int topics, List<Conflict> conflicts) {
        public Report {
            conflicts = List.copyOf(conflicts);
        }
    }

    private static final class Merge {
        final NodeId peer;
        final long apartSinceMillis;
        final long metMillis;
        final List<Conflict> conflicts = new ArrayList<>();
        int topics;

        Merge(NodeId peer, long apartSinceMillis, long metMillis) {
            this.peer = peer;
            this.apartSinceMillis = apartSinceMillis;
            this.metMillis = metMillis;
        }

        Report report() {
            return new Report(peer, apartSinceMillis, metMillis, topics, conflicts);
        }
    }

    /** Two nodes meet that were apart since some time. */
    public void begin(NodeId peer, long apartSinceMillis, long nowMillis) {
        open.put(peer, new Merge(peer, apartSinceMillis, nowMillis));
    }

    /** A write of the other side came while this one was known. */
    public void compare(NodeId peer, @Nullable RetainedMessage known, RetainedMessage theirs) {
        Merge merge = open.get(peer);
        if (merge == null
                || known == null
                || known.stamp().equals(theirs.stamp())
                || known.stamp().node().equals(theirs.stamp().node())
                || known.stamp().wallMillis() < merge.apartSinceMillis
                || theirs.stamp().wallMillis() < merge.apartSinceMillis) {
            return;
        }
        merge.topics++;
        if (merge.conflicts.size() < MAX_TOPICS) {
            boolean theirsWins = theirs.stamp().compareTo(known.stamp()) > 0;
            RetainedMessage winner = theirsWins ? theirs : known;
            RetainedMessage loser = theirsWins ? known : theirs;
            merge.conflicts.add(new Conflict(theirs.topic(), winner.stamp(), loser.stamp(), winner.tombstone()));
        }
    }

    /** The two have the same now. Returns what came out, if there is something to report. */
    public @Nullable Report end(NodeId peer) {
        Merge merge = open.remove(peer);
        if (merge == null || merge.topics == 0) {
            return null;
        }
        closed.addLast(merge);
        if (closed.size() > MAX_MERGES) {
            closed.removeFirst();
        }
        return merge.report();
    }

    /** The last merges that had something to report, newest last; those that go on included. */
    public List<Report> reports() {
        List<Report> reports = new ArrayList<>();
        closed.forEach(merge -> reports.add(merge.report()));
        open.values().stream().filter(merge -> merge.topics > 0).forEach(merge -> reports.add(merge.report()));
        return reports;
    }
}
