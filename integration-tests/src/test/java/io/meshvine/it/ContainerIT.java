package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the image does, without an engine: its entry point with the environment of its Dockerfile, the health check, DNS
 * discovery by the JVM's own resolver (from a file of hosts), and the end by SIGTERM.
 */
class ContainerIT {

    private static final Path RELEASE =
            Path.of("..", "broker-node", "target", "dist").toAbsolutePath();
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final List<String> ADDRESSES = List.of("127.0.0.1", "127.0.0.2");

    private final List<Process> started = new ArrayList<>();

    @TempDir
    private Path folder;

    @AfterEach
    void reap() throws InterruptedException {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
    }

    private Process meshvine(Path output, Map<String, String> settings, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(List.of("/bin/sh", RELEASE.resolve("meshvine").toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", "/usr/bin:/bin", "JAVA_HOME", System.getProperty("java.home")));
        builder.environment().putAll(settings);
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private int run(Path output, Map<String, String> settings, String... arguments) throws Exception {
        Process process = meshvine(output, settings, arguments);
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .as(() -> "ends: " + text(output))
                .isTrue();
        return process.exitValue();
    }

    private static String text(Path output) {
        try {
            return Files.readString(output);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private Map<String, String> settings(int node, int meshPort) throws IOException {
        Path hosts = folder.resolve("hosts");
        Files.writeString(hosts, String.join(" meshvine\n", ADDRESSES) + " meshvine\n127.0.0.1 localhost\n");
        Map<String, String> settings = new HashMap<>(Map.of(
                "JAVA_OPTS",
                "-XX:MaxRAMPercentage=70 -Xmx256m -Djdk.net.hosts.file=" + hosts,
                "MESHVINE_NODE_NAME",
                "node-" + node,
                "MESHVINE_NODE_DATA_DIR",
                folder.resolve("data-" + node).toString(),
                "MESHVINE_MESH_NAME",
                "container-" + meshPort,
                "MESHVINE_MESH_DISCOVERY",
                "dns",
                "MESHVINE_MESH_DNS_QUERY",
                "meshvine",
                "MESHVINE_MESH_BIND_ADDRESS",
                ADDRESSES.get(node),
                "MESHVINE_MESH_BIND_PORT",
                Integer.toString(meshPort)));
        settings.putAll(Map.of(
                "MESHVINE_MQTT_TCP_PORT", "0",
                "MESHVINE_MQTT_WS_PORT", "0",
                "MESHVINE_ADMIN_PORT", "0"));
        return settings;
    }

    /** A port that is free on both addresses. */
    private static int freePort() throws IOException {
        try (ServerSocket one = new ServerSocket(0, 1, InetAddress.getByName(ADDRESSES.get(0)));
                ServerSocket other = new ServerSocket(one.getLocalPort(), 1, InetAddress.getByName(ADDRESSES.get(1)))) {
            return other.getLocalPort();
        }
    }

    private static Optional<String> adminOf(Path output) {
        Matcher ready = Pattern.compile("(?m)^ready .*\\badmin=(\\S+)").matcher(text(output));
        return ready.find() ? Optional.of(ready.group(1)) : Optional.empty();
    }

    private static int connectedLinks(String admin) throws IOException, InterruptedException {
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://" + admin + "/api/v1/mesh"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString(StandardCharsets.UTF_8));
        int connected = 0;
        for (var link : new ObjectMapper().readTree(answer.body()).path("links")) {
            connected += link.path("state").asText().equals("connected") ? 1 : 0;
        }
        return connected;
    }

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES) // It starts eight JVMs, two of them to write an archive of classes.
    void nodesStartByTheEntryPointFindEachOtherByDnsAreHealthyAndLeave() throws Exception {
        // As the Dockerfile does, so that the archive of classes is there.
        Path checked = folder.resolve("check.txt");
        assertThat(run(checked, Map.of(), "node", "--check-config"))
                .as(() -> text(checked))
                .isZero();
        int meshPort = freePort();
        List<Path> outputs = List.of(folder.resolve("node-0.txt"), folder.resolve("node-1.txt"));
        List<Process> nodes = List.of(
                meshvine(outputs.get(0), settings(0, meshPort), "node"),
                meshvine(outputs.get(1), settings(1, meshPort), "node"));

        for (Path output : outputs) {
            await("ready line in " + output)
                    .atMost(PATIENCE)
                    .until(() -> adminOf(output).isPresent());
            await("peers of " + output)
                    .atMost(PATIENCE)
                    .until(() -> connectedLinks(adminOf(output).orElseThrow()) == 1);
            Path health = folder.resolve("health.txt");
            assertThat(run(
                            health,
                            Map.of(),
                            "health",
                            "--admin",
                            "http://" + adminOf(output).orElseThrow()))
                    .as(() -> text(health))
                    .isZero();
        }

        for (Process node : nodes) {
            node.destroy(); // SIGTERM, as an engine sends it
        }
        for (int i = 0; i < nodes.size(); i++) {
            Path output = outputs.get(i);
            assertThat(nodes.get(i).waitFor(10, TimeUnit.SECONDS))
                    .as(() -> text(output))
                    .isTrue();
            assertThat(nodes.get(i).exitValue()).as(() -> text(output)).isZero();
        }
    }
}
