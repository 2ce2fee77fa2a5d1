package io.meshvine.bench.broker;

import com.fasterxml.jackson.databind.JsonNode;
import io.meshvine.harness.ChildProcess;
import io.meshvine.harness.NodeAdmin;
import io.meshvine.harness.NodeLaunch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Meshvine nodes with their defaults, each a JVM of its own; more than one find each other by static seeds. */
public final class Meshvine implements Broker {
    private static final Duration FORM_TIMEOUT = Duration.ofSeconds(30);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);

    private final BrokerSpec spec;
    private final List<ChildProcess> processes = new ArrayList<>();
    private final List<BrokerNode> nodes = new ArrayList<>();

    Meshvine(BrokerSpec spec, Path directory) {
        this.spec = spec;
        int count = spec.number("nodes", 1);
        List<Integer> meshPorts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            meshPorts.add(ChildProcess.freePort());
        }
        String seeds = meshPorts.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(","));
        try {
            Files.createDirectories(directory);
            for (int i = 0; i < count; i++) {
                start(directory, "n" + (i + 1), meshPorts.get(i), seeds);
            }
            awaitReady();
            awaitMesh(count);
        } catch (IOException e) {
            close();
            throw new UncheckedIOException(e);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void start(Path directory, String name, int meshPort, String seeds) {
        List<String> command = new ArrayList<>();
        String launcher = spec.options().get("bin");
        if (launcher == null) {
            command.add(
                    Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
            command.addAll(spec.jvmOptions());
            command.addAll(List.of("-cp", spec.classPath(), NodeLaunch.MAIN_CLASS, "node"));
        } else {
            command.addAll(List.of(Path.of(launcher).toAbsolutePath().toString(), "node"));
        }
        Map<String, String> environment = new HashMap<>(NodeLaunch.environment(Map.of(
                "node.name", name,
                "node.data-dir", directory.resolve(name).toString(),
                "mqtt.tcp.host", "127.0.0.1",
                "mqtt.tcp.port", "0",
                "mqtt.ws.port", "-1",
                "admin.port", "0",
                "mesh.discovery", "static",
                "mesh.seeds", seeds,
                "mesh.bind-port", Integer.toString(meshPort))));
        String tls = tls();
        if (tls != null) {
            environment.putAll(NodeLaunch.environment(Map.of(
                    "mqtt.tls.host",
                    "127.0.0.1",
                    "mqtt.tls.port",
                    "0",
                    "mqtt.tls.certificate",
                    Path.of(tls, "server.crt").toString(),
                    "mqtt.tls.key",
                    Path.of(tls, "server.key").toString())));
        }
        if (launcher != null) {
            environment.put("JAVA_OPTS", String.join(" ", spec.jvmOptions()));
        }
        spec.options().forEach((key, value) -> {
            if (key.startsWith("env.")) {
                environment.put(key.substring("env.".length()), value);
            }
        });
        processes.add(new ChildProcess(directory, name, command, environment));
    }

    private @Nullable String tls() {
        return spec.options().get("tls");
    }

    private void awaitReady() {
        for (int i = 0; i < processes.size(); i++) {
            ChildProcess process = processes.get(i);
            Map<String, InetSocketAddress> addresses = NodeLaunch.addresses(process.awaitLine(NodeLaunch.READY));
            InetSocketAddress admin = Objects.requireNonNull(addresses.get("admin"));
            nodes.add(new BrokerNode(
                    "n" + (i + 1),
                    process.pid(),
                    Objects.requireNonNull(addresses.get(tls() == null ? "mqtt" : "mqtts")),
                    tls() != null,
                    URI.create("http://" + admin.getHostString() + ":" + admin.getPort()),
                    process.age()));
        }
    }

    private void awaitMesh(int count) throws IOException {
        long start = System.nanoTime();
        while (!everybodyIsLinked(count)) {
            if (System.nanoTime() - start > FORM_TIMEOUT.toNanos()) {
                throw new IllegalStateException("the mesh of " + count + " did not form: " + mesh(nodes.get(0)));
            }
            ChildProcess.pause();
        }
    }

    private boolean everybodyIsLinked(int count) throws IOException {
        for (BrokerNode node : nodes) {
            if (NodeAdmin.connectedLinks(mesh(node)) < count - 1) {
                return false;
            }
        }
        return true;
    }

    /** What the node says about its mesh. */
    public static JsonNode mesh(BrokerNode node) throws IOException {
        URI admin = node.admin();
        if (admin == null) {
            throw new IllegalArgumentException(node.name() + " has no admin endpoint");
        }
        return new NodeAdmin(new InetSocketAddress(admin.getHost(), admin.getPort()), ANSWER_TIMEOUT).mesh();
    }

    @Override
    public String name() {
        return spec.text();
    }

    @Override
    public List<BrokerNode> nodes() {
        return List.copyOf(nodes);
    }

    @Override
    public void close() {
        processes.forEach(ChildProcess::close);
    }
}
