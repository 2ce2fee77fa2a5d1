package io.meshvine.node.front;

import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.node.routing.Will;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.JournalUnit;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Origin;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a client publishes: PUBLISH with its checks, to the router, and PUBACK, PUBREC, PUBREL and PUBCOMP of that
 * direction (MQTT 5, 3.3 and 4.3). Confined to the connection's loop.
 */
final class PublishFlow {

    private static final byte SUCCESS = MqttReasonCodes.PubAck.SUCCESS.byteValue();
    private static final int FIRST_ERROR = 0x80;

    /** What durable sessions keep of a burst goes to the store in parts of about this size. */
    private static final long ENOUGH_BYTES = 256 << 10;

    private final Services services;
    private final ClientConnection connection;
    private final ConnectRequest request;
    private final Permissions permissions;
    private final ClientSession session;
    private final InboundAliases aliases;
    private final AckLine acks;
    private final JournalBatch kept;
    private final IntObjectMap<Boolean> unreleased = new IntObjectHashMap<>(4); // QoS 2 of this connection
    private final @Nullable PublishRate rate;
    private final PublishTally received = new PublishTally();
    private int unacknowledged;
    private boolean retained; // Something of this burst is.

    /** Found valid before: the decoder gives equal topics as the same string, mostly. */
    private @Nullable String validTopic;

    PublishFlow(
            Services services,
            ClientConnection connection,
            ConnectRequest request,
            Permissions permissions,
            ClientSession session) {
        this.services = services;
        this.connection = connection;
        this.request = request;
        this.permissions = permissions;
        this.session = session;
        this.aliases = new InboundAliases(services.options().topicAliasMaximum());
        this.acks = new AckLine(connection);
        this.kept = services.sessions().journal().batch();
        this.rate = PublishRate.of(
                services.options().limits(),
                connection.pauses(),
                connection.context().executor());
        services.router().gatherOn(connection.context().channel().eventLoop());
    }

    /** Whether a client may publish to a topic: the server's own topics are nobody's (MQTT 5, 4.7.2). */
    static boolean mayPublish(Permissions permissions, String topic) {
        return !topic.startsWith("$") && permissions.mayPublish(topic);
    }

    /** A PUBLISH, whose payload lies on the heap. Its DUP flag means nothing to a receiver [MQTT-3.3.1-3]. */
    void onPublish(MqttPublishMessage packet) throws ProtocolViolation {
        int qos = packet.fixedHeader().qosLevel().value();
        received.add(qos);
        services.congestion().published(connection.pauses());
        if (rate != null) {
            rate.published(packet.payload().readableBytes());
        }
        PropertyReader properties = new PropertyReader(packet.variableHeader().properties());
        if (properties.has(MqttPropertyType.SUBSCRIPTION_IDENTIFIER)) {
            throw ProtocolViolation.protocolError(
                    "a client's publish has no subscription identifier"); // [MQTT-3.3.4-6]
        }
        String topic = topic(packet.variableHeader().topicName(), properties);
        ApplicationProperties application =
                ApplicationProperties.of(packet.variableHeader().properties());
        int packetId = packet.variableHeader().packetId();
        byte verdict = verdict(packet, topic, application);
        switch (qos) {
            case 0 -> {
                if (verdict == SUCCESS) {
                    route(packet, topic, application, PublishFlow::nobodyWaits);
                }
            }
            case 1 -> {
                takeCredit();
                AckLine.Debt debt = acks.owe(packetId, qos).reason(verdict);
                settle(packet, topic, application, debt, verdict);
            }
            default -> onQos2(packet, topic, application, verdict);
        }
    }

    private void onQos2(MqttPublishMessage packet, String topic, ApplicationProperties application, byte verdict)
            throws ProtocolViolation {
        int packetId = packet.variableHeader().packetId();
        if (unreleased.put(packetId, Boolean.TRUE) == null) {
            takeCredit();
        }
        AckLine.Debt debt = acks.owe(packetId, 2);
        if (verdict != SUCCESS) {
            debt.reason(verdict).run();
        } else if (session.beginQos2(packetId, kept)) {
            settle(packet, topic, application, debt, verdict);
        } else {
            services.unsettledQos2().settleWithFirst(session, debt); // Routed before [MQTT-4.3.3-10].
        }
    }

    /** Routes what is fine and lets the acknowledgement wait for it. */
    private void settle(
            MqttPublishMessage packet,
            String topic,
            ApplicationProperties application,
            AckLine.Debt debt,
            byte verdict) {
        if (verdict != SUCCESS) {
            debt.run();
        } else if (!route(packet, topic, application, debt)) {
            debt.reason(MqttReasonCodes.PubAck.NO_MATCHING_SUBSCRIBERS.byteValue());
        }
    }

    private static void nobodyWaits() {}

    private boolean route(
            MqttPublishMessage packet, String topic, ApplicationProperties application, Runnable settled) {
        retained |= packet.fixedHeader().isRetain();
        Message message = new Message(
                topic,
                packet.payload(),
                packet.fixedHeader().qosLevel().value(),
                packet.fixedHeader().isRetain(),
                application.properties(),
                expiresAt(application),
                session.clientId(),
                Origin.CLIENT);
        try {
            return services.router().publish(message, kept, settled);
        } finally {
            if (kept.bytes() > ENOUGH_BYTES) {
                commit();
            }
        }
    }

    private long expiresAt(ApplicationProperties application) {
        return application.expirySeconds() == Will.NEVER_EXPIRES
                ? Message.NEVER
                : services.wallMillis().getAsLong() + TimeUnit.SECONDS.toMillis(application.expirySeconds());
    }

    private String topic(String name, PropertyReader properties) throws ProtocolViolation {
        int alias = properties.integer(MqttPropertyType.TOPIC_ALIAS, -1);
        String topic = alias == -1 ? name : aliases.resolve(name, alias);
        if (topic.isEmpty()) {
            throw ProtocolViolation.protocolError("neither topic nor topic alias"); // MQTT 5, 3.3.2.1
        }
        return topic;
    }

    /** Whether a well-formed publish is taken: {@link #SUCCESS} or the reason why not. */
    private byte verdict(MqttPublishMessage packet, String topic, ApplicationProperties application)
            throws ProtocolViolation {
        if (!isKnownValid(topic)) {
            if (topic.indexOf('#') >= 0 || topic.indexOf('+') >= 0) {
                throw PacketReader.malformed("a wildcard in a topic name"); // [MQTT-3.3.2-2]
            }
            if (!TopicFilters.isValidTopicName(topic)
                    || services.options().limits().isTooDeep(topic)) {
                return refuse(MqttReasonCodes.PubAck.TOPIC_NAME_INVALID, FrontCounters.Drop.TOPIC_INVALID);
            }
            validTopic = topic;
        }
        if (!mayPublish(permissions, topic)) {
            return refuse(MqttReasonCodes.PubAck.NOT_AUTHORIZED, FrontCounters.Drop.NOT_AUTHORIZED);
        }
        if (application.claimsText() && !ApplicationProperties.isUtf8(packet.payload())) {
            return refuse(MqttReasonCodes.PubAck.PAYLOAD_FORMAT_INVALID, FrontCounters.Drop.PAYLOAD_FORMAT_INVALID);
        }
        if (packet.fixedHeader().isRetain()
                && !services.router().hasRoomForRetained(topic, packet.payload().readableBytes())) {
            return refuse(MqttReasonCodes.PubAck.QUOTA_EXCEEDED, FrontCounters.Drop.RETAINED_FULL); // MQTT 5, 3.4.2.1
        }
        return SUCCESS;
    }

    @SuppressWarnings("ReferenceEquality") // Of another string that says the same, the answer is found anew.
    private boolean isKnownValid(String topic) {
        return topic == validTopic;
    }

    /** MQTT 3.1.1 has no way to say no but a positive acknowledgement (3.1.1, 3.3.5), which {@link AckLine} makes of it. */
    private byte refuse(MqttReasonCodes.PubAck reason, FrontCounters.Drop drop) {
        services.counters().drop(drop);
        return reason.byteValue();
    }

    // ---- Flow control

    private void takeCredit() throws ProtocolViolation {
        int limit = services.options().receiveMaximum();
        unacknowledged++;
        if (unacknowledged > limit && request.version5()) {
            // [MQTT-3.3.4-7], MQTT 5, 3.3.4
            throw new ProtocolViolation(
                    MqttReasonCodes.Disconnect.RECEIVE_MAXIMUM_EXCEEDED, "more than " + limit + " unacknowledged");
        }
        if (acks.size() >= limit) {
            // MQTT 3.1.1 knows no receive maximum: its clients wait in their socket.
            connection.pauses().pause(ReadPauses.Cause.UNSETTLED);
        }
    }

    /** A PUBACK or PUBREC left. */
    void acknowledged(int packetId, int qos, int reason) {
        if (qos == 1) {
            unacknowledged--;
        } else if (reason >= FIRST_ERROR && unreleased.remove(packetId) != null) {
            unacknowledged--; // That was the end of it [MQTT-4.3.3-4].
        }
        if (acks.size() <= services.options().receiveMaximum() / 2) {
            connection.pauses().resume(ReadPauses.Cause.UNSETTLED);
        }
    }

    /** Has the store keep what durable sessions got in a burst, and sends the acknowledgements of what was settled. */
    void burstEnds() {
        received.tell(services.counters()::publishesIn);
        commit();
        if (acks.drain()) {
            connection.flush();
        }
    }

    private void commit() {
        boolean committed = kept.commit() != null;
        boolean written = kept.takeHandedOver() || committed;
        if (retained) {
            retained = false;
            written = true;
            services.sessions().journal().look();
        }
        if (written) {
            services.unwritten().published(connection.pauses());
        }
    }

    /** The connection is over. */
    void end() {
        received.tell(services.counters()::publishesIn);
        kept.commit();
        services.unsettledQos2().remember(session, acks.unsettledQos2());
    }

    /** PUBREL: the packet id is free again (MQTT 5, 4.3.3), once a durable session has forgotten it for good. */
    void onPubrel(int packetId) {
        boolean known = session.endQos2(packetId, kept);
        if (unreleased.remove(packetId) != null) {
            unacknowledged--;
        }
        JournalUnit forgotten = kept.takeTouched();
        if (forgotten == null) {
            complete(packetId, known);
        } else {
            forgotten.whenDurable(() -> connection.onLoop(() -> complete(packetId, known)));
        }
    }

    private void complete(int packetId, boolean known) {
        if (!connection.ended()) {
            connection.send(Packets.pubcomp(
                    packetId,
                    known ? MqttReasonCodes.PubComp.SUCCESS : MqttReasonCodes.PubComp.PACKET_IDENTIFIER_NOT_FOUND));
            connection.flush();
        }
    }
}
