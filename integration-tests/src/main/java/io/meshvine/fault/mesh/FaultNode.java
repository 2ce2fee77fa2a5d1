package io.meshvine.fault.mesh;

import com.fasterxml.jackson.databind.JsonNode;
import io.meshvine.fault.net.Network;
import io.meshvine.fault.net.Shell;
import io.meshvine.harness.ChildProcess;
import io.meshvine.harness.NodeAdmin;
import io.meshvine.harness.NodeLaunch;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A node in its namespace that can be killed, frozen and started again on its data folder. Used by the thread of the
 * run, its questions by any thread.
 */
public final class FaultNode {
    private static final int MQTT_PORT = 1883;
    private static final int ADMIN_PORT = 8080;
    private static final int MESH_PORT = 7800;
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(2);

    private final int index;
    private final Path directory;
    private final Map<String, String> settings;
    private final List<String> jvmOptions;
    private final NodeAdmin admin;
    private volatile @Nullable ChildProcess process;
    private volatile boolean frozen;
    private Path dataDirectory;
    private int starts;

    FaultNode(int index, Path directory, Map<String, String> settings, List<String> jvmOptions) {
        this.index = index;
        this.directory = directory;
        this.settings = settings;
        this.jvmOptions = jvmOptions;
        this.dataDirectory = directory.resolve(name());
        this.admin = new NodeAdmin(new InetSocketAddress(Network.address(index), ADMIN_PORT), ANSWER_TIMEOUT);
    }

    public int index() {
        return index;
    }

    public String name() {
        return Network.name(index);
    }

    /** Where clients reach it. */
    public InetSocketAddress mqtt() {
        return new InetSocketAddress(Network.address(index), MQTT_PORT);
    }

    static String meshAddress(int index) {
        return Network.address(index) + ":" + MESH_PORT;
    }

    public Path dataDirectory() {
        return dataDirectory;
    }

    /** Where its data are from the next start on. */
    public void useDataDirectory(Path next) {
        dataDirectory = next;
    }

    /** Starts the process; does not wait until it serves. */
    public void start() {
        Map<String, String> all = new HashMap<>(Map.of(
                "node.name", name(),
                "node.data-dir", dataDirectory.toString(),
                "mqtt.tcp.host", Network.address(index),
                "mqtt.tcp.port", Integer.toString(MQTT_PORT),
                "mqtt.ws.port", "-1",
                "admin.host", Network.address(index),
                "admin.port", Integer.toString(ADMIN_PORT),
                "mesh.bind-address", Network.address(index),
                "mesh.bind-port", Integer.toString(MESH_PORT)));
        all.putAll(Map.of("mesh.allow-insecure", "true", "security.allow-anonymous", "true"));
        all.putAll(settings);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path", ""), NodeLaunch.MAIN_CLASS, "node"));
        process = new ChildProcess(
                directory, name() + "-" + ++starts, Network.inside(index, command), NodeLaunch.environment(all));
    }

    /** Waits until it serves; fails if it ends before. */
    public void awaitReady() {
        running().awaitLine(NodeLaunch.READY);
    }

    /** True if its process exists and is not frozen. */
    public boolean isRunning() {
        ChildProcess current = process;
        return current != null && current.isAlive() && !frozen;
    }

    /** SIGKILL. */
    public void kill() {
        running().kill();
        frozen = false;
    }

    /** SIGTERM; waits for the end. */
    public void terminate() {
        running().terminate();
    }

    /** SIGSTOP. */
    public void freeze() {
        Shell.run("kill -STOP " + running().pid());
        frozen = true;
    }

    /** SIGCONT. */
    public void thaw() {
        Shell.run("kill -CONT " + running().pid());
        frozen = false;
    }

    private ChildProcess running() {
        ChildProcess current = process;
        if (current == null || !current.isAlive()) {
            throw new IllegalStateException(name() + " does not run" + (current == null ? "" : "\n" + current.tail()));
        }
        return current;
    }

    /** Its view of the mesh; empty if it does not answer in time. */
    public Optional<JsonNode> mesh() {
        try {
            return isRunning() ? Optional.of(admin.mesh()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** The body at a path of its HTTP interface; empty if it does not answer in time or not with 200. */
    public Optional<String> get(String path) {
        try {
            var answer = admin.get(path);
            return answer.statusCode() == 200 ? Optional.of(answer.body()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Ends whatever runs. */
    void close() {
        ChildProcess current = process;
        if (current != null && current.isAlive()) {
            current.kill();
        }
    }
}
