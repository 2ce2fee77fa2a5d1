package io.meshvine.mesh.sim;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Who sent what, and what arrived where; whatever can be judged at that moment is judged at once. Problems are collected,
 * not thrown, as product code may catch what its calls throw.
 */
final class Books {
    private static final byte CORRELATION_DATA = 0x09;
    private static final int ID_AT = 4;
    private static final int PROPERTIES = 3 + Long.BYTES;

    private final SimMesh mesh;
    private final List<Sending> sendings = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private final Map<Place, Long> lastArrived = new HashMap<>();

    /** What has an order of its own at a receiver. */
    private record Place(SimNode.Life receiver, SimNode.Life origin, int publisher, String topic, int qos) {}

    Books(SimMesh mesh) {
        this.mesh = mesh;
    }

    /** The body of the publish to come next: its number as a property, and a payload. */
    byte[] body(int payloadBytes) {
        return ByteBuffer.allocate(1 + PROPERTIES + payloadBytes)
                .put((byte) PROPERTIES)
                .put(CORRELATION_DATA)
                .putShort((short) Long.BYTES)
                .putLong(sendings.size())
                .array();
    }

    static long idOf(byte[] body) {
        return ByteBuffer.wrap(body).getLong(ID_AT);
    }

    /** The lives that targets have, or had last. */
    List<SimNode.Life> livesOf(List<MeshTarget> targets) {
        return targets.stream()
                .map(target -> Objects.requireNonNull(mesh.lastLife(target.peer())))
                .toList();
    }

    Sending onPublish(
            SimNode.Life origin, int publisher, boolean repeats, MeshPublish publish, List<MeshTarget> targets) {
        Sending sending = new Sending(
                sendings.size(),
                origin,
                publisher,
                repeats,
                publish,
                targets,
                livesOf(targets),
                mesh.scheduler().nowNanos());
        sendings.add(sending);
        return sending;
    }

    void onSettled(Sending sending) {
        long now = mesh.scheduler().nowNanos();
        sending.settled++;
        sending.settledNanos = now;
        mesh.drops().observe(sending.origin);
        sending.note(now, "settled", "");
        if (sending.settled > 1) {
            report(sending, "settled twice");
        }
        Promises.checkSettled(mesh, sending);
        mesh.at(Moment.SETTLED, sending.origin.node);
    }

    Sending onArrival(SimNode.Life at, NodeId from, Arrival arrival) {
        MeshPublish publish = arrival.publish();
        Sending sending = sendings.get((int) idOf(publish.body()));
        sending.note(mesh.scheduler().nowNanos(), "arrived at ", at);
        int times = sending.arrived.merge(at, 1, Integer::sum);
        if (!from.equals(sending.origin.node.id)) {
            report(sending, "came to " + at + " from " + from + ", who did not publish it: a loop");
        }
        if (at == sending.origin) {
            report(sending, "came back to its origin: a loop");
        }
        if (times > 1) {
            report(sending, "arrived " + times + " times at " + at);
        }
        Place place = new Place(at, sending.origin, sending.publisher, publish.topic(), publish.qos());
        Long before = lastArrived.put(place, sending.id);
        if (before != null && before > sending.id) {
            report(
                    sending,
                    "arrived at " + at + " behind its successor #" + before + "\n"
                            + sendings.get(before.intValue()).story());
        }
        checkContent(at, sending, arrival);
        mesh.at(Moment.ARRIVED, at.node);
        return sending;
    }

    private void checkContent(SimNode.Life at, Sending sending, Arrival arrival) {
        MeshPublish sent = sending.publish;
        MeshPublish came = arrival.publish();
        if (!came.topic().equals(sent.topic())
                || came.qos() != sent.qos()
                || !Objects.equals(came.stamp(), sent.stamp())
                || came.expirySeconds() != sent.expirySeconds()
                || !Arrays.equals(came.body(), sent.body())) {
            report(sending, "changed on its way to " + at + ": " + came);
        }
        MeshTarget target = sending.targets.stream()
                .filter(candidate -> candidate.peer().equals(at.node.id))
                .findFirst()
                .orElse(null);
        if (target == null
                || target.subscribers() != arrival.subscribers()
                || !target.groups().equals(arrival.groups())) {
            report(sending, "arrived at " + at + " for whom it was not meant: " + arrival);
            return;
        }
        boolean mayBeGone = mesh.plan().unsubscribes() || at.epoch > 1 || mesh.lostDisk(at.node);
        if (!mayBeGone && arrival.subscribers() && at.broker.wantedQos(sent.topic()) < 0) {
            report(sending, "arrived at " + at + ", where nobody wants it");
        }
        for (GroupKey group : arrival.groups()) {
            if (!mayBeGone && !at.broker.hasMember(group)) {
                report(sending, "arrived at " + at + ", which has no member of " + group);
            }
        }
    }

    void onAccepted(SimNode.Life at, Sending sending) {
        sending.accepted.add(at);
        sending.note(mesh.scheduler().nowNanos(), "accepted by ", at);
        mesh.at(Moment.ACCEPTED, at.node);
    }

    void report(Sending sending, String problem) {
        problems.add("#" + sending.id + " " + problem + "\n" + sending.story());
    }

    void report(String problem) {
        problems.add(problem);
    }

    /** What the publishes for peers went through. */
    List<Journey> journeys() {
        List<Journey> journeys = new ArrayList<>();
        for (Sending sending : sendings) {
            if (!sending.targets.isEmpty()) {
                Set<Integer> to = new HashSet<>();
                sending.lives.forEach(life -> to.add(life.node.number));
                boolean isDone = sending.settled > 0 && !sending.arrived.isEmpty();
                journeys.add(new Journey(
                        sending.origin.node.number, to, sending.atNanos, isDone ? sending.lastNanos : Long.MAX_VALUE));
            }
        }
        return journeys;
    }

    List<Sending> sendings() {
        return sendings;
    }

    List<String> problems() {
        return problems;
    }
}
