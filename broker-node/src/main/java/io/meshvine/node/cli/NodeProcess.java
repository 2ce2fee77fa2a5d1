package io.meshvine.node.cli;

import io.meshvine.node.cli.DemoPlan.Member;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node of the demonstration, running as a process of its own. Its standard input is the lifeline: it ends when this
 * process closes it or dies, however it dies.
 */
final class NodeProcess {

    private static final Logger LOG = LoggerFactory.getLogger(NodeProcess.class);
    private static final int LOG_LINES = 15;
    private static final List<String> OWN_SETTINGS =
            List.of("MESHVINE_NODE_", "MESHVINE_MQTT_TCP_", "MESHVINE_MQTT_WS_", "MESHVINE_MESH_", "MESHVINE_ADMIN_");

    private final Member member;
    private final Path logFile;
    private final Process process;
    private final CompletableFuture<ReadyLine> ready = new CompletableFuture<>();

    private NodeProcess(Member member, Path logFile, Process process) {
        this.member = member;
        this.logFile = logFile;
        this.process = process;
    }

    /** Starts the node; it is not ready yet then. */
    static NodeProcess start(DemoPlan plan, Member member) throws DemoException {
        List<String> command = new ArrayList<>(NodeJvm.command());
        command.addAll(List.of("node", "--config", plan.configFile(member).toString(), "--stop-on-stdin-end"));
        Path logFile = plan.logFile(member);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(logFile.toFile());
        dropOwnSettings(builder.environment());
        try {
            NodeProcess node = new NodeProcess(member, logFile, builder.start());
            Thread reader = new Thread(node::awaitReady, "output of " + member.name());
            reader.setDaemon(true);
            reader.start();
            return node;
        } catch (IOException e) {
            throw new DemoException("cannot start " + member.name() + ": " + e.getMessage(), e);
        }
    }

    /** What the environment says of ports, names and folders is meant for one node, not for each of many. */
    private static void dropOwnSettings(Map<String, String> environment) {
        environment.keySet().removeIf(name -> OWN_SETTINGS.stream().anyMatch(name::startsWith));
    }

    private void awaitReady() {
        try (BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line;
            while ((line = output.readLine()) != null) {
                ReadyLine.parse(line).ifPresent(ready::complete);
            }
        } catch (IOException e) {
            LOG.debug("output of {} broke", member.name(), e);
        }
        ready.completeExceptionally(new DemoException(member.name() + " stopped before it was ready\n" + endOfLog()));
    }

    String name() {
        return member.name();
    }

    /** Completes when the node serves, or with a {@link DemoException} if it never will. */
    CompletableFuture<ReadyLine> ready() {
        return ready;
    }

    /** Completes when the process has ended. */
    CompletableFuture<Process> ended() {
        return process.onExit();
    }

    long pid() {
        return process.pid();
    }

    /** The last lines of the node's log, with the file's name. */
    String endOfLog() {
        try {
            List<String> lines = Files.readAllLines(logFile);
            List<String> last = lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size());
            return "end of " + logFile + ":\n  " + String.join("\n  ", last);
        } catch (IOException e) {
            return "its log " + logFile + " cannot be read: " + e.getMessage();
        }
    }

    /** Asks the node to leave. Does not wait. */
    void stop() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            LOG.debug("the lifeline of {} was cut before", member.name(), e);
        }
    }

    /** Waits until the process has ended, and kills it when the time is over. */
    void reap(long deadlineNanos) throws InterruptedException {
        long left = Math.max(0, deadlineNanos - System.nanoTime());
        if (!process.waitFor(left, TimeUnit.NANOSECONDS)) {
            process.destroyForcibly().waitFor();
        }
    }
}
