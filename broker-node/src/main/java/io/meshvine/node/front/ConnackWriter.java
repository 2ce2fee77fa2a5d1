package io.meshvine.node.front;

import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnAckVariableHeader;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Writes CONNACK (MQTT 5, 3.2). Says only what differs from the standard's defaults: QoS 2, retained messages, wildcard
 * and shared subscriptions and subscription identifiers are all available.
 */
final class ConnackWriter {

    private static final int DEFAULT_RECEIVE_MAXIMUM = ConnectRequest.DEFAULT_RECEIVE_MAXIMUM;
    /** Fixed header, flags, code, length of properties, and what stands in front of a reason string. */
    private static final int REFUSAL_OVERHEAD = 2 + 1 + 1 + 2 + 3;

    private static final String RESPONSE_PREFIX = "response/";

    private ConnackWriter() {}

    static MqttConnAckMessage accepted(
            ConnectRequest asked, boolean sessionPresent, long expirySeconds, int keepAlive, FrontOptions options) {
        MqttProperties properties = new MqttProperties();
        if (asked.version5()) {
            if (expirySeconds != asked.sessionExpirySeconds()) {
                number(properties, MqttPropertyType.SESSION_EXPIRY_INTERVAL, (int) expirySeconds);
            }
            if (options.receiveMaximum() != DEFAULT_RECEIVE_MAXIMUM) {
                number(properties, MqttPropertyType.RECEIVE_MAXIMUM, options.receiveMaximum());
            }
            number(properties, MqttPropertyType.MAXIMUM_PACKET_SIZE, options.maxPacketSize());
            if (asked.assigned()) {
                text(properties, MqttPropertyType.ASSIGNED_CLIENT_IDENTIFIER, asked.clientId()); // [MQTT-3.1.3-7]
            }
            if (options.topicAliasMaximum() > 0) {
                number(properties, MqttPropertyType.TOPIC_ALIAS_MAXIMUM, options.topicAliasMaximum());
            }
            if (keepAlive != asked.keepAliveSeconds()) {
                number(properties, MqttPropertyType.SERVER_KEEP_ALIVE, keepAlive); // [MQTT-3.2.2-22]
            }
            if (asked.wantsResponseInformation()) {
                text(properties, MqttPropertyType.RESPONSE_INFORMATION, responseTopic(asked.clientId()));
            }
        }
        return connack(MqttConnectReturnCode.CONNECTION_ACCEPTED, sessionPresent, properties);
    }

    /** @param maxPacketSize largest packet the client takes: says why only within it [MQTT-3.2.2-19] */
    static MqttConnAckMessage refused(Refusal refusal, String why, boolean version5, long maxPacketSize) {
        MqttProperties properties = new MqttProperties();
        if (version5 && REFUSAL_OVERHEAD + ByteBufUtil.utf8Bytes(why) <= maxPacketSize) {
            text(properties, MqttPropertyType.REASON_STRING, why);
        }
        MqttConnectReturnCode code = refusal.code(version5);
        if (code == null) {
            throw new IllegalArgumentException(refusal + " has no return code");
        }
        return connack(code, false, properties); // [MQTT-3.2.2-6]
    }

    /** A topic for the client's responses: its id where that is plain, else the id in hexadecimal (MQTT 5, 3.2.2.3.15). */
    private static String responseTopic(String clientId) {
        boolean plain =
                clientId.chars().allMatch(c -> c < 128 && (Character.isLetterOrDigit(c) || c == '-' || c == '_'));
        return RESPONSE_PREFIX
                + (plain ? clientId : "x" + HexFormat.of().formatHex(clientId.getBytes(StandardCharsets.UTF_8)));
    }

    private static MqttConnAckMessage connack(
            MqttConnectReturnCode code, boolean sessionPresent, MqttProperties properties) {
        return new MqttConnAckMessage(
                Packets.header(MqttMessageType.CONNACK, MqttQoS.AT_MOST_ONCE),
                new MqttConnAckVariableHeader(code, sessionPresent, properties));
    }

    private static void number(MqttProperties properties, MqttPropertyType type, int value) {
        properties.add(new IntegerProperty(type.value(), value));
    }

    private static void text(MqttProperties properties, MqttPropertyType type, String value) {
        properties.add(new StringProperty(type.value(), value));
    }
}
