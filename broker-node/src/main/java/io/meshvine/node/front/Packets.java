package io.meshvine.node.front;

import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodes;

/** Packets that the front sends. The encoder leaves out what MQTT 3.1.1 does not know. */
final class Packets {

    private static final MqttFixedHeader PUBREL = header(MqttMessageType.PUBREL, MqttQoS.AT_LEAST_ONCE);
    private static final MqttFixedHeader PUBCOMP = header(MqttMessageType.PUBCOMP, MqttQoS.AT_MOST_ONCE);
    private static final MqttFixedHeader DISCONNECT = header(MqttMessageType.DISCONNECT, MqttQoS.AT_MOST_ONCE);

    /** Fixed header, reason, length of properties, and what stands in front of a reason string. */
    private static final int DISCONNECT_OVERHEAD = 2 + 1 + 2 + 3;

    private Packets() {}

    static MqttMessage pubrel(int packetId, MqttReasonCodes.PubRel reason) {
        return reply(PUBREL, packetId, reason.byteValue());
    }

    static MqttMessage pubcomp(int packetId, MqttReasonCodes.PubComp reason) {
        return reply(PUBCOMP, packetId, reason.byteValue());
    }

    /** A DISCONNECT; says why if the client takes packets of that size [MQTT-3.14.2-3]. */
    static MqttMessage disconnect(MqttReasonCodes.Disconnect reason, String why, ConnectRequest to) {
        MqttProperties properties = new MqttProperties();
        if (DISCONNECT_OVERHEAD + ByteBufUtil.utf8Bytes(why) <= to.maxPacketSize()) {
            properties.add(new StringProperty(MqttPropertyType.REASON_STRING.value(), why));
        }
        return new MqttMessage(
                DISCONNECT, new MqttReasonCodeAndPropertiesVariableHeader(reason.byteValue(), properties));
    }

    /** What the engine is told when a client leaves, whatever its version. */
    static MqttMessage plainDisconnect() {
        return new MqttMessage(
                DISCONNECT,
                new MqttReasonCodeAndPropertiesVariableHeader(
                        MqttReasonCodes.Disconnect.NORMAL_DISCONNECT.byteValue(), MqttProperties.NO_PROPERTIES));
    }

    static MqttFixedHeader header(MqttMessageType type, MqttQoS qos) {
        return new MqttFixedHeader(type, false, qos, false, 0);
    }

    private static MqttMessage reply(MqttFixedHeader header, int packetId, byte reason) {
        return new MqttMessage(
                header, new MqttPubReplyMessageVariableHeader(packetId, reason, MqttProperties.NO_PROPERTIES));
    }
}
