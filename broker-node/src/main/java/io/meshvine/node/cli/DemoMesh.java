package io.meshvine.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meshvine.node.cli.AdminClient.Answer;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The running nodes of a demonstration. Used by one thread, except that {@link #close} may come from any. */
final class DemoMesh implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(DemoMesh.class);
    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration FORM = Duration.ofMinutes(2);
    private static final Duration LEAVE = Duration.ofSeconds(10);

    /** How often a node is asked whether the mesh has formed: the admin endpoint has nothing to wait on. */
    private static final long POLL_MILLIS = 50;

    private final DemoPlan plan;
    private final ObjectMapper json = new ObjectMapper();
    private final List<NodeProcess> nodes = Collections.synchronizedList(new ArrayList<>());
    private boolean closing;

    DemoMesh(DemoPlan plan) {
        this.plan = plan;
    }

    /** Starts all nodes at once and waits until each serves. */
    List<ReadyLine> start() throws DemoException, InterruptedException {
        plan.writeConfigFiles();
        for (DemoPlan.Member member : plan.members()) {
            launch(member);
        }
        long deadline = System.nanoTime() + START.toNanos();
        List<ReadyLine> lines = new ArrayList<>();
        for (NodeProcess node : List.copyOf(nodes)) {
            lines.add(awaitReady(node, deadline));
        }
        return lines;
    }

    private synchronized void launch(DemoPlan.Member member) throws DemoException {
        if (!closing) {
            nodes.add(NodeProcess.start(plan, member));
        }
    }

    private static ReadyLine awaitReady(NodeProcess node, long deadline) throws DemoException, InterruptedException {
        try {
            return node.ready().get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof DemoException known
                    ? known
                    : new DemoException(node.name() + " failed: " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new DemoException(
                    node.name() + " is not ready after " + START.toSeconds() + " s\n" + node.endOfLog(), e);
        }
    }

    /** Waits until every node is connected with every other. */
    void awaitFormed(List<ReadyLine> lines) throws DemoException, InterruptedException {
        long deadline = System.nanoTime() + FORM.toNanos();
        for (ReadyLine line : lines) {
            AdminClient admin = new AdminClient(URI.create("http://" + line.address("admin")), null);
            int connected = connectedPeers(admin);
            while (connected < lines.size() - 1) {
                if (System.nanoTime() > deadline) {
                    throw new DemoException(
                            line.address("name") + " sees " + connected + " of its " + (lines.size() - 1)
                                    + " peers after " + FORM.toSeconds() + " s; logs are in " + plan.folder());
                }
                TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
                connected = connectedPeers(admin);
            }
        }
    }

    private int connectedPeers(AdminClient admin) {
        int connected = 0;
        try {
            Answer answer = admin.get("/api/v1/mesh");
            if (answer.isOk()) {
                for (JsonNode link : json.readTree(answer.body()).path("links")) {
                    connected += link.path("state").asText().equals("connected") ? 1 : 0;
                }
            }
        } catch (IOException e) {
            LOG.debug("asked too early", e);
        }
        return connected;
    }

    /** The processes, in order. */
    List<NodeProcess> nodes() {
        return List.copyOf(nodes);
    }

    /** Whether the nodes were asked to leave. */
    synchronized boolean isClosing() {
        return closing;
    }

    /** Lets all nodes leave at once, and kills what is left after a while. Idempotent. */
    @Override
    public void close() {
        synchronized (this) {
            closing = true;
        }
        List<NodeProcess> running = nodes();
        running.forEach(NodeProcess::stop);
        long deadline = System.nanoTime() + LEAVE.toNanos();
        try {
            for (NodeProcess node : running) {
                node.reap(deadline);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
