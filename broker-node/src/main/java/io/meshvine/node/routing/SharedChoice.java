package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.interest.PeerInterest;
import io.meshvine.node.session.GroupCustody.Held;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * For one publish: who serves the shared subscriptions that match.
 *
 * @param deliveredHere whether a member on this node was chosen for one of them
 * @param targets the peers of the route, completed by those chosen for a shared subscription
 * @param held what would be lost with this node for now: the publisher waits until it is not
 */
record SharedChoice(boolean deliveredHere, List<MeshTarget> targets, List<Held> held) {

    /** Gathers what was chosen for each of them. */
    static final class Builder {
        private final Map<NodeId, List<GroupKey>> groups = new LinkedHashMap<>();
        private final Map<NodeId, Integer> qos = new LinkedHashMap<>();
        private final List<Held> held = new ArrayList<>(0);
        private boolean here;

        void add(GroupKey group, PeerInterest chosen) {
            groups.computeIfAbsent(chosen.peer(), peer -> new ArrayList<>()).add(group);
            qos.merge(chosen.peer(), chosen.qos(), Math::max);
        }

        void waitFor(Held publish) {
            held.add(publish);
        }

        void deliveredHere() {
            here = true;
        }

        /** @param ordinary the peers that get it for ordinary subscribers */
        SharedChoice build(List<MeshTarget> ordinary) {
            if (groups.isEmpty()) {
                return new SharedChoice(here, ordinary, held);
            }
            List<MeshTarget> targets = new ArrayList<>(ordinary.size() + groups.size());
            for (MeshTarget target : ordinary) {
                List<GroupKey> also = groups.remove(target.peer());
                targets.add(also == null ? target : complete(target, also));
            }
            groups.forEach((peer, keys) -> targets.add(new MeshTarget(peer, false, qos.getOrDefault(peer, 0), keys)));
            return new SharedChoice(here, targets, held);
        }

        private MeshTarget complete(MeshTarget target, List<GroupKey> also) {
            int highest = Math.max(target.qos(), qos.getOrDefault(target.peer(), 0));
            return new MeshTarget(target.peer(), true, highest, also);
        }
    }
}
