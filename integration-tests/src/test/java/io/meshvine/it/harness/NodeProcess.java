package io.meshvine.it.harness;

import io.meshvine.harness.ChildProcess;
import io.meshvine.harness.NodeLaunch;
import java.io.File;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** One node of the mesh as users run it: a JVM of its own, configured by environment variables. Any thread. */
public final class NodeProcess {

    private final String name;
    private final ChildProcess process;
    private final Map<String, InetSocketAddress> addresses;

    private NodeProcess(String name, ChildProcess process, Map<String, InetSocketAddress> addresses) {
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
        ChildProcess process = new ChildProcess(directory, name, command(), NodeLaunch.environment(all));
        return new NodeProcess(name, process, NodeLaunch.addresses(process.awaitLine(NodeLaunch.READY)));
    }

    private static List<String> command() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-Dio.netty.leakDetection.level=paranoid"));
        command.addAll(List.of("-cp", nodeClassPath(), NodeLaunch.MAIN_CLASS, "node"));
        return command;
    }

    /** The test's class path without the test's own classes, so that no test resource configures the node. */
    public static String nodeClassPath() {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Arrays.stream(classPath.split(File.pathSeparator, -1))
                .filter(element -> !element.endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
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
        return process.output().lines().toList();
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
