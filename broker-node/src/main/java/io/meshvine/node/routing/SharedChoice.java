package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.interest.PeerInterest;
import io.meshvine.node.routing.Route.SharedRoute;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * For one publish: which node serves each shared subscription, once mesh-wide (MQTT 5, 4.8.2). A connected member here
 * comes first, then a peer, then a member here that is away, and last, at QoS 1 and 2, a node that is away.
 *
 * @param deliveredHere whether a member on this node got it
 * @param targets the peers of the route, completed by those chosen for a shared subscription
 */
record SharedChoice(boolean deliveredHere, List<MeshTarget> targets) {

    static SharedChoice choose(Route route, Message message, LocalDelivery local, JournalBatch batch) {
        boolean here = false;
        Map<NodeId, List<GroupKey>> groups = new LinkedHashMap<>();
        Map<NodeId, Integer> qos = new LinkedHashMap<>();
        for (SharedRoute shared : route.shared()) {
            if (local.deliverToConnected(shared.key(), shared.here(), message, batch)) {
                here = true;
            } else if (!shared.live().isEmpty()) {
                choose(shared.key(), shared.live(), groups, qos);
            } else if (local.deliverToAway(shared.key(), shared.here(), message, batch)) {
                here = true;
            } else if (message.qos() > 0 && !shared.absent().isEmpty()) {
                choose(shared.key(), shared.absent(), groups, qos);
            }
        }
        List<MeshTarget> ordinary = route.targets(message.qos());
        return new SharedChoice(here, groups.isEmpty() ? ordinary : complete(ordinary, groups, qos));
    }

    private static void choose(
            GroupKey group, List<PeerInterest> peers, Map<NodeId, List<GroupKey>> groups, Map<NodeId, Integer> qos) {
        PeerInterest chosen = peers.get(ThreadLocalRandom.current().nextInt(peers.size()));
        groups.computeIfAbsent(chosen.peer(), peer -> new ArrayList<>()).add(group);
        qos.merge(chosen.peer(), chosen.qos(), Math::max);
    }

    private static List<MeshTarget> complete(
            List<MeshTarget> ordinary, Map<NodeId, List<GroupKey>> groups, Map<NodeId, Integer> qos) {
        List<MeshTarget> targets = new ArrayList<>(ordinary.size() + groups.size());
        for (MeshTarget target : ordinary) {
            List<GroupKey> also = groups.remove(target.peer());
            targets.add(
                    also == null
                            ? target
                            : new MeshTarget(
                                    target.peer(),
                                    true,
                                    Math.max(target.qos(), qos.getOrDefault(target.peer(), 0)),
                                    also));
        }
        groups.forEach((peer, keys) -> targets.add(new MeshTarget(peer, false, qos.getOrDefault(peer, 0), keys)));
        return targets;
    }
}
