package io.meshvine.node.metrics;

import io.meshvine.mesh.DropReason;
import io.meshvine.mesh.MeshCounters;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.NodeId;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mesh in metrics: the bridge's counters, and one gauge per link for what the bridge says of its links when it is
 * asked. If it does not answer in time the gauges of links are absent, never old.
 */
public final class MeshMetrics {

    private static final Logger LOG = LoggerFactory.getLogger(MeshMetrics.class);
    private static final long ANSWER_MILLIS = 1_000;
    private static final double MICROS = 1e6;
    private static final double MILLIS = 1e3;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final Supplier<CompletableFuture<MeshStatus>> status;
    private final List<LinkGauge> linkGauges = new ArrayList<>();
    private final MultiGauge routes;
    private volatile int members;
    private volatile int advertised;

    private record LinkGauge(MultiGauge gauge, ToDoubleFunction<MeshStatus.Link> value) {}

    private MeshMetrics(NodeMetrics metrics, Supplier<CompletableFuture<MeshStatus>> status) {
        this.status = status;
        this.routes = MultiGauge.builder("meshvine.mesh.routes")
                .description("topic filters a peer asks for")
                .register(metrics.registry());
    }

    /** Adds the mesh to the node's metrics. */
    public static void bind(
            NodeMetrics metrics, MeshCounters counters, Supplier<CompletableFuture<MeshStatus>> status) {
        for (int level = 0; level <= 2; level++) {
            int qos = level;
            String tag = Integer.toString(qos);
            metrics.counter(
                    "mesh.publishes.forwarded",
                    "publishes handed to links, once per peer",
                    () -> counters.forwarded(qos),
                    "qos",
                    tag);
            metrics.counter(
                    "mesh.publishes.received",
                    "publishes of peers, without repeats",
                    () -> counters.received(qos),
                    "qos",
                    tag);
        }
        for (DropReason reason : DropReason.values()) {
            metrics.counter(
                    "mesh.publishes.dropped",
                    "publishes that went no further",
                    () -> counters.dropped(reason),
                    "reason",
                    reason.label());
        }
        metrics.counter("mesh.publishes.resent", "publishes sent to a peer again", counters::resent);
        metrics.counter("mesh.publishes.duplicates", "repeats not delivered again", counters::duplicates);
        metrics.counter(
                "mesh.waited.milliseconds",
                "how long peers waited for clients here that read too slowly",
                () -> counters.waitedNanos() / NANOS_PER_MILLI);
        metrics.counter(
                "mesh.waited.in.vain", "such waits that ended before the clients had caught up", counters::givenUp);
        metrics.counter(
                "mesh.publishes.without.interest",
                "publishes sent to a peer that asked for nothing like it",
                counters::sentWithoutInterest);
        metrics.counter("mesh.frames.sent", "frames handed to the transport", counters::framesOut);
        metrics.counter("mesh.frames.received", "frames taken from the transport", counters::framesIn);
        metrics.counter("mesh.frames.refused", "frames that were not understood or not ours", counters::framesRefused);
        metrics.counter("mesh.sent.bytes", "bytes of frames handed to the transport", counters::bytesOut);
        metrics.counter("mesh.received.bytes", "bytes of frames taken from the transport", counters::bytesIn);
        metrics.counter("mesh.retained.applied", "newer retained messages of peers", counters::retainedApplied);
        metrics.counter("mesh.interest.updates", "changes of peers' interest", counters::interestUpdates);
        metrics.counter("mesh.interest.snapshots", "whole tables of peers", counters::interestSnapshots);
        metrics.counter(
                "mesh.subscribe.timeouts", "subscriptions that no longer waited for a peer", counters::confirmTimeouts);

        MeshMetrics mesh = new MeshMetrics(metrics, status);
        metrics.gauge("mesh.members", "nodes connected with this one, itself included", () -> mesh.members);
        metrics.gauge("mesh.interest.advertised", "topic filters this node asks its peers for", () -> mesh.advertised);
        mesh.link(metrics, "connected", "whether publishes flow", link -> isConnected(link) ? 1 : 0);
        mesh.link(metrics, "saturated", "whether publishers pause for it", link -> link.saturated() ? 1 : 0);
        mesh.link(metrics, "unacked.publishes", "sent, not confirmed", MeshStatus.Link::unackedPublishes);
        mesh.link(metrics, "queued.publishes", "not sent yet", MeshStatus.Link::queuedPublishes);
        mesh.link(metrics, "queued.bytes", "in memory, not confirmed or not sent yet", MeshStatus.Link::queuedBytes);
        mesh.link(metrics, "spilled.publishes", "kept on disk until confirmed", MeshStatus.Link::spilledPublishes);
        mesh.link(metrics, "spilled.bytes", "kept on disk until confirmed", MeshStatus.Link::spilledBytes);
        mesh.link(
                metrics,
                "oldest.unacked.seconds",
                "age of the oldest unconfirmed publish",
                link -> link.oldestUnackedMillis() / MILLIS);
        mesh.link(
                metrics,
                "rtt.seconds",
                "last measured round trip; NaN before the first",
                link -> link.rttMicros() < 0 ? Double.NaN : link.rttMicros() / MICROS);
        metrics.beforeScrape(mesh::refresh);
    }

    private void link(NodeMetrics metrics, String name, String description, ToDoubleFunction<MeshStatus.Link> value) {
        MultiGauge gauge = MultiGauge.builder("meshvine.mesh.link." + name)
                .description(description)
                .register(metrics.registry());
        linkGauges.add(new LinkGauge(gauge, value));
    }

    private synchronized void refresh() {
        try {
            show(status.get().get(ANSWER_MILLIS, TimeUnit.MILLISECONDS));
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("no status of the mesh", e);
            clear();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            clear();
        }
    }

    private void show(MeshStatus now) {
        members =
                1 + (int) now.links().stream().filter(MeshMetrics::isConnected).count();
        advertised = now.advertised();
        Map<NodeId, String> names = now.members().stream()
                .collect(Collectors.toMap(MeshStatus.Member::id, MeshStatus.Member::name, (one, other) -> one));
        for (LinkGauge each : linkGauges) {
            List<Row<?>> rows = new ArrayList<>();
            for (MeshStatus.Link link : now.links()) {
                rows.add(Row.of(peer(link.peer(), names), link, each.value()));
            }
            each.gauge().register(rows, true);
        }
        List<Row<?>> rows = new ArrayList<>();
        now.routes().forEach((peer, filters) -> rows.add(Row.of(peer(peer, names), filters)));
        routes.register(rows, true);
    }

    private void clear() {
        members = 0;
        linkGauges.forEach(each -> each.gauge().register(List.of(), true));
        routes.register(List.of(), true);
    }

    private static Tags peer(NodeId peer, Map<NodeId, String> names) {
        return Tags.of("peer", names.getOrDefault(peer, ""), "peer_id", peer.toString());
    }

    private static boolean isConnected(MeshStatus.Link link) {
        return link.state() == MeshStatus.LinkState.CONNECTED;
    }
}
