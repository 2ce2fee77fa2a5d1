package io.meshvine.mesh.sim;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.interest.TopicFilters;
import java.util.HashMap;
import java.util.Map;

/** A local subscription: of one life of a node or, if durable, of the node. */
final class Subscription {
    final int number;
    final SimNode node;
    final Interest interest;
    final long askedNanos;

    /** When all connected peers had confirmed it; {@link Long#MAX_VALUE} before, and if they did not in time. */
    long confirmedNanos = Long.MAX_VALUE;

    /** Whether it was taken back. */
    boolean ended;

    /** Nodes that know it from then on, whatever happens, and the lives in which they were told. */
    final Map<SimNode, SimNode.Life> knownBy = new HashMap<>();

    Subscription(int number, SimNode node, Interest interest, long askedNanos) {
        this.number = number;
        this.node = node;
        this.interest = interest;
        this.askedNanos = askedNanos;
    }

    boolean isDurable() {
        return interest.durable();
    }

    boolean matches(String topic) {
        return TopicFilters.matches(interest.filter(), topic);
    }

    boolean isOf(GroupKey group) {
        return interest.group().equals(group.group()) && interest.filter().equals(group.filter());
    }
}
