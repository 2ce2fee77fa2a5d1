package io.meshvine.bench.broker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Meshvine nodes with their defaults, each a JVM of its own; more than one find each other by static seeds. */
public final class Meshvine implements Broker {
    private static final String MAIN = "io.meshvine.node.Main";
    private static final Duration FORM_TIMEOUT = Duration.ofSeconds(30);

    private static final HttpClient HTTP = HttpClient.newHttpClient();

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
            command.addAll(List.of("-cp", spec.classPath(), MAIN, "node"));
        } else {
            command.addAll(List.of(Path.of(launcher).toAbsolutePath().toString(), "node"));
        }
        Map<String, String> environment = new HashMap<>(Map.of(
                "MESHVINE_NODE_NAME", name,
                "MESHVINE_NODE_DATA_DIR", directory.resolve(name).toString(),
                "MESHVINE_MQTT_TCP_HOST", "127.0.0.1",
                "MESHVINE_MQTT_TCP_PORT", "0",
                "MESHVINE_MQTT_WS_PORT", "-1",
                "MESHVINE_ADMIN_PORT", "0",
                "MESHVINE_MESH_DISCOVERY", "static",
                "MESHVINE_MESH_SEEDS", seeds,
                "MESHVINE_MESH_BIND_PORT", Integer.toString(meshPort)));
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

    private void awaitReady() {
        for (ChildProcess process : processes) {
            Map<String, String> ready = fields(process.awaitLine("ready "));
            nodes.add(new BrokerNode(
                    ready.getOrDefault("name", ""),
                    process.pid(),
                    address(ready.getOrDefault("mqtt", "")),
                    URI.create("http://" + withoutScheme(ready.getOrDefault("admin", ""))),
                    process.age()));
        }
    }

    /** The line is {@code ready name=... mqtt=host:port mesh=host:port admin=host:port}. */
    private static Map<String, String> fields(String line) {
        Map<String, String> fields = new HashMap<>();
        for (String word : line.split(" ", -1)) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                fields.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return fields;
    }

    private static String withoutScheme(String address) {
        return address.replaceFirst("^[a-z]+://", "");
    }

    private static InetSocketAddress address(String text) {
        String hostPort = withoutScheme(text);
        int colon = hostPort.lastIndexOf(':');
        return new InetSocketAddress(hostPort.substring(0, colon), Integer.parseInt(hostPort.substring(colon + 1)));
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
            long linked = 0;
            for (JsonNode link : mesh(node).path("links")) {
                linked += link.path("state").asText().equals("connected") ? 1 : 0;
            }
            if (linked < count - 1) {
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
        try {
            HttpResponse<String> answer = HTTP.send(
                    HttpRequest.newBuilder(admin.resolve("/api/v1/mesh")).build(),
                    HttpResponse.BodyHandlers.ofString());
            return new ObjectMapper().readTree(answer.body());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
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
