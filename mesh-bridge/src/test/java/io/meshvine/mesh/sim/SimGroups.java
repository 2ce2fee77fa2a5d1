package io.meshvine.mesh.sim;

import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.NodeId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;

/** A shared subscription on a simulated mesh: who published, and who acknowledged. */
final class SimGroups {
    private static final long NANOS_PER_MILLI = 1_000_000;

    final SimMesh mesh;
    private final Map<SimNode.Life, GroupNode> nodes = new HashMap<>();
    private final Map<String, SimNode.Life> origins = new LinkedHashMap<>();
    private final Map<String, List<SimNode.Life>> acknowledged = new HashMap<>();
    private final Set<String> nobody = new HashSet<>();
    private final Map<String, Long> publishedNanos = new HashMap<>();
    private final Map<String, Long> acknowledgedNanos = new HashMap<>();
    private final Map<String, Set<Integer>> holders = new HashMap<>();
    private final Set<String> settled = new LinkedHashSet<>();
    private int publishes;

    /** Publishes that went to a node whose members had all been away for a while, though others were connected. */
    final List<String> parked = new ArrayList<>();

    private final Map<SimNode.Life, Long> awaySince = new HashMap<>();

    SimGroups(SplittableRandom random, int nodeCount, FaultPlan plan) {
        mesh = new SimMesh(random, nodeCount, plan, Defect.NONE);
        mesh.onBirth(life -> nodes.put(life, new GroupNode(life, this)));
    }

    GroupNode node(int number) {
        return Objects.requireNonNull(nodes.get(mesh.node(number).current()));
    }

    void publish(int node) {
        publishes++;
        String name = "m" + publishes;
        SimNode.Life origin = mesh.node(node).current();
        origins.put(name, origin);
        publishedNanos.put(name, mesh.scheduler().nowNanos());
        mesh.happened(origin + " publishes " + name);
        byte[] body = ("\0" + name).getBytes(java.nio.charset.StandardCharsets.UTF_8);
        MeshPublish publish = new MeshPublish(
                GroupNode.GROUP.filter(), 1, false, null, origin.loop.nanoTime(), MeshPublish.NEVER_EXPIRES, body);
        origin.bridge.execute(() -> Objects.requireNonNull(nodes.get(origin)).publish(publish));
    }

    void nobody(MeshPublish publish) {
        nobody.add(name(publish));
    }

    /** Its publisher was told that it is in safe hands. */
    void settled(MeshPublish publish) {
        settled.add(name(publish));
    }

    Set<String> settled() {
        return settled;
    }

    void acknowledged(SimNode.Life by, MeshPublish publish) {
        mesh.happened(by + " acknowledges " + name(publish));
        acknowledgedNanos.put(name(publish), mesh.scheduler().nowNanos());
        acknowledged.computeIfAbsent(name(publish), none -> new ArrayList<>()).add(by);
    }

    void forwarded(SimNode.Life from, NodeId to, MeshPublish publish) {
        mesh.happened(from + " gives " + name(publish) + " to n" + numberOf(to));
        holders.computeIfAbsent(name(publish), none -> new HashSet<>()).add(numberOf(to));
        SimNode.Life peer = mesh.lastLife(to);
        long now = mesh.scheduler().nowNanos();
        if (peer != null && awaySince.containsKey(peer) && now - awaySince.get(peer) > 8_000 * NANOS_PER_MILLI) {
            boolean elsewhere = nodes.values().stream()
                    .anyMatch(node -> node.life.isUp() && node.life != from && node.liveMembers() > 0);
            if (elsewhere) {
                parked.add(name(publish) + " at " + peer);
            }
        }
    }

    /** To be called after members came or went. */
    void noteAway() {
        nodes.forEach((life, node) -> {
            if (node.liveMembers() == 0 && node.awayMembers() > 0) {
                awaySince.putIfAbsent(life, mesh.scheduler().nowNanos());
            } else {
                awaySince.remove(life);
            }
        });
    }

    private int numberOf(NodeId id) {
        return mesh.nodes().stream()
                .filter(node -> node.id.equals(id))
                .mapToInt(node -> node.number)
                .findFirst()
                .orElse(-1);
    }

    private static String name(MeshPublish publish) {
        return new String(publish.body(), 1, publish.body().length - 1, java.nio.charset.StandardCharsets.UTF_8);
    }

    /** What publishes went through until a member acknowledged them. */
    List<Journey> journeys() {
        List<Journey> journeys = new ArrayList<>();
        origins.forEach((name, origin) -> journeys.add(new Journey(
                origin.node.number,
                holders.getOrDefault(name, Set.of()),
                publishedNanos.getOrDefault(name, 0L),
                acknowledgedNanos.getOrDefault(name, Long.MAX_VALUE))));
        return journeys;
    }

    /** The publishes of nodes that still live, for which there was somebody. */
    List<String> accepted() {
        return origins.keySet().stream()
                .filter(name -> Objects.requireNonNull(origins.get(name)).isUp() && !nobody.contains(name))
                .toList();
    }

    List<SimNode.Life> acknowledged(String name) {
        return acknowledged.getOrDefault(name, List.of());
    }

    long nowMillis() {
        return mesh.scheduler().nowNanos() / NANOS_PER_MILLI;
    }

    void run(long millis) {
        mesh.runUntil(nowMillis() + millis);
    }
}
