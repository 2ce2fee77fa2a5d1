package io.meshvine.node.session;

import io.meshvine.mesh.GroupKey;
import java.util.List;

/**
 * Who of this node's clients a topic concerns, whoever publishes it. Immutable; may be kept and used again as long as
 * {@link SubscriptionDirectory#version()} is the one stated here.
 *
 * @param version version of the directory of which this is true
 * @param clients one match for each client with an ordinary subscription
 * @param groups the shared subscriptions, of which each has one member get the message
 */
public record Matches(long version, List<Match> clients, List<Group> groups) {

    /**
     * A shared subscription with its local members, at least one, connected or not.
     *
     * @param key name and filter, mesh-wide
     * @param members one match for each member, with QoS, retain as published and identifier of that member
     */
    public record Group(GroupKey key, List<Match> members) {}

    /** Whether there is nobody. */
    public boolean isEmpty() {
        return clients.isEmpty() && groups.isEmpty();
    }
}
