package io.meshvine.fault.client;

import io.meshvine.fault.ledger.Ledger;
import io.meshvine.fault.ledger.Stream;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Publishes one stream at a steady rate with a durable session; after a reconnect it first resends what is open, in the
 * original order [MQTT-4.4.0-1, MQTT-4.6.0-1]. Confined to the client loop.
 */
final class PublishingClient extends MqttClient {
    private static final int MAX_PACKET_ID = 65_535;
    private static final int FAILURE = 0x80;

    private final ClientLoop loop;
    private final Ledger ledger;
    private final Stream stream;
    private final Load load;
    private final boolean retained;
    private final Map<Integer, Open> open = new LinkedHashMap<>();
    private boolean publishing;
    private boolean hadSession;
    private int packetId;

    /** A message that is not settled; released: its PUBREC is here, only the PUBREL is to be repeated. */
    private record Open(int sequence, boolean released) {}

    PublishingClient(
            ClientLoop loop,
            Identity identity,
            InetSocketAddress broker,
            Ledger ledger,
            Stream stream,
            Load load,
            boolean retained) {
        super(loop, identity, broker);
        this.loop = loop;
        this.ledger = ledger;
        this.stream = stream;
        this.load = load;
        this.retained = retained;
    }

    void start() {
        publishing = true;
        tick(System.nanoTime());
    }

    void stop() {
        publishing = false;
    }

    /** True if nothing waits for an acknowledgement. */
    boolean isSettled() {
        return open.isEmpty();
    }

    Stream stream() {
        return stream;
    }

    /** Sends what is due. What could not be sent in time is left out, not made up for. */
    private void tick(long dueNanos) {
        if (!publishing) {
            return;
        }
        long next = dueNanos + load.intervalNanos();
        long now = System.nanoTime();
        int burst = 1;
        while (next <= now) {
            next += load.intervalNanos();
            burst++;
        }
        for (int i = 0; i < Math.min(burst, load.burst()) && canPublish(); i++) {
            publishNext();
        }
        long after = next;
        loop.later(next - now, () -> tick(after));
    }

    private boolean canPublish() {
        return isConnected() && isWritable() && open.size() < load.window();
    }

    private void publishNext() {
        int sequence = stream.send(nowMillis());
        if (stream.qos() == 0) {
            send(publish(0, sequence, false));
            return;
        }
        do {
            packetId = packetId % MAX_PACKET_ID + 1;
        } while (open.containsKey(packetId));
        open.put(packetId, new Open(sequence, false));
        send(publish(packetId, sequence, false));
    }

    private MqttPublishMessage publish(int id, int sequence, boolean duplicate) {
        return new MqttPublishMessage(
                new MqttFixedHeader(MqttMessageType.PUBLISH, duplicate, MqttQoS.valueOf(stream.qos()), retained, 0),
                new MqttPublishVariableHeader(stream.topic(), id),
                new Stamp(stream.id(), sequence).payload(load.payloadBytes()));
    }

    private static MqttMessage release(int id) {
        return new MqttMessage(
                new MqttFixedHeader(MqttMessageType.PUBREL, false, MqttQoS.AT_LEAST_ONCE, false, 0),
                MqttMessageIdVariableHeader.from(id));
    }

    @Override
    void onConnected(boolean sessionPresent) {
        if (hadSession && !sessionPresent) {
            ledger.lostSession();
        }
        hadSession = true;
        // DUP is a resend within a session [MQTT-3.3.1-1]; a new session has never seen these.
        open.forEach((id, message) ->
                send(message.released() ? release(id) : publish(id, message.sequence(), sessionPresent)));
    }

    @Override
    void onDisconnected() {}

    @Override
    void onPacket(MqttMessage packet) {
        if (!(packet.variableHeader() instanceof MqttMessageIdVariableHeader header)) {
            return;
        }
        int id = header.messageId();
        Open message = open.get(id);
        if (message == null) {
            return;
        }
        boolean failed =
                header instanceof MqttPubReplyMessageVariableHeader reply && (reply.reasonCode() & 0xFF) >= FAILURE;
        switch (packet.fixedHeader().messageType()) {
            case PUBACK -> onPuback(id, message, failed);
            case PUBREC -> onPubrec(id, message, failed);
            case PUBCOMP -> open.remove(id);
            default -> {}
        }
    }

    private void onPuback(int id, Open message, boolean failed) {
        open.remove(id);
        settle(message, failed);
    }

    private void onPubrec(int id, Open message, boolean failed) {
        if (failed) {
            open.remove(id);
            settle(message, true);
            return;
        }
        settle(message, false);
        open.put(id, new Open(message.sequence(), true));
        send(release(id));
    }

    private void settle(Open message, boolean failed) {
        if (failed) {
            stream.refuse();
        } else {
            ledger.acknowledged(stream, message.sequence(), nowMillis());
        }
    }
}
