package io.meshvine.mesh.sim;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;

/** Clients with wills on a simulated mesh, and who published what. */
final class SimWills {
    private static final long NANOS_PER_MILLI = 1_000_000;

    final SimMesh mesh;
    private final Map<SimNode.Life, WillNode> nodes = new HashMap<>();
    final Map<String, Client> clients = new LinkedHashMap<>();
    private final Map<String, List<Published>> published = new HashMap<>();
    private final Map<String, Client> owners = new LinkedHashMap<>();
    private int wills;

    /** A client, and where it is or was last. */
    static final class Client {
        final String id;
        final WillNode home;
        final String will;
        final Duration delay;
        private long connectedNanos;

        Client(String id, WillNode home, String will, Duration delay) {
            this.id = id;
            this.home = home;
            this.will = will;
            this.delay = delay;
        }
    }

    /** A will was published. */
    record Published(SimNode.Life by, long millis) {}

    SimWills(SplittableRandom random, int nodeCount, FaultPlan plan) {
        mesh = new SimMesh(random, nodeCount, plan, Defect.NONE);
        mesh.onBirth(life -> nodes.put(life, new WillNode(life, this)));
    }

    void published(SimNode.Life by, String will) {
        mesh.happened(by + " publishes " + will);
        published.computeIfAbsent(will, none -> new ArrayList<>()).add(new Published(by, nowMillis()));
    }

    List<Published> published(String will) {
        return published.getOrDefault(will, List.of());
    }

    /** Connects a client, anew or for the first time; returns the name of its will. */
    String connect(String id, int node, Duration delay) {
        wills++;
        String will = id + "#" + wills;
        WillNode home = Objects.requireNonNull(nodes.get(mesh.node(node).current()));
        Client client = new Client(id, home, will, delay);
        client.connectedNanos = mesh.scheduler().nowNanos();
        clients.put(id, client);
        owners.put(will, client);
        mesh.happened(id + " connects to " + home.life + " with " + will + ", delay " + delay);
        home.connect(id, will, delay);
        return will;
    }

    void disconnect(Client client) {
        mesh.happened(client.id + " disconnects");
        client.home.disconnect(client.id);
        clients.remove(client.id);
    }

    void lose(Client client) {
        mesh.happened(client.id + " is lost");
        client.home.lose(client.id, client.will, client.delay);
    }

    /** What wills went through: from the connection of their client until somebody published them. */
    List<Journey> journeys() {
        List<Journey> journeys = new ArrayList<>();
        owners.forEach((will, client) -> {
            int home = client.home.life.node.number;
            Set<Integer> by = new HashSet<>();
            published(will).forEach(each -> by.add(each.by().node.number));
            long last = published(will).stream()
                    .mapToLong(each -> each.millis() * NANOS_PER_MILLI)
                    .max()
                    .orElse(Long.MAX_VALUE);
            journeys.add(new Journey(home, by, client.connectedNanos, last));
        });
        return journeys;
    }

    WillNode node(SimNode.Life life) {
        return Objects.requireNonNull(nodes.get(life));
    }

    long nowMillis() {
        return mesh.scheduler().nowNanos() / NANOS_PER_MILLI;
    }

    void run(long millis) {
        mesh.runUntil(nowMillis() + millis);
    }
}
