package io.meshvine.node;

import io.meshvine.node.config.ConfigLoader;
import io.meshvine.node.config.HostPort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** A whole node in this process, alone, on free ports of loopback. */
final class TestNode implements AutoCloseable {

    private final Node node;

    private TestNode(Node node) {
        this.node = node;
    }

    /** Keys and values in turn. */
    static Map<String, String> settings(String... keysAndValues) {
        Map<String, String> settings = new HashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            settings.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return settings;
    }

    /** Starts a node with its data below a folder. Settings go over those of the test. */
    static TestNode start(Path folder, Map<String, String> settings) {
        Map<String, String> environment = new HashMap<>();
        Map<String, String> all = new HashMap<>(Map.of(
                "node.name", "test",
                "node.data-dir", folder.resolve("data").toString(),
                "mqtt.tcp.host", "127.0.0.1",
                "mqtt.tcp.port", "0",
                "mqtt.ws.port", "-1",
                "admin.port", "0",
                "mesh.bind-port", "-1",
                "durability", "none",
                "node.drain-timeout", "1s"));
        if (settings.containsKey("mqtt.tls.certificate")) {
            all.put("mqtt.tls.host", "127.0.0.1");
            all.put("mqtt.wss.host", "127.0.0.1");
        }
        all.putAll(settings);
        all.forEach((key, value) -> environment.put(
                "MESHVINE_" + key.toUpperCase(java.util.Locale.ROOT).replaceAll("[.-]", "_"), value));
        try {
            return new TestNode(Node.start(ConfigLoader.load(null, environment)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The port of a listener, by its name in the ready line. */
    int port(String kind) {
        return HostPort.parse(Objects.requireNonNull(node.addresses().get(kind)), -1)
                .port();
    }

    /** The metrics. */
    String scrape() {
        return get("/metrics");
    }

    String get(String path) {
        try {
            HttpURLConnection connection = (HttpURLConnection) URI.create("http://127.0.0.1:" + port("admin") + path)
                    .toURL()
                    .openConnection();
            return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        node.close();
    }
}
