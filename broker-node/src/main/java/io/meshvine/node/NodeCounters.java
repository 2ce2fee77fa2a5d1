package io.meshvine.node;

import io.meshvine.mesh.MeshCounters;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.StoreStatistics;
import io.meshvine.mesh.group.GroupLedger;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.will.WillLeases;
import io.meshvine.node.front.FrontCounters;
import io.meshvine.node.metrics.MeshMetrics;
import io.meshvine.node.metrics.NodeMetrics;
import io.meshvine.node.metrics.StoreMetrics;
import io.meshvine.node.routing.MeshLocalBroker;
import io.meshvine.node.routing.SharedDelivery;
import io.meshvine.node.session.DropReason;
import io.meshvine.node.session.SessionCounters;
import io.meshvine.node.session.Sessions;
import io.meshvine.node.session.SubscriptionDirectory;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.codec.mqtt.MqttMessageType;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntToLongFunction;
import java.util.function.Supplier;

/** What the parts of the node counted: as metrics, and by name for the admin API. Any thread. */
final class NodeCounters {

    private static final int QOS_LEVELS = 3;

    private final FrontCounters front;
    private final Sessions sessions;
    private final SubscriptionDirectory directory;
    private final RetainedMap retained;
    private final Supplier<WillLeases.Statistics> wills;
    private final MeshLocalBroker meshBroker;
    private final SharedDelivery shared;
    private final SharedSide groups;
    private final MeshSide mesh;
    private final RecordStore store;

    NodeCounters(
            FrontCounters front,
            Sessions sessions,
            SubscriptionDirectory directory,
            RetainedMap retained,
            Supplier<WillLeases.Statistics> wills,
            MeshLocalBroker meshBroker,
            SharedDelivery shared,
            SharedSide groups,
            MeshSide mesh,
            RecordStore store) {
        this.front = front;
        this.sessions = sessions;
        this.directory = directory;
        this.retained = retained;
        this.wills = wills;
        this.meshBroker = meshBroker;
        this.shared = shared;
        this.groups = groups;
        this.mesh = mesh;
        this.store = store;
    }

    /** Adds the mesh to the metrics, once it is joined. */
    static void bindMesh(NodeMetrics metrics, MeshCounters counters, Supplier<CompletableFuture<MeshStatus>> status) {
        MeshMetrics.bind(metrics, counters, status);
    }

    /** Adds everything but the mesh to the metrics. */
    void bindTo(NodeMetrics metrics) {
        metrics.allocator(PooledByteBufAllocator.DEFAULT);
        bindFront(metrics);
        bindSessions(metrics);
        StoreMetrics.bind(metrics, store);
        metrics.gauge("retained.messages", "retained messages on this node", retained::liveCount);
        metrics.gauge("retained.bytes", "bytes of the retained messages on this node", retained::bytes);
        bindWills(metrics);
        bindShared(metrics);
        metrics.gauge("subscriptions", "subscriptions of this node's clients", directory::size);
    }

    private void bindWills(NodeMetrics metrics) {
        metrics.gauge(
                "wills.own", "wills of this node's clients", () -> wills.get().own());
        metrics.gauge(
                "wills.held",
                "wills of other nodes' clients, kept here",
                () -> wills.get().held());
        metrics.gauge("wills.held.bytes", "bytes of these", () -> wills.get().heldBytes());
        metrics.counter(
                "wills.refused",
                "wills of other nodes' clients for which there was no room",
                () -> wills.get().refused());
        metrics.counter(
                "wills.published",
                "wills published for nodes that were gone",
                () -> wills.get().published());
        metrics.counter(
                "wills.averted",
                "wills of such nodes whose clients were back in time",
                () -> wills.get().averted());
    }

    private void bindShared(NodeMetrics metrics) {
        metrics.gauge(
                "shared.waiting",
                "publishes of shared subscriptions that other nodes' members have not acknowledged",
                () -> groups.statistics().waiting());
        metrics.gauge(
                "shared.waiting.bytes",
                "memory of these",
                () -> groups.statistics().bytes());
        metrics.gauge(
                "shared.parked.groups",
                "shared subscriptions whose members are all away, and for whom something waits here",
                shared::parkedGroups);
        metrics.counter(
                "shared.handed.on",
                "publishes that no member here could take and another node's got",
                shared::handedOn);
        metrics.counter(
                "shared.redelivered",
                "publishes that went to others as their member's node was gone",
                () -> groups.statistics().redelivered());
        metrics.counter(
                "shared.untracked",
                "publishes for other nodes' members that are not redelivered, as there was no room to keep them",
                () -> groups.statistics().untracked());
        metrics.counter(
                "shared.expired",
                "publishes that other nodes' members did not acknowledge in time",
                () -> groups.statistics().expired());
        metrics.counter(
                "shared.abandoned",
                "publishes whose member's node was restarted while nobody else was there",
                () -> groups.statistics().abandoned());
    }

    private void bindFront(NodeMetrics metrics) {
        metrics.gauge("mqtt.connections", "open connections of clients", front::connections);
        metrics.counter("mqtt.received.bytes", "bytes from clients", front::bytesIn);
        metrics.counter("mqtt.sent.bytes", "bytes to clients", front::bytesOut);
        metrics.counter("mqtt.failures", "faults of this node that cost a client its connection", front::failures);
        for (int level = 0; level < QOS_LEVELS; level++) {
            int qos = level;
            String tag = Integer.toString(qos);
            metrics.counter(
                    "mqtt.publishes.received", "publishes of clients", () -> front.publishesIn(qos), "qos", tag);
            metrics.counter("mqtt.publishes.sent", "publishes to clients", () -> front.publishesOut(qos), "qos", tag);
        }
        for (MqttMessageType type : MqttMessageType.values()) {
            String tag = type.name().toLowerCase(Locale.ROOT);
            metrics.counter("mqtt.packets.received", "packets of clients", () -> front.packetsIn(type), "type", tag);
            metrics.counter("mqtt.packets.sent", "packets to clients", () -> front.packetsOut(type), "type", tag);
        }
        for (FrontCounters.Drop reason : FrontCounters.Drop.values()) {
            metrics.counter(
                    "mqtt.dropped",
                    "publishes of clients that went nowhere, packets that were not sent",
                    () -> front.dropped(reason),
                    "reason",
                    reason.label());
        }
    }

    private void bindSessions(NodeMetrics metrics) {
        SessionCounters counters = sessions.counters();
        metrics.gauge("sessions", "sessions of clients, connected or not", sessions::size);
        metrics.gauge("sessions.connected", "sessions with a connection", sessions::connectedCount);
        metrics.gauge("sessions.queued.messages", "messages that wait for clients", counters::queued);
        metrics.gauge("sessions.queued.bytes", "bytes of the messages that wait for clients", counters::queuedBytes);
        metrics.gauge("sessions.inflight.messages", "messages sent and not acknowledged", counters::inFlight);
        metrics.counter("sessions.resent", "messages sent again to a client that came back", counters::resent);
        for (DropReason reason : DropReason.values()) {
            metrics.counter(
                    "sessions.dropped",
                    "messages that a client did not get",
                    () -> counters.dropped(reason),
                    "reason",
                    reason.label());
        }
        metrics.counter(
                "mesh.arrivals.dropped",
                "publishes of peers that went no further here",
                meshBroker::malformed,
                "reason",
                "malformed");
    }

    /** Everything by name, for people. */
    Map<String, Object> all() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("mqtt", mqtt());
        all.put("sessions", sessions());
        all.put("retained", Map.of("messages", retained.liveCount(), "bytes", retained.bytes()));
        all.put("store", store());
        all.put("wills", wills());
        all.put("shared", shared());
        mesh.counters().ifPresent(counters -> all.put("mesh", mesh(counters)));
        return all;
    }

    private Map<String, Object> wills() {
        WillLeases.Statistics now = wills.get();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("own", now.own());
        all.put("held", now.held());
        all.put("heldBytes", now.heldBytes());
        all.put("refused", now.refused());
        all.put("published", now.published());
        all.put("averted", now.averted());
        return all;
    }

    private Map<String, Object> shared() {
        GroupLedger.Statistics now = groups.statistics();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("waiting", now.waiting());
        all.put("waitingBytes", now.bytes());
        all.put("parkedGroups", shared.parkedGroups());
        all.put("handedOn", shared.handedOn());
        all.put("redelivered", now.redelivered());
        all.put("untracked", now.untracked());
        all.put("expired", now.expired());
        all.put("abandoned", now.abandoned());
        return all;
    }

    private Map<String, Object> mqtt() {
        Map<String, Object> mqtt = new LinkedHashMap<>();
        mqtt.put("connections", front.connections());
        mqtt.put("received", byQos(front::publishesIn));
        mqtt.put("sent", byQos(front::publishesOut));
        mqtt.put("connects", front.connects());
        mqtt.put("disconnects", front.disconnects());
        return mqtt;
    }

    private Map<String, Object> sessions() {
        SessionCounters counters = sessions.counters();
        Map<String, Object> dropped = new LinkedHashMap<>();
        for (DropReason reason : DropReason.values()) {
            dropped.put(reason.label(), counters.dropped(reason));
        }
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("total", sessions.size());
        all.put("connected", sessions.connectedCount());
        all.put("subscriptions", directory.size());
        all.put("queued", counters.queued());
        all.put("inFlight", counters.inFlight());
        all.put("dropped", dropped);
        return all;
    }

    private Map<String, Object> store() {
        StoreStatistics statistics = store.statistics();
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("units", statistics.units());
        all.put("bytes", statistics.bytes());
        all.put("commits", statistics.commits());
        all.put("commitMillis", TimeUnit.NANOSECONDS.toMillis(statistics.commitNanos()));
        all.put("failures", statistics.failures());
        all.put("storedBytes", statistics.storedBytes());
        all.put("pendingBytes", store.pendingBytes());
        all.put("problem", store.problem().orElse(""));
        return all;
    }

    private static Map<String, Object> mesh(MeshCounters counters) {
        Map<String, Object> dropped = new LinkedHashMap<>();
        counters.dropped().forEach((reason, count) -> dropped.put(reason.label(), count));
        Map<String, Object> mesh = new LinkedHashMap<>();
        mesh.put("forwarded", byQos(counters::forwarded));
        mesh.put("received", byQos(counters::received));
        mesh.put("framesOut", counters.framesOut());
        mesh.put("framesIn", counters.framesIn());
        mesh.put("bytesOut", counters.bytesOut());
        mesh.put("bytesIn", counters.bytesIn());
        mesh.put("duplicates", counters.duplicates());
        mesh.put("resent", counters.resent());
        mesh.put("retainedApplied", counters.retainedApplied());
        mesh.put("sentWithoutInterest", counters.sentWithoutInterest());
        mesh.put("dropped", dropped);
        return mesh;
    }

    private static Map<String, Long> byQos(IntToLongFunction count) {
        Map<String, Long> byQos = new LinkedHashMap<>();
        for (int qos = 0; qos < QOS_LEVELS; qos++) {
            byQos.put("qos" + qos, count.applyAsLong(qos));
        }
        return byQos;
    }
}
