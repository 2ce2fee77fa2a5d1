package io.meshvine.it.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A mesh of node processes on loopback, found by static seeds. Logs and data stay in {@code target} for a look after
 * a failure. Confined to one thread while nodes are added; reading is for any thread.
 */
public final class Mesh implements Broker {

    /** The seed of the first node: a port where nobody listens. */
    private static final String NOBODY = "127.0.0.1:1";

    private final Path directory;
    private final String meshName;
    private final Map<String, String> settings;
    private final List<NodeProcess> nodes = new ArrayList<>();

    private Mesh(Path directory, Map<String, String> settings) {
        this.directory = directory;
        this.meshName = directory.getFileName().toString();
        this.settings = Map.copyOf(settings);
    }

    /** A mesh without nodes so far; each node gets the settings. */
    public static Mesh empty(String name, Map<String, String> settings) {
        try {
            Path target = Files.createDirectories(Path.of("target", "it").toAbsolutePath());
            return new Mesh(Files.createTempDirectory(target, name + "-"), settings);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A mesh of nodes that all know each other. */
    public static Mesh of(String name, int nodes) {
        Mesh mesh = empty(name, Map.of());
        try {
            for (int i = 0; i < nodes; i++) {
                mesh.add();
            }
            mesh.awaitConnected();
            return mesh;
        } catch (AssertionError | RuntimeException e) {
            mesh.close();
            throw e;
        }
    }

    /** Starts a further node, with all running ones as its seeds, and waits until it serves. */
    public NodeProcess add() {
        return add(Map.of());
    }

    /** As {@link #add()}, with settings of its own that go over those of all nodes. */
    public NodeProcess add(Map<String, String> own) {
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(own);
        all.put("mesh.name", meshName);
        all.put("mesh.discovery", "static");
        all.put("mesh.seeds", seeds());
        NodeProcess node = NodeProcess.start("n" + (nodes.size() + 1), directory, all);
        nodes.add(node);
        return node;
    }

    /** Starts a further node on a copy of the data of one that runs. */
    public NodeProcess addCopyOf(int index) {
        Path data = directory.resolve(nodes.get(index).name());
        try (Stream<Path> files = Files.walk(data)) {
            for (Path file : files.toList()) {
                Path to = directory.resolve("n" + (nodes.size() + 1)).resolve(data.relativize(file));
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(file, to);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return add();
    }

    private String seeds() {
        String seeds = nodes.stream()
                .filter(NodeProcess::isAlive)
                .map(node -> node.mesh().getHostString() + ":" + node.mesh().getPort())
                .collect(Collectors.joining(","));
        return seeds.isEmpty() ? NOBODY : seeds;
    }

    /** Starts a node that has ended again, on its data and its ports, and waits until it serves. */
    public NodeProcess restart(int index) {
        NodeProcess ended = nodes.get(index);
        Map<String, String> all = new HashMap<>(settings);
        all.put("mesh.name", meshName);
        all.put("mesh.discovery", "static");
        all.put("mesh.seeds", seeds());
        all.put("mqtt.tcp.port", Integer.toString(ended.mqtt().getPort()));
        all.put("mqtt.ws.port", Integer.toString(ended.webSocket().getPort()));
        all.put("mesh.bind-port", Integer.toString(ended.mesh().getPort()));
        NodeProcess again = NodeProcess.start(ended.name(), directory, all);
        nodes.set(index, again);
        return again;
    }

    /** Waits until every running node sees every other one. */
    public void awaitConnected() {
        List<NodeProcess> running = nodes.stream().filter(NodeProcess::isAlive).toList();
        running.forEach(node -> Admin.of(node).awaitMembers(running.size()));
    }

    public NodeProcess node(int index) {
        return nodes.get(index);
    }

    @Override
    public int nodes() {
        return nodes.size();
    }

    @Override
    public InetSocketAddress mqtt(int node) {
        return nodes.get(node).mqtt();
    }

    @Override
    public InetSocketAddress webSocket(int node) {
        return nodes.get(node).webSocket();
    }

    @Override
    public void assertAlive() {
        assertThat(nodes).allMatch(NodeProcess::isAlive, "runs");
    }

    @Override
    public String logTails() {
        return nodes.stream().map(NodeProcess::tail).collect(Collectors.joining());
    }

    /** Stops what still runs, and fails if a node did not leave cleanly or lost track of a buffer. */
    @Override
    public void close() {
        List<String> faults = new ArrayList<>();
        for (NodeProcess node : nodes) {
            if (node.isAlive()) {
                int exit = node.terminate();
                if (exit != 0 && exit != SIGTERM_EXIT) {
                    faults.add(node.name() + " ended with exit code " + exit);
                }
            }
            node.output().stream()
                    .filter(line -> line.contains("LEAK:"))
                    .forEach(line -> faults.add(node.name() + ": " + line));
        }
        assertThat(faults).as("faults in the logs under %s", directory).isEmpty();
    }

    /** What the JVM reports when a signal ended it: 128 + SIGTERM. */
    private static final int SIGTERM_EXIT = 143;
}
