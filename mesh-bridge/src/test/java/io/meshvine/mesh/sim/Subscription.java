package io.meshvine.mesh.sim;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.interest.TopicFilters;

/** A local subscription of one life of a node. */
final class Subscription {
    final Interest interest;
    final long askedNanos;

    /** When all connected peers had confirmed it; {@link Long#MAX_VALUE} before, and if they did not in time. */
    long confirmedNanos = Long.MAX_VALUE;

    Subscription(Interest interest, long askedNanos) {
        this.interest = interest;
        this.askedNanos = askedNanos;
    }

    boolean matches(String topic) {
        return TopicFilters.matches(interest.filter(), topic);
    }

    boolean isOf(GroupKey group) {
        return interest.group().equals(group.group()) && interest.filter().equals(group.filter());
    }
}
