package io.meshvine.mesh.sim;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore.Family;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Clients that roam on a simulated mesh, and what was published for them. */
final class SimClients {
    final SimMesh mesh;
    private final Map<SimNode.Life, ClientNode> nodes = new HashMap<>();
    private final Map<Long, Message> messages = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();

    /** The last message of an origin and QoS that a client got; for the order in runs without faults. */
    private final Map<String, Long> lastConsumed = new HashMap<>();

    /** Clients of whom something was at a node that lost them again before their session came there: it goes ahead. */
    private final Set<String> unordered = new HashSet<>();

    /** Since when a client has a session that nothing but its own will ends. */
    private final Map<String, Long> established = new HashMap<>();

    /** Nodes that ever had the session of a client on their disk. */
    private final Map<String, Set<Integer>> homes = new HashMap<>();

    /** A publish for a client, and what became of it. */
    static final class Message {
        final long id;
        final String client;
        final SimNode.Life origin;
        final int qos;
        final long atNanos;
        final Set<Integer> to = new HashSet<>();
        boolean settled;
        long consumedNanos = Long.MAX_VALUE;

        Message(long id, String client, SimNode.Life origin, int qos, long atNanos) {
            this.id = id;
            this.client = client;
            this.origin = origin;
            this.qos = qos;
            this.atNanos = atNanos;
        }

        @Override
        public String toString() {
            return "m" + id + " of " + origin + " for " + client + " at QoS " + qos + " to " + to;
        }
    }

    SimClients(SplittableRandom random, int nodeCount, FaultPlan plan, Defect defect) {
        mesh = new SimMesh(random, nodeCount, plan, defect);
        mesh.onBirth(life -> nodes.put(life, new ClientNode(life, this)));
    }

    /** The part of a node that is up. */
    ClientNode node(int number) {
        return Objects.requireNonNull(nodes.get(mesh.node(number).current()));
    }

    Message publish(String client, SimNode.Life origin, int qos) {
        Message message = new Message(
                messages.size() + 1L, client, origin, qos, mesh.scheduler().nowNanos());
        messages.put(message.id, message);
        mesh.happened(origin + " publishes " + message);
        return message;
    }

    Message message(long id) {
        return Objects.requireNonNull(messages.get(id));
    }

    /** A client's session is on a disk: from now on it exists. */
    void established(String client, SimNode home) {
        established.putIfAbsent(client, mesh.scheduler().nowNanos());
        homes.computeIfAbsent(client, first -> new HashSet<>()).add(home.number);
    }

    void settled(Message message) {
        message.settled = true;
        mesh.happened(message + " is settled");
        mesh.at(Moment.SETTLED, message.origin.node);
    }

    void consumed(long id) {
        Message message = message(id);
        mesh.happened(message.client + " has " + message);
        if (message.consumedNanos != Long.MAX_VALUE) {
            return;
        }
        message.consumedNanos = mesh.scheduler().nowNanos();
        String lane = message.client + " " + message.origin + " " + message.qos;
        Long before = lastConsumed.put(lane, id);
        if (!mesh.plan().faults() && !unordered.contains(message.client) && before != null && before > id) {
            problems.add(message + " came behind its successor " + message(before));
        }
    }

    /** What is to hold once all faults are over. */
    List<String> check(List<String> clients) {
        for (String client : clients) {
            List<String> homes = new ArrayList<>();
            List<String> live = new ArrayList<>();
            for (SimNode node : mesh.nodes()) {
                ClientNode there = node(node.number);
                if (there.hasSession(client)) {
                    homes.add(there.life.toString());
                }
                if (there.isConnected(client)) {
                    live.add(there.life.toString());
                }
            }
            if (homes.size() > 1) {
                problems.add(client + " is at home at " + homes);
            }
            if (live.size() > 1) {
                problems.add(client + " is connected at " + live);
            }
        }
        for (SimNode node : mesh.nodes()) {
            ClientNode there = node(node.number);
            if (there.directory.statistics().homes() != there.sessions()) {
                problems.add(there.life + " has " + there.sessions() + " sessions, and its directory says "
                        + there.directory.statistics().homes());
            }
        }
        checkMessages();
        return problems;
    }

    private void checkMessages() {
        Map<Long, Integer> copies = new HashMap<>();
        for (SimNode node : mesh.nodes()) {
            node.disk().read(Family.QUEUES, (key, value) -> copies.merge(ClientNode.messageOf(value), 1, Integer::sum));
        }
        for (Message message : messages.values()) {
            int found = copies.getOrDefault(message.id, 0);
            // To a node where the session only was about to be, nothing is sent for the one that there is.
            boolean isWanted = established.getOrDefault(message.client, Long.MAX_VALUE) < message.atNanos
                    && !Collections.disjoint(message.to, homes.getOrDefault(message.client, Set.of()));
            if (isWanted && message.settled && found == 0) {
                problems.add(message + " is lost");
            }
            if (isWanted && !mesh.plan().faults() && found != 1) {
                problems.add("there are " + found + " of " + message);
            }
        }
    }

    /** What came directly to a node that lost the client again is ahead of what its session holds. */
    void unordered(String client) {
        unordered.add(client);
    }

    @Nullable
    SimNode node(NodeId id) {
        SimNode.Life life = mesh.lastLife(id);
        return life == null ? null : life.node;
    }

    /** What messages went through until their clients had them. */
    List<Journey> journeys() {
        return messages.values().stream()
                .map(message -> new Journey(
                        message.origin.node.number, Set.copyOf(message.to), message.atNanos, message.consumedNanos))
                .toList();
    }
}
