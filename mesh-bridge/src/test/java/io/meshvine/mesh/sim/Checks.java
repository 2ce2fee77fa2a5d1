package io.meshvine.mesh.sim;

import io.meshvine.mesh.DropReason;
import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.MeshStatus.LinkState;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.interest.RemoteInterest;
import io.meshvine.mesh.retained.RetainedMessage;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What must hold; what does not is entered in the books as a problem. */
final class Checks {

    private Checks() {}

    /** A publish must be routed to whoever had its subscription confirmed before. */
    static void checkRouted(SimMesh mesh, Sending sending) {
        Promises.checkRoutedToDurable(mesh, sending);
        String topic = sending.publish.topic();
        for (SimNode node : mesh.nodes()) {
            if (!node.isUp() || node == sending.origin.node) {
                continue;
            }
            SimNode.Life peer = node.current();
            for (Subscription subscription : peer.broker.subscriptions) {
                if (subscription.confirmedNanos <= sending.atNanos
                        && subscription.matches(topic)
                        && isConnected(mesh, sending.origin, peer, subscription)
                        && !isRouted(sending, peer, subscription.interest)) {
                    mesh.books()
                            .report(
                                    sending,
                                    "was not routed to " + peer + ", whose " + subscription.interest
                                            + " was confirmed at " + SimMesh.time(subscription.confirmedNanos));
                }
            }
        }
    }

    private static boolean isConnected(
            SimMesh mesh, SimNode.Life origin, SimNode.Life peer, Subscription subscription) {
        return mesh.isSettledPair(origin, peer, subscription.askedNanos)
                || (subscription.knownBy.get(origin.node) == origin
                        && mesh.isUndisturbedSince(origin, peer, subscription.askedNanos));
    }

    private static boolean isRouted(Sending sending, SimNode.Life peer, Interest interest) {
        if (interest.isShared()) {
            GroupKey group = new GroupKey(interest.group(), interest.filter());
            return sending.origin.broker.hasMember(group)
                    || sending.targets.stream()
                            .anyMatch(target -> target.groups().contains(group));
        }
        return sending.targets.stream()
                .anyMatch(target ->
                        target.peer().equals(peer.node.id) && target.subscribers() && target.qos() >= interest.qos());
    }

    /** Asks every node how it stands; it answers a little later. */
    static void askStatus(SimMesh mesh) {
        mesh.nodes().stream().filter(SimNode::isUp).forEach(node -> mesh.askStatus(node.current()));
    }

    /** Everything that must hold once all faults are over and the mesh is quiet. */
    static void checkQuiet(SimMesh mesh, List<String> topics) {
        checkDeliveries(mesh);
        Promises.checkKept(mesh);
        Promises.checkGroups(mesh);
        mesh.nodes().stream().filter(node -> !node.isUp()).forEach(node -> Promises.checkAbsent(mesh, node));
        checkCallbacks(mesh);
        for (SimNode node : mesh.nodes()) {
            if (node.isUp()) {
                checkLinks(mesh, node.current());
                checkTables(mesh, node.current(), topics);
                checkRetained(mesh, node.current(), topics);
                checkCounters(mesh, node.current());
            }
        }
    }

    private static void checkDeliveries(SimMesh mesh) {
        for (SimNode.Life origin : mesh.lives()) {
            if (!origin.isUp()) {
                continue;
            }
            long excusedQos0 = mesh.plan().faults()
                    ? Long.MAX_VALUE
                    : dropped(origin, DropReason.PEER_SLOW, DropReason.BRIDGE_BUSY);
            for (Sending sending : mesh.books().sendings()) {
                if (sending.origin != origin) {
                    continue;
                }
                for (int i = 0; i < sending.targets.size(); i++) {
                    SimNode.Life target = sending.lives.get(i);
                    if (!target.isUp() || sending.arrived.containsKey(target)) {
                        continue;
                    }
                    MeshTarget how = sending.targets.get(i);
                    boolean isExcused =
                            sending.qos(how) > 0 ? mesh.drops().excuses(sending, target.node) : excusedQos0-- > 0;
                    if (!isExcused) {
                        mesh.books().report(sending, "never arrived at " + target);
                    }
                }
            }
        }
        for (Sending sending : mesh.books().sendings()) {
            for (SimNode.Life target : sending.arrived.keySet()) {
                if (target.isUp() && !sending.accepted.contains(target)) {
                    mesh.books().report(sending, "was never accepted by " + target);
                }
            }
        }
    }

    private static long dropped(SimNode.Life life, DropReason... reasons) {
        long sum = 0;
        for (DropReason reason : reasons) {
            sum += life.bridge.counters().dropped(reason);
        }
        return sum;
    }

    private static void checkCallbacks(SimMesh mesh) {
        for (Sending sending : mesh.books().sendings()) {
            if (sending.origin.isUp() && sending.settled != 1) {
                mesh.books().report(sending, "was settled " + sending.settled + " times");
            }
        }
        for (SimMesh.Subscribing subscribing : mesh.subscribings()) {
            if (subscribing.confirmed > 1 || (subscribing.life.isUp() && subscribing.confirmed != 1)) {
                mesh.books()
                        .report(subscribing.interest + " of " + subscribing.life + " was confirmed "
                                + subscribing.confirmed + " times");
            }
        }
    }

    private static void checkLinks(SimMesh mesh, SimNode.Life life) {
        MeshStatus status = mesh.statusOf(life);
        for (MeshStatus.Link link : status.links()) {
            SimNode.Life peer = mesh.lastLife(link.peer());
            boolean isUp = peer != null && peer.isUp();
            if (isUp != (link.state() == LinkState.CONNECTED)) {
                mesh.books().report(life + " has peer " + peer + " as " + link.state() + " after quiet");
            }
            if (isUp && link.unackedPublishes() + link.queuedPublishes() > 0) {
                mesh.books().report(life + " still has publishes for " + peer + " after quiet: " + link);
            }
        }
        if (!life.bridge.saturated().isEmpty()) {
            mesh.books().report(life + " is saturated after quiet: " + life.bridge.saturated());
        }
    }

    private static void checkTables(SimMesh mesh, SimNode.Life life, List<String> topics) {
        for (SimNode node : mesh.nodes()) {
            if (node == life.node) {
                continue;
            }
            if (!node.isUp()) {
                continue;
            }
            Set<Interest> table = new HashSet<>(life.index.of(node.id));
            SimNode.Life peer = node.current();
            Set<Interest> wanted = new HashSet<>(peer.wanted.advertised());
            if (!table.equals(wanted)) {
                mesh.books().report(life + " has " + table + " as the table of " + peer + " instead of " + wanted);
            }
            for (String topic : topics) {
                checkMatch(mesh, life, peer, topic);
            }
        }
    }

    private static void checkMatch(SimMesh mesh, SimNode.Life life, SimNode.Life peer, String topic) {
        RemoteInterest found = life.index.match(topic);
        int qos = found.peers().stream()
                .filter(candidate -> candidate.peer().equals(peer.node.id))
                .mapToInt(candidate -> candidate.qos())
                .findFirst()
                .orElse(-1);
        if (qos != peer.broker.wantedQos(topic)) {
            mesh.books()
                    .report(life + " sends " + topic + " to " + peer + " at QoS " + qos + " instead of "
                            + peer.broker.wantedQos(topic));
        }
    }

    /** Per topic the last write wins, of all that any node has to know still; and all nodes know the same. */
    private static void checkRetained(SimMesh mesh, SimNode.Life life, List<String> topics) {
        for (SimNode other : mesh.nodes()) {
            if (other.isUp() && !other.current().retained.digest().equals(life.retained.digest())) {
                mesh.books().report(life + " and " + other.current() + " retain different messages");
            }
        }
        for (String topic : topics) {
            RetainedMessage known = life.retained.get(topic);
            for (Sending sending : mesh.books().sendings()) {
                if (sending.publish.stamp() == null || !sending.publish.topic().equals(topic)) {
                    continue;
                }
                int order = known == null ? -1 : known.stamp().compareTo(sending.publish.stamp());
                boolean isDeletion = sending.publish.deletesRetained();
                SimNode origin = sending.origin.node;
                boolean isKept =
                        sending.origin.isUp() || (sending.settled > 0 && origin.isUp() && !mesh.lostDisk(origin));
                if (order < 0 && isKept) {
                    mesh.books().report(sending, "is not what " + life + " retains, which is older: " + known);
                }
                if (order == 0 && known != null && isDeletion && !known.tombstone()) {
                    mesh.books().report(sending, "was undone at " + life);
                }
            }
        }
    }

    private static void checkCounters(SimMesh mesh, SimNode.Life life) {
        long without = life.bridge.counters().sentWithoutInterest();
        if (without > 0 && !mesh.plan().unsubscribes() && !mesh.plan().faults()) {
            mesh.books().report(life + " sent " + without + " publishes without interest");
        }
        if (mesh.plan().faults()) {
            return;
        }
        for (DropReason reason : DropReason.values()) {
            if (reason != DropReason.PEER_SLOW
                    && reason != DropReason.BRIDGE_BUSY
                    && life.bridge.counters().dropped(reason) > 0) {
                mesh.books().report(life + " dropped publishes: " + reason);
            }
        }
        if (life.bridge.counters().resent() + life.bridge.counters().duplicates() > 0) {
            mesh.books().report(life + " sent again or got again without need");
        }
    }
}
