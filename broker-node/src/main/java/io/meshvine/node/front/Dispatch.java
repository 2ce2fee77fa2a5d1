package io.meshvine.node.front;

import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;

/** Hands the packets of a connected client to the flow that owns them, or to the engine. On the connection's loop. */
final class Dispatch {

    private static final int FIRST_ERROR = 0x80;

    private Dispatch() {}

    static void dispatch(ClientConnection current, ClientConnection.Served served, MqttMessage packet)
            throws ProtocolViolation {
        if (packet.decoderResult().isFailure()) {
            throw undecodable(packet.decoderResult().cause());
        }
        switch (packet.fixedHeader().messageType()) {
            case PUBLISH -> served.publishes().onPublish((MqttPublishMessage) packet);
            case PUBACK, PUBCOMP, PINGREQ -> current.context().fireChannelRead(packet);
            case PUBREC -> onPubrec(current, served, packet);
            case PUBREL -> served.publishes().onPubrel(packetId(packet));
            case SUBSCRIBE -> served.subscriptions().onSubscribe((MqttSubscribeMessage) packet);
            case UNSUBSCRIBE -> served.subscriptions().onUnsubscribe((MqttUnsubscribeMessage) packet);
            case DISCONNECT -> onDisconnect(current, packet);
            default -> // AUTH after a CONNECT without authentication method [MQTT-4.12.0-7].
                throw ProtocolViolation.protocolError(packet.fixedHeader().messageType() + " is not expected");
        }
    }

    private static ProtocolViolation undecodable(Throwable cause) {
        return cause instanceof ProtocolViolation violation ? violation : PacketReader.malformed("undecodable packet");
    }

    private static void onPubrec(ClientConnection current, ClientConnection.Served served, MqttMessage packet) {
        int packetId = packetId(packet);
        int reason = packet.variableHeader() instanceof MqttPubReplyMessageVariableHeader header
                ? header.reasonCode() & 0xFF
                : 0;
        if (!served.session().onPubRec(packetId, reason) && reason < FIRST_ERROR) {
            // MQTT 5, 3.6.2.1: the sender answers a PUBREC that it cannot place.
            current.send(Packets.pubrel(packetId, MqttReasonCodes.PubRel.PACKET_IDENTIFIER_NOT_FOUND));
            current.flush();
        }
    }

    private static void onDisconnect(ClientConnection current, MqttMessage packet) throws ProtocolViolation {
        byte reason = 0;
        Long expiry = null;
        if (packet.variableHeader() instanceof MqttReasonCodeAndPropertiesVariableHeader header) {
            reason = header.reasonCode();
            PropertyReader properties = new PropertyReader(header.properties());
            if (properties.has(MqttPropertyType.SESSION_EXPIRY_INTERVAL)) {
                expiry = properties.unsignedInt(MqttPropertyType.SESSION_EXPIRY_INTERVAL, 0);
            }
        }
        current.connectFlow().onDisconnect(reason, expiry);
        current.context().fireChannelRead(Packets.plainDisconnect());
        current.leave("client", null); // [MQTT-3.14.4-1]: what may follow is not looked at.
    }

    private static int packetId(MqttMessage packet) {
        return ((MqttMessageIdVariableHeader) packet.variableHeader()).messageId();
    }
}
