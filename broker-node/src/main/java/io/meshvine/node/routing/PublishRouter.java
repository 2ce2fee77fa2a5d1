package io.meshvine.node.routing;

import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.HybridTimestamp;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.retained.RetainedMessage;
import io.meshvine.node.session.GroupCustody.Held;
import io.meshvine.node.session.Journal;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.JournalUnit;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Origin;
import io.meshvine.node.session.PublishCodec;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Takes what this node's clients (and the node itself) publish to everybody who wants it: local sessions at once, peers
 * through the mesh. Any thread; the order of one calling thread is kept to each destination.
 */
public final class PublishRouter {

    private final RouteTable routes;
    private final LocalDelivery local;
    private final SharedDelivery shared;
    private final MeshGate mesh;
    private final RetainedMap retained;
    private final RetainedMap nodeRetained;
    private final HybridClock clock;
    private final MeshPublishes publishes;
    private final Journal journal;

    /** Of event loops that were met. */
    private final FastThreadLocal<@Nullable MeshRuns> runsByLoop = new FastThreadLocal<>();

    /**
     * @param retained retained messages of the mesh
     * @param nodeRetained retained messages of this node only ({@code $SYS/})
     * @param journal where durable sessions are kept
     */
    public PublishRouter(
            RouteTable routes,
            LocalDelivery local,
            SharedDelivery shared,
            MeshGate mesh,
            RetainedMap retained,
            RetainedMap nodeRetained,
            HybridClock clock,
            MeshPublishes publishes,
            Journal journal) {
        this.routes = routes;
        this.local = local;
        this.shared = shared;
        this.mesh = mesh;
        this.retained = retained;
        this.nodeRetained = nodeRetained;
        this.clock = clock;
        this.publishes = publishes;
        this.journal = journal;
    }

    /**
     * Has publishes of the calling thread, which is that event loop's, gathered until its next task where that is of use.
     */
    public void gatherOn(Executor loop) {
        if (runsByLoop.get() == null) {
            runsByLoop.set(new MeshRuns(loop, mesh));
        }
    }

    /** Whether a retained message finds room; if not, MQTT 5 clients are told (0x97). */
    public boolean hasRoomForRetained(String topic, int payloadBytes) {
        return retained.hasRoom(topic, payloadBytes);
    }

    /**
     * Publishes. Takes no reference: the caller releases its own after the call.
     *
     * @param batch where durable sessions keep it, together with what was put there before for this publish; the caller
     *     commits it
     * @param settled run once when each destination of QoS 1 or 2 has it, durably where it is durable; at once where nothing
     *     is waited for. On any thread, possibly before this returns
     * @return whether any subscription matched; if not, MQTT 5 clients are told (0x10)
     */
    public boolean publish(Message message, JournalBatch batch, Runnable settled) {
        Route route = routes.route(message.topic());
        HybridTimestamp stamp = null;
        byte[] body = null;
        if (message.isRetain()) {
            stamp = clock.now();
            body = PublishCodec.encode(message);
            retained.merge(retainedMessage(message, stamp, body));
            if (message.qos() > 0) {
                batch.unit(); // What is retained was written before, so this unit is durable after it.
            }
        }
        boolean deliveredHere = local.deliverOrdinary(route.local().clients(), message, batch);
        List<MeshTarget> targets = route.targets(message.qos());
        Runnable all = settled;
        if (!route.shared().isEmpty()) {
            SharedChoice choice = shared.publish(route, message, batch);
            deliveredHere |= choice.deliveredHere();
            targets = choice.targets();
            all = settleOnceSafe(choice.held(), settled);
        }
        JournalUnit kept = batch.takeTouched();
        MeshRuns runs = runsByLoop.get();
        boolean inRuns = runs != null && route.shared().isEmpty() && MeshRuns.takes(message, route);
        if (targets.isEmpty() && stamp == null) {
            settleOnceKept(kept, all);
        } else if (runs != null && inRuns && message.qos() == 0) {
            runs.add(message, route, targets);
            settleOnceKept(kept, settled);
        } else if (runs != null && inRuns && !batch.isTogether() && MeshRuns.guarantees(message, targets)) {
            runs.addGuaranteed(message, route, targets, settleOnceBoth(kept, settled));
        } else {
            if (runs != null) {
                runs.flush(); // What was published before goes before.
            }
            byte[] encoded = body != null ? body : PublishCodec.encode(message);
            mesh.publish(
                    publishes.of(message, stamp, encoded), targets, batch.takeTogether(), settleOnceBoth(kept, all));
        }
        return deliveredHere || !targets.isEmpty();
    }

    /** Of what members here have, nothing may be lost with this node. */
    private static Runnable settleOnceSafe(List<Held> held, Runnable settled) {
        if (held.isEmpty()) {
            return settled;
        }
        Countdown last = new Countdown(1 + held.size(), settled);
        held.forEach(each -> each.whenSafe(last));
        return last;
    }

    private static void settleOnceKept(@Nullable JournalUnit kept, Runnable settled) {
        if (kept == null) {
            settled.run();
        } else {
            kept.whenDurable(settled);
        }
    }

    /** What the mesh runs when it has settled. */
    private static Runnable settleOnceBoth(@Nullable JournalUnit kept, Runnable settled) {
        if (kept == null) {
            return settled;
        }
        Countdown both = new Countdown(2, settled);
        kept.whenDurable(both);
        return both;
    }

    /** Publishes what no client waits for, and gives back the caller's reference. */
    public void publishAndRelease(Message message) {
        JournalBatch batch = journal.batch();
        try {
            publish(message, batch, () -> {});
        } finally {
            batch.commit();
            message.release();
        }
    }

    /** Publishes and retains on this node only, at QoS 0: for {@code $SYS/}. */
    public void publishHere(String topic, byte[] payload) {
        Message message = systemMessage(topic, payload);
        try {
            nodeRetained.merge(retainedMessage(message, clock.now(), PublishCodec.encode(message)));
            local.deliverOrdinary(routes.route(topic).local().clients(), message, journal.batch());
        } finally {
            message.release();
        }
    }

    private static Message systemMessage(String topic, byte[] payload) {
        return new Message(
                topic,
                Unpooled.wrappedBuffer(payload),
                0,
                true,
                MqttProperties.NO_PROPERTIES,
                Message.NEVER,
                PublishCodec.NO_PUBLISHER,
                Origin.SYSTEM);
    }

    private static RetainedMessage retainedMessage(Message message, HybridTimestamp stamp, byte[] body) {
        if (!message.payload().isReadable()) {
            return RetainedMessage.deleted(message.topic(), stamp); // [MQTT-3.3.1-6]
        }
        return new RetainedMessage(message.topic(), stamp, message.qos(), body, false, message.expiresAtMillis());
    }
}
