package io.meshvine.node.routing;

import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.HybridTimestamp;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.retained.RetainedMessage;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Origin;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes what this node's clients (and the node itself) publish to everybody who wants it: local sessions at once, peers
 * through the mesh. Any thread; the order of one calling thread is kept to each destination.
 */
public final class PublishRouter {

    private static final long MILLIS_PER_SECOND = 1000;

    private final RouteTable routes;
    private final LocalDelivery local;
    private final MeshGate mesh;
    private final RetainedMap retained;
    private final RetainedMap nodeRetained;
    private final HybridClock clock;
    private final LongSupplier nanoTime;
    private final LongSupplier wallMillis;

    /**
     * @param retained retained messages of the mesh
     * @param nodeRetained retained messages of this node only ({@code $SYS/})
     * @param nanoTime the time that {@link MeshPublish#acceptedNanos} is in
     */
    public PublishRouter(
            RouteTable routes,
            LocalDelivery local,
            MeshGate mesh,
            RetainedMap retained,
            RetainedMap nodeRetained,
            HybridClock clock,
            LongSupplier nanoTime,
            LongSupplier wallMillis) {
        this.routes = routes;
        this.local = local;
        this.mesh = mesh;
        this.retained = retained;
        this.nodeRetained = nodeRetained;
        this.clock = clock;
        this.nanoTime = nanoTime;
        this.wallMillis = wallMillis;
    }

    /** Told when a publish is in safe hands. */
    @FunctionalInterface
    public interface Settlement {
        /** The acknowledgement may leave. Called once, on any thread, possibly before {@code publish} returns. */
        void settled();
    }

    /**
     * Publishes. Takes no reference: the caller releases its own after the call.
     *
     * @param settlement called once each destination of QoS 1 or 2 has it; at once where nothing is waited for
     * @return whether any subscription matched; if not, MQTT 5 clients are told (0x10)
     */
    public boolean publish(Message message, Settlement settlement) {
        Route route = routes.route(message.topic());
        HybridTimestamp stamp = null;
        byte[] body = null;
        if (message.isRetain()) {
            stamp = clock.now();
            body = PublishCodec.encode(message.properties(), message.payload());
            retained.merge(retainedMessage(message, stamp, body));
        }
        boolean deliveredHere = local.deliverOrdinary(route.local().clients(), message);
        List<MeshTarget> targets = route.targets(message.qos());
        if (!route.shared().isEmpty()) {
            SharedChoice choice = SharedChoice.choose(route, message, local);
            deliveredHere |= choice.deliveredHere();
            targets = choice.targets();
        }
        if (targets.isEmpty() && stamp == null) {
            settlement.settled();
        } else {
            byte[] encoded = body != null ? body : PublishCodec.encode(message.properties(), message.payload());
            mesh.publish(meshPublish(message, stamp, encoded), targets, null, settlement::settled);
        }
        return deliveredHere || !targets.isEmpty();
    }

    /** Publishes what no client waits for, and gives back the caller's reference. */
    public void publishAndRelease(Message message) {
        try {
            publish(message, () -> {});
        } finally {
            message.release();
        }
    }

    /** Publishes and retains on this node only, at QoS 0: for {@code $SYS/}. */
    public void publishHere(String topic, byte[] payload) {
        Message message = systemMessage(topic, payload);
        try {
            nodeRetained.merge(retainedMessage(
                    message, clock.now(), PublishCodec.encode(message.properties(), message.payload())));
            local.deliverOrdinary(routes.route(topic).local().clients(), message);
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

    /** Rounded up: a message with a part of a second to live is not expired. */
    private long remainingSeconds(Message message) {
        if (!message.canExpire()) {
            return MeshPublish.NEVER_EXPIRES;
        }
        long leftMillis = message.expiresAtMillis() - wallMillis.getAsLong();
        return Math.max(0, (leftMillis + MILLIS_PER_SECOND - 1) / MILLIS_PER_SECOND);
    }

    private MeshPublish meshPublish(Message message, @Nullable HybridTimestamp stamp, byte[] body) {
        return new MeshPublish(
                message.topic(),
                message.qos(),
                stamp != null,
                stamp,
                nanoTime.getAsLong(),
                remainingSeconds(message),
                body);
    }
}
