package io.meshvine.mesh;

import io.meshvine.mesh.interest.GroupInterest;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.interest.PeerInterest;
import io.meshvine.mesh.interest.RemoteInterest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Proves that nothing is sent without interest: compares each target with what its table asks for at that moment.
 * Confined to the bridge loop.
 */
final class InterestCheck {

    /** Topics whose match is remembered; with more, it starts over. */
    private static final int MAX_TOPICS = 4096;

    private final InterestIndex index;
    private final Map<String, RemoteInterest> matches = new HashMap<>();
    private long version = -1;

    InterestCheck(InterestIndex index) {
        this.index = index;
    }

    /** Whether what was matched by this version of the interest is still right. */
    boolean isCurrent(long matchedVersion) {
        return matchedVersion == index.version();
    }

    /** Whether the peer's table asks for this topic as the target says. */
    boolean wants(MeshTarget target, String topic) {
        long current = index.version();
        if (current != version || matches.size() >= MAX_TOPICS) {
            matches.clear();
            version = current;
        }
        RemoteInterest found = matches.computeIfAbsent(topic, index::match);
        return target.subscribers()
                ? isAmong(target.peer(), found.peers())
                : target.groups().stream()
                        .anyMatch(group -> found.groups().stream()
                                .filter(candidate -> candidate.key().equals(group))
                                .map(GroupInterest::members)
                                .anyMatch(members -> isAmong(target.peer(), members)));
    }

    private static boolean isAmong(NodeId peer, List<PeerInterest> peers) {
        for (PeerInterest candidate : peers) {
            if (candidate.peer().equals(peer)) {
                return true;
            }
        }
        return false;
    }
}
