package io.meshvine.mesh.sim;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.wire.PublishReader;
import io.meshvine.mesh.wire.StoredPublish;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireFormat;
import io.meshvine.mesh.wire.WireReader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Nothing acknowledged is lost, whoever is restarted in between: checks of what disks and durable sessions hold. */
final class Promises {
    private static final int PEER_BYTES = 2 * Long.BYTES;

    /** Records of this kind are single interests of an owner. */
    private static final int INTEREST = 1;

    private Promises() {}

    /** When a publisher is told, each target has the publish, durably where that is needed, or the origin's disk has it. */
    static void checkSettled(SimMesh mesh, Sending sending) {
        Set<NodeId> stored = null;
        for (int i = 0; i < sending.targets.size(); i++) {
            MeshTarget target = sending.targets.get(i);
            SimNode node = sending.lives.get(i).node;
            if (sending.qos(target) == 0 || mesh.lostDisk(node) || isHandedOver(mesh, sending, target, node)) {
                continue;
            }
            if (stored == null) {
                stored = onDisk(sending);
            }
            if (!stored.contains(target.peer()) && !mesh.drops().mayHaveDropped(sending, node)) {
                mesh.books()
                        .report(
                                sending,
                                "was settled, but n" + node.number + " did not take it over for good, and "
                                        + sending.origin + " has it not on disk");
            }
        }
    }

    private static boolean isHandedOver(SimMesh mesh, Sending sending, MeshTarget target, SimNode node) {
        return sending.accepted.stream().anyMatch(life -> life.node == node)
                && durables(mesh, sending, target, node).allMatch(session -> has(node, session, sending));
    }

    /** The durable sessions of ordinary subscribers that had their SUBACK before and are still there. */
    private static Stream<Subscription> durables(SimMesh mesh, Sending sending, MeshTarget target, SimNode node) {
        return mesh.subscriptions().stream()
                .filter(session -> session.node == node
                        && session.isDurable()
                        && !session.ended
                        && session.confirmedNanos < sending.atNanos
                        && !session.interest.isShared()
                        && target.subscribers()
                        && session.matches(sending.publish.topic()));
    }

    private static boolean has(SimNode node, Subscription session, Sending sending) {
        return node.disk().has(Family.QUEUES, SimBroker.queueKey(session, sending));
    }

    /** For whom the disk of the origin has a publish. */
    private static Set<NodeId> onDisk(Sending sending) {
        Set<NodeId> peers = new HashSet<>();
        PublishReader reader = new PublishReader(FaultPlan.MAX_PUBLISH);
        sending.origin.node.disk().read(Family.OUTBOX, (key, value) -> {
            ByteBuffer bytes = ByteBuffer.wrap(key);
            NodeId peer = new NodeId(bytes.getLong(), bytes.getLong());
            boolean isSummary = bytes.getLong(PEER_BYTES) == 0;
            if (!isSummary && holds(reader, value, sending.id)) {
                peers.add(peer);
            }
        });
        return peers;
    }

    private static boolean holds(PublishReader reader, byte[] stored, long id) {
        try {
            return StoredPublish.decode(reader, stored, 0, 0).arrival().each().stream()
                    .anyMatch(arrival -> Books.idOf(arrival.publish().body()) == id);
        } catch (WireException malformed) {
            throw new AssertionError(malformed);
        }
    }

    /** When a durable subscriber is told, a peer that was connected all the while has its subscription on the disk. */
    static void checkConfirmed(SimMesh mesh, SimNode.Life subscriber, Subscription subscription, SimNode peer) {
        Interest wanted = subscription.interest;
        Interest known = peer.current().index.get(subscriber.node.id, new GroupKey(wanted.group(), wanted.filter()));
        if (subscription.isDurable()
                && keeps(known, wanted)
                && mesh.isSettledPair(subscriber, peer.current(), subscription.askedNanos)
                && !mesh.lostDisk(peer)
                && !keeps(interestOnDisk(peer, subscriber.node.id, wanted), wanted)) {
            mesh.books()
                    .report(subscriber + " was told that its " + wanted + " is known to " + peer.current()
                            + ", who has it not on disk");
        }
    }

    private static boolean keeps(@Nullable Interest there, Interest wanted) {
        return there != null && there.durable() && there.qos() >= wanted.qos();
    }

    private static @Nullable Interest interestOnDisk(SimNode node, NodeId owner, Interest wanted) {
        List<Interest> found = new ArrayList<>(1);
        node.disk().read(Family.INTEREST, (key, value) -> {
            WireReader in = WireReader.of(key);
            try {
                if (in.readNodeId().equals(owner) && in.readByte() == INTEREST) {
                    String group = in.readString(WireFormat.MAX_TOPIC_BYTES);
                    String filter = in.readString(WireFormat.MAX_TOPIC_BYTES);
                    if (group.equals(wanted.group()) && filter.equals(wanted.filter())) {
                        found.add(Interest.ofLevel(group, filter, value[1]));
                    }
                }
            } catch (WireException malformed) {
                throw new AssertionError(malformed);
            }
        });
        return found.isEmpty() ? null : found.get(0);
    }

    /** A publish is routed to the durable sessions that its node was told of, be they here or away. */
    static void checkRoutedToDurable(SimMesh mesh, Sending sending) {
        SimNode origin = sending.origin.node;
        boolean forgets = mesh.plan().faults() && mesh.plan().outboxRetention() < FaultPlan.LONG_RETENTION;
        if (sending.publish.qos() == 0 || mesh.lostDisk(origin) || forgets) {
            return;
        }
        for (Subscription session : mesh.subscriptions()) {
            if (session.isDurable()
                    && !session.interest.isShared()
                    && !session.ended
                    && session.confirmedNanos < sending.atNanos
                    && session.knownBy.containsKey(origin)
                    && !mesh.lostDisk(session.node)
                    && session.matches(sending.publish.topic())
                    && sending.targets.stream()
                            .noneMatch(target -> target.subscribers()
                                    && target.qos() > 0
                                    && target.peer().equals(session.node.id))) {
                mesh.books()
                        .report(
                                sending,
                                "was not routed to the durable session of " + session.interest + " at n"
                                        + session.node.number + ", confirmed at "
                                        + SimMesh.time(session.confirmedNanos));
            }
        }
    }

    /** In the end, what was acknowledged is where it was to go, or was dropped for a reason that was counted. */
    static void checkKept(SimMesh mesh) {
        for (SimNode origin : mesh.nodes()) {
            if (!origin.isUp() || mesh.lostDisk(origin)) {
                continue;
            }
            for (Sending sending : mesh.books().sendings()) {
                if (sending.origin.node == origin && sending.settled > 0) {
                    checkKept(mesh, sending);
                }
            }
        }
    }

    private static void checkKept(SimMesh mesh, Sending sending) {
        for (int i = 0; i < sending.targets.size(); i++) {
            MeshTarget target = sending.targets.get(i);
            SimNode.Life life = sending.lives.get(i);
            if (sending.qos(target) == 0 || !life.node.isUp() || mesh.lostDisk(life.node)) {
                continue;
            }
            List<String> missing = new ArrayList<>();
            if (life.isUp() && !sending.arrived.containsKey(life)) {
                missing.add("never arrived at " + life);
            }
            durables(mesh, sending, target, life.node)
                    .filter(session -> !has(life.node, session, sending))
                    .forEach(session -> missing.add(
                            "is not in the durable session of " + session.interest + " at n" + life.node.number));
            if (!missing.isEmpty() && !mesh.drops().excuses(sending, life.node)) {
                mesh.books().report(sending, missing.get(0));
            }
        }
    }

    /** Those who are up agree on what those want who are away: nothing but for durable sessions. */
    static void checkAbsent(SimMesh mesh, SimNode absent) {
        InterestIndex first = null;
        for (SimNode node : mesh.nodes()) {
            if (!node.isUp()) {
                continue;
            }
            InterestIndex index = node.current().index;
            if (!index.of(absent.id).stream().allMatch(interest -> interest.durable())) {
                mesh.books().report(node.current() + " keeps the clean interest of n" + absent.number + ", who left");
            }
            if (first == null) {
                first = index;
            } else if (index.digest(absent.id) != first.digest(absent.id)) {
                mesh.books()
                        .report(node.current() + " and others do not agree on what n" + absent.number
                                + ", who left, wants: " + index.of(absent.id) + " and " + first.of(absent.id));
            }
        }
    }

    /** A group gets a publish once, as long as nothing tears the mesh. */
    static void checkGroups(SimMesh mesh) {
        for (Sending sending : mesh.books().sendings()) {
            Set<GroupKey> seen = new HashSet<>();
            for (MeshTarget target : sending.targets) {
                for (GroupKey group : target.groups()) {
                    if (!seen.add(group)) {
                        mesh.books().report(sending, "went twice to " + group);
                    }
                }
            }
        }
    }
}
