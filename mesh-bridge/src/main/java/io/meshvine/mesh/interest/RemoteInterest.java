package io.meshvine.mesh.interest;

import java.util.List;

/**
 * Everything that peers want of one topic.
 *
 * @param peers peers with ordinary subscribers, each once
 * @param groups shared subscriptions with members at peers, each once
 */
public record RemoteInterest(List<PeerInterest> peers, List<GroupInterest> groups) {

    /** Nobody wants it. */
    public static final RemoteInterest NONE = new RemoteInterest(List.of(), List.of());

    public RemoteInterest {
        peers = List.copyOf(peers);
        groups = List.copyOf(groups);
    }

    public boolean isEmpty() {
        return peers.isEmpty() && groups.isEmpty();
    }
}
