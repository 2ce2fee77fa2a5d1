package io.meshvine.it.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoIT {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Pattern ROW = Pattern.compile(
            " +(node-\\d) +127\\.0\\.0\\.1:(\\d+) +ws://127\\.0\\.0\\.1:\\d+/mqtt +http://127\\.0\\.0\\.1:(\\d+) +(\\d+)");

    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void reap() throws InterruptedException {
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void provesThatThreeNodesForwardAndLeavesNothingBehind() throws Exception {
        Process demo = demo("--check", "--base-port", "0");

        List<String> lines = readAll(demo);

        assertThat(demo.waitFor()).as(String.join("\n", lines)).isZero();
        assertThat(nodes(lines))
                .hasSize(3)
                .allSatisfy(pid -> assertThat(isAlive(pid)).isFalse());
        assertThat(lines)
                .anyMatch(line ->
                        line.matches("Proof: subscribed at node-3, published at node-1: the message arrived after"
                                + " [0-9.]+ ms .*"))
                .anyMatch(line -> line.startsWith("Up and proven in "));
        assertThat(folder.resolve("node-2/identity.pem")).exists();
        assertThat(folder.resolve("node-2.log")).exists();
    }

    @Test
    void nodesDoNotOutliveADemonstrationThatIsKilled() throws Exception {
        Process demo = demo("--nodes", "2", "--base-port", "0");
        List<Long> nodes = nodes(readUntil(demo, "Ctrl-C stops the mesh."));
        assertThat(nodes).hasSize(2).allSatisfy(pid -> assertThat(isAlive(pid)).isTrue());

        demo.destroyForcibly();

        await().atMost(PATIENCE).until(() -> nodes.stream().noneMatch(DemoIT::isAlive));
    }

    @Test
    void stopsItsNodesOnSigtermAndNoticesWhenOneDies() throws Exception {
        Process demo = demo("--nodes", "2", "--base-port", "0");
        List<Long> nodes = nodes(readUntil(demo, "Ctrl-C stops the mesh."));

        ProcessHandle.of(nodes.get(1)).orElseThrow().destroyForcibly();
        assertThat(readUntil(demo, "node-2 has stopped (exit code 137)")).isNotEmpty();

        demo.toHandle().destroy();
        assertThat(demo.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(isAlive(nodes.get(0))).isFalse();
    }

    @Test
    void saysWhichPortIsTaken() throws Exception {
        try (ServerSocket taken = takenBelow(50_000)) {
            Process demo = demo("--base-port", Integer.toString(taken.getLocalPort()));

            assertThat(demo.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(demo.exitValue()).isEqualTo(1);
            assertThat(Files.readString(errors()))
                    .contains("port " + taken.getLocalPort() + " (MQTT of node-1) is taken; stop what uses it")
                    .contains("--base-port");
        }
    }

    /** The ports of a demonstration reach up to some thousand above the first one. */
    private static ServerSocket takenBelow(int limit) throws IOException {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        if (socket.getLocalPort() < limit) {
            return socket;
        }
        try (socket) {
            return takenBelow(limit);
        }
    }

    private Process demo(String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                classPath(),
                "io.meshvine.node.Main",
                "demo",
                "--data-dir",
                folder.toString()));
        command.addAll(List.of(options));
        Process process =
                new ProcessBuilder(command).redirectError(errors().toFile()).start();
        started.add(process);
        return process;
    }

    private Path errors() {
        return folder.resolveSibling(folder.getFileName() + ".err");
    }

    /** Without the tests' own classes, so that none of their resources configures the nodes. */
    private static String classPath() {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        return Arrays.stream(classPath.split(File.pathSeparator, -1))
                .filter(element -> !element.endsWith("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    private List<String> readAll(Process demo) throws IOException {
        return readUntil(demo, null);
    }

    private List<String> readUntil(Process demo, @Nullable String last) throws IOException {
        List<String> lines = new ArrayList<>();
        BufferedReader output = demo.inputReader(StandardCharsets.UTF_8);
        String line = output.readLine();
        while (line != null) {
            lines.add(line);
            if (line.equals(last)) {
                return lines;
            }
            line = output.readLine();
        }
        assertThat(last)
                .as("%s%n%s", String.join("\n", lines), Files.readString(errors()))
                .isNull();
        return lines;
    }

    private static List<Long> nodes(List<String> lines) {
        return lines.stream()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .map(row -> Long.parseLong(row.group(4)))
                .toList();
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }
}
