package io.meshvine.fault.mesh;

import com.fasterxml.jackson.databind.JsonNode;
import io.meshvine.fault.net.Network;
import io.meshvine.harness.ChildProcess;
import io.meshvine.harness.NodeAdmin;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** All nodes of a run, each with all as seeds. Used by the thread of the run. */
public final class FaultMesh implements AutoCloseable {
    private static final Duration FORM_TIMEOUT = Duration.ofSeconds(60);

    private final List<FaultNode> nodes = new ArrayList<>();

    /** Nodes that do not run yet. */
    public FaultMesh(int count, Path directory, Map<String, String> settings, List<String> jvmOptions) {
        Map<String, String> all = new HashMap<>(Map.of(
                "mesh.discovery",
                "static",
                "mesh.seeds",
                IntStream.range(0, count).mapToObj(FaultNode::meshAddress).collect(Collectors.joining(","))));
        all.putAll(settings);
        for (int index = 0; index < count; index++) {
            nodes.add(new FaultNode(index, directory, all, jvmOptions));
        }
    }

    public List<FaultNode> nodes() {
        return List.copyOf(nodes);
    }

    public FaultNode node(int index) {
        return nodes.get(index);
    }

    /** Starts all nodes and waits until they are one mesh. */
    public void start() {
        nodes.forEach(FaultNode::start);
        nodes.forEach(FaultNode::awaitReady);
        if (awaitConvergence(FORM_TIMEOUT).isEmpty()) {
            throw new IllegalStateException(
                    "the mesh did not form: " + nodes.get(0).mesh());
        }
    }

    /**
     * Waits until all nodes are connected with each other and hold the same retained messages and interest; empty if
     * that takes longer than the limit, else how long it took.
     */
    public Optional<Duration> awaitConvergence(Duration limit) {
        return await(limit, this::isConverged);
    }

    /** Waits until a condition holds; how long that took, or empty if it was too long. */
    public static Optional<Duration> await(Duration limit, BooleanSupplier condition) {
        long start = System.nanoTime();
        while (true) {
            boolean holds = condition.getAsBoolean();
            Duration passed = Duration.ofNanos(System.nanoTime() - start);
            if (holds) {
                return Optional.of(passed);
            }
            if (passed.compareTo(limit) > 0) {
                return Optional.empty();
            }
            ChildProcess.pause();
        }
    }

    private boolean isConverged() {
        List<JsonNode> views = new ArrayList<>();
        for (FaultNode node : nodes) {
            Optional<JsonNode> view = node.mesh();
            if (view.isEmpty() || NodeAdmin.connectedLinks(view.get()) < nodes.size() - 1) {
                return false;
            }
            views.add(view.get());
        }
        return Digests.agree(views);
    }

    /** True if a node does not count another as connected. */
    public boolean misses(int observer, int other) {
        Optional<JsonNode> view = nodes.get(observer).mesh();
        if (view.isEmpty()) {
            return false;
        }
        for (JsonNode link : view.get().path("links")) {
            if (link.path("name").asText().equals(Network.name(other))
                    && link.path("state").asText().equals("connected")) {
                return false;
            }
        }
        return true;
    }

    /** Those that run, all but the given ones. */
    public Set<Integer> others(int... without) {
        Set<Integer> others = new HashSet<>();
        nodes.forEach(node -> others.add(node.index()));
        for (int index : without) {
            others.remove(index);
        }
        return others;
    }

    @Override
    public void close() {
        nodes.forEach(FaultNode::close);
    }
}
