package io.meshvine.mesh;

import io.meshvine.mesh.MeshDiagnosis.Finding;
import io.meshvine.mesh.link.Outgoing;
import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.Probe;
import io.meshvine.mesh.wire.ProbeReport;
import io.meshvine.mesh.wire.WireWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Probes the links of the mesh for operators: a frame there and a frame back, on the same way as publishes. Each node
 * probes its own links and, if asked, has its peers probe theirs, so that one node can tell of a link between two
 * others. Confined to the bridge loop.
 */
final class LinkProbes {

    /** Probings that a node has going on at a time, its own and those that peers asked for. */
    private static final int MAX_RUNS = 32;

    private static final long NANOS_PER_MICRO = 1_000;

    private final NodeId self;
    private final EventLoop loop;
    private final Executor turns;
    private final Supplier<Collection<PeerLink>> links;
    private final Map<Long, Run> runs = new HashMap<>();
    private long lastNumber;

    /**
     * @param turns runs a task in a turn of the bridge, at whose end frames are sent
     * @param links all links of this node
     */
    LinkProbes(NodeId self, EventLoop loop, Executor turns, Supplier<Collection<PeerLink>> links) {
        this.self = self;
        this.loop = loop;
        this.turns = turns;
        this.links = links;
    }

    /** A probing that goes on. */
    private final class Run {
        private final long number = ++lastNumber;
        private final long startedNanos = loop.nanoTime();
        private final Consumer<MeshDiagnosis> done;
        private final Map<NodeId, Long> rttMicros = new HashMap<>();
        private final Set<NodeId> unanswered = new HashSet<>();
        private final Set<NodeId> unreported = new HashSet<>();
        private final List<Finding> reported = new ArrayList<>();

        Run(Consumer<MeshDiagnosis> done) {
            this.done = done;
        }

        void start(boolean wholeMesh, Duration timeout) {
            byte[] probe = new Probe(number, wholeMesh, (int) timeout.toMillis()).encode();
            for (PeerLink link : links.get()) {
                if (link.isConnected()) {
                    unanswered.add(link.peer());
                    if (wholeMesh) {
                        unreported.add(link.peer());
                    }
                    link.sendControl(Outgoing.of(FrameKind.PROBE, probe));
                }
            }
            runs.put(number, this);
            // Peers wait as long for their own answers before they report.
            loop.schedule(wholeMesh ? timeout.multipliedBy(2) : timeout, () -> turns.execute(this::finish));
            finishIfComplete();
        }

        void answered(NodeId peer) {
            if (unanswered.remove(peer)) {
                rttMicros.put(peer, (loop.nanoTime() - startedNanos) / NANOS_PER_MICRO);
                finishIfComplete();
            }
        }

        void reported(NodeId peer, List<Finding> findings) {
            if (unreported.remove(peer)) {
                reported.addAll(findings);
                finishIfComplete();
            }
        }

        private void finishIfComplete() {
            if (unanswered.isEmpty() && unreported.isEmpty()) {
                finish();
            }
        }

        private void finish() {
            if (runs.remove(number) == null) {
                return;
            }
            List<Finding> findings = new ArrayList<>();
            for (PeerLink link : links.get()) {
                findings.add(new Finding(
                        self, link.peer(), link.state(), rttMicros.getOrDefault(link.peer(), MeshDiagnosis.NO_ANSWER)));
            }
            findings.addAll(reported);
            done.accept(new MeshDiagnosis(findings, unreported.stream().sorted().toList()));
        }
    }

    /**
     * Probes this node's links, and has the peers probe theirs.
     *
     * @param timeout how long an answer may take, at most {@link Probe#MAX_TIMEOUT_MILLIS}; the whole takes up to twice
     *     as long
     * @return false if too many probings are going on; then {@code done} is not called
     */
    boolean probeMesh(Duration timeout, Consumer<MeshDiagnosis> done) {
        return probe(true, timeout, done);
    }

    private boolean probe(boolean wholeMesh, Duration timeout, Consumer<MeshDiagnosis> done) {
        if (runs.size() >= MAX_RUNS) {
            return false;
        }
        new Run(done).start(wholeMesh, timeout);
        return true;
    }

    /** A peer probes. One that asks for more reports than this node has time for goes without. */
    void onProbe(PeerLink link, Probe probe) {
        link.sendControl(Outgoing.of(
                FrameKind.PROBE_ANSWER,
                new WireWriter(WireWriter.MAX_VAR_LONG_BYTES)
                        .writeVarLong(probe.number())
                        .toByteArray()));
        if (probe.wholeMesh()) {
            probe(false, Duration.ofMillis(probe.timeoutMillis()), found -> report(link, probe.number(), found));
        }
    }

    private static void report(PeerLink link, long number, MeshDiagnosis found) {
        if (link.isConnected()) {
            List<Finding> own =
                    found.findings().stream().limit(ProbeReport.MAX_FINDINGS).toList();
            link.sendControl(Outgoing.of(FrameKind.PROBE_REPORT, new ProbeReport(number, own).encode()));
        }
    }

    /** A peer answers. */
    void onAnswer(PeerLink link, long number) {
        Run run = runs.get(number);
        if (run != null) {
            run.answered(link.peer());
        }
    }

    /** A peer reports what it found. */
    void onReport(PeerLink link, ProbeReport report) {
        Run run = runs.get(report.number());
        if (run != null) {
            run.reported(link.peer(), report.findings());
        }
    }
}
