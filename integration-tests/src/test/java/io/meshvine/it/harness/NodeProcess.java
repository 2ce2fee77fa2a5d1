package io.meshvine.it.harness;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** One node of the mesh as users run it: a JVM of its own, configured by environment variables. Any thread. */
public final class NodeProcess {

    static final String MAIN_CLASS = "io.meshvine.node.Main";

    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final String READY = "ready ";

    private final String name;
    private final BrokerProcess process;
    private final Map<String, InetSocketAddress> addresses;

    private NodeProcess(String name, BrokerProcess process, Map<String, InetSocketAddress> addresses) {
        this.name = name;
        this.process = process;
        this.addresses = addresses;
    }

    /**
     * Starts a node on free ports of the loopback interface and waits until it serves.
     *
     * @param settings configuration keys with their values, added to or instead of the harness's own
     */
    static NodeProcess start(String name, Path directory, Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "node.name", name,
                "node.data-dir", directory.resolve(name).toString(),
                "mqtt.tcp.host", "127.0.0.1",
                "mqtt.tcp.port", "0",
                "mqtt.ws.host", "127.0.0.1",
                "mqtt.ws.port", "0",
                "admin.port", "0",
                "mesh.bind-port", "0"));
        all.putAll(settings);
        Map<String, String> environment = all.entrySet().stream()
                .collect(Collectors.toMap(entry -> environmentName(entry.getKey()), Map.Entry::getValue));
        BrokerProcess process = BrokerProcess.start(name, directory.resolve(name + ".log"), command(), environment);
        String ready = await("ready line of " + name)
                .atMost(START_TIMEOUT)
                .pollInterval(Duration.ofMillis(20))
                .until(() -> readyLine(process), Optional::isPresent)
                .orElseThrow();
        return new NodeProcess(name, process, addresses(ready));
    }

    private static List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-Dio.netty.leakDetection.level=paranoid"));
        command.addAll(List.of("-cp", nodeClassPath(), MAIN_CLASS, "node"));
        return command;
    }

    /** The test's class path without the test's own classes, so that no test resource configures the node. */
    private static String nodeClassPath() {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Arrays.stream(classPath.split(File.pathSeparator, -1))
                .filter(element -> !element.endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /** {@code mesh.bind-port} becomes {@code MESHVINE_MESH_BIND_PORT}. */
    private static String environmentName(String key) {
        return "MESHVINE_" + key.toUpperCase(java.util.Locale.ROOT).replaceAll("[.-]", "_");
    }

    private static Optional<String> readyLine(BrokerProcess process) {
        Optional<String> line =
                process.output().stream().filter(text -> text.startsWith(READY)).findFirst();
        if (line.isEmpty() && !process.isAlive()) {
            throw new AssertionError("the node ended before it was ready\n" + process.tail());
        }
        return line;
    }

    private static Map<String, InetSocketAddress> addresses(String readyLine) {
        Map<String, InetSocketAddress> addresses = new HashMap<>();
        for (String field : readyLine.substring(READY.length()).split(" ", -1)) {
            int equals = field.indexOf('=');
            String value = field.substring(equals + 1);
            URI uri = URI.create(value.contains("://") ? value : "any://" + value);
            if (uri.getPort() > 0) {
                addresses.put(field.substring(0, equals), new InetSocketAddress(uri.getHost(), uri.getPort()));
            }
        }
        return Map.copyOf(addresses);
    }

    public String name() {
        return name;
    }

    public InetSocketAddress mqtt() {
        return address("mqtt");
    }

    public InetSocketAddress webSocket() {
        return address("ws");
    }

    public InetSocketAddress mesh() {
        return address("mesh");
    }

    public InetSocketAddress admin() {
        return address("admin");
    }

    private InetSocketAddress address(String kind) {
        return Optional.ofNullable(addresses.get(kind))
                .orElseThrow(() -> new AssertionError(
                        "the ready line of " + name + " names no " + kind + " address: " + addresses));
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public List<String> output() {
        return process.output();
    }

    String tail() {
        return process.tail();
    }

    /** SIGTERM; waits for the end and returns the exit code. */
    public int terminate() {
        return process.terminate();
    }

    /** SIGKILL; waits for the end. */
    public void kill() {
        process.kill();
    }
}
