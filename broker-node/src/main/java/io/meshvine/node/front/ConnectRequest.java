package io.meshvine.node.front;

import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.node.routing.Will;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A CONNECT that keeps to the protocol, with the defaults of its version filled in.
 *
 * @param version protocol level: 3, 4 or 5
 * @param clientId as given, or as assigned
 * @param assigned whether the client left its id to the server
 * @param keepAliveSeconds zero for none
 * @param sessionExpirySeconds as wished, unsigned 32 bit
 * @param receiveMaximum unacknowledged publishes the client takes
 * @param maxPacketSize largest packet the client takes, bytes
 * @param aliasMaximum topic aliases the client takes
 * @param will what to publish when the client is lost, or null
 */
record ConnectRequest(
        int version,
        String clientId,
        boolean assigned,
        boolean cleanStart,
        int keepAliveSeconds,
        long sessionExpirySeconds,
        int receiveMaximum,
        long maxPacketSize,
        int aliasMaximum,
        boolean wantsResponseInformation,
        boolean wantsProblemInformation,
        @Nullable String username,
        byte @Nullable [] password,
        @Nullable Will will) {

    /** What a client without Receive Maximum takes (MQTT 5, 3.1.2.11.3). */
    static final int DEFAULT_RECEIVE_MAXIMUM = 65_535;

    /** {@link #maxPacketSize} of a client that takes any packet (MQTT 5, 3.1.2.11.4). */
    static final long NO_PACKET_LIMIT = Long.MAX_VALUE;

    private static final int VERSION_5 = 5;

    static boolean isVersion5(MqttConnectMessage message) {
        return message.variableHeader().version() == VERSION_5;
    }

    /** The largest packet that a client says it takes, before anything else of its CONNECT is looked at. */
    static long packetLimit(MqttConnectMessage message) {
        return new PropertyReader(message.variableHeader().properties())
                .unsignedInt(MqttPropertyType.MAXIMUM_PACKET_SIZE, NO_PACKET_LIMIT);
    }

    /** Reads and checks a CONNECT. */
    static ConnectRequest parse(MqttConnectMessage message) throws ConnectRefused {
        MqttConnectVariableHeader header = message.variableHeader();
        MqttConnectPayload payload = message.payload();
        boolean version5 = isVersion5(message);
        PropertyReader properties = new PropertyReader(header.properties());
        checkFlags(header, version5);
        checkAuthenticationMethod(properties);
        String clientId = payload.clientIdentifier();
        boolean assigned = clientId.isEmpty();
        if (assigned && !version5 && !header.isCleanSession()) {
            // [MQTT-3.1.3-8] of MQTT 3.1.1
            throw new ConnectRefused(
                    Refusal.CLIENT_IDENTIFIER_NOT_VALID, "an empty client id needs a clean session", false);
        }
        if (assigned && header.version() == MqttVersion.MQTT_3_1.protocolLevel()) {
            throw new ConnectRefused(Refusal.CLIENT_IDENTIFIER_NOT_VALID, "MQTT 3.1 has no empty client id", false);
        }
        return new ConnectRequest(
                header.version(),
                assigned ? "auto-" + UUID.randomUUID() : clientId, // [MQTT-3.1.3-6]
                assigned,
                header.isCleanSession(),
                header.keepAliveTimeSeconds(),
                sessionExpiry(header, properties, version5),
                positive(properties, MqttPropertyType.RECEIVE_MAXIMUM, DEFAULT_RECEIVE_MAXIMUM),
                packetLimit(properties),
                properties.integer(MqttPropertyType.TOPIC_ALIAS_MAXIMUM, 0),
                flag(properties, MqttPropertyType.REQUEST_RESPONSE_INFORMATION, false),
                flag(properties, MqttPropertyType.REQUEST_PROBLEM_INFORMATION, true),
                header.hasUserName() ? payload.userName() : null,
                header.hasPassword() ? payload.passwordInBytes() : null,
                header.isWillFlag() ? will(header, payload, version5) : null);
    }

    boolean version5() {
        return version == VERSION_5;
    }

    @Override
    public String toString() {
        return "ConnectRequest[clientId=" + clientId + ", version=" + version + ", username=" + username + "]";
    }

    private static void checkFlags(MqttConnectVariableHeader header, boolean version5) throws ConnectRefused {
        if (!header.isWillFlag() && (header.willQos() != 0 || header.isWillRetain())) {
            // [MQTT-3.1.2-11], [MQTT-3.1.2-13]
            throw new ConnectRefused(Refusal.MALFORMED_PACKET, "will QoS or will retain without a will", version5);
        }
        if (header.willQos() > 2) {
            throw new ConnectRefused(Refusal.MALFORMED_PACKET, "will QoS 3", version5); // [MQTT-3.1.2-12]
        }
        if (!version5 && header.hasPassword() && !header.hasUserName()) {
            // [MQTT-3.1.2-22] of MQTT 3.1.1
            throw new ConnectRefused(Refusal.MALFORMED_PACKET, "a password without user name", false);
        }
    }

    private static void checkAuthenticationMethod(PropertyReader properties) throws ConnectRefused {
        if (properties.has(MqttPropertyType.AUTHENTICATION_METHOD)) {
            // [MQTT-4.12.0-1]: no method is supported.
            throw new ConnectRefused(Refusal.BAD_AUTHENTICATION_METHOD, "no extended authentication is offered", true);
        }
        if (properties.has(MqttPropertyType.AUTHENTICATION_DATA)) {
            // MQTT 5, 3.1.2.11.10
            throw new ConnectRefused(Refusal.PROTOCOL_ERROR, "authentication data without method", true);
        }
    }

    private static long sessionExpiry(MqttConnectVariableHeader header, PropertyReader properties, boolean version5) {
        if (version5) {
            return properties.unsignedInt(MqttPropertyType.SESSION_EXPIRY_INTERVAL, 0);
        }
        // MQTT 5, 3.1.2.4: clean session 0 of MQTT 3.1.1 is a session that does not expire.
        return header.isCleanSession() ? 0 : FrontOptions.NEVER;
    }

    private static int positive(PropertyReader properties, MqttPropertyType type, int absent) throws ConnectRefused {
        int value = properties.integer(type, absent);
        if (value == 0) {
            throw new ConnectRefused(Refusal.PROTOCOL_ERROR, type + " must not be 0", true); // MQTT 5, 3.1.2.11.3
        }
        return value;
    }

    private static long packetLimit(PropertyReader properties) throws ConnectRefused {
        long value = properties.unsignedInt(MqttPropertyType.MAXIMUM_PACKET_SIZE, NO_PACKET_LIMIT);
        if (value == 0) {
            throw new ConnectRefused(Refusal.PROTOCOL_ERROR, "Maximum Packet Size must not be 0", true); // 3.1.2.11.4
        }
        return value;
    }

    private static boolean flag(PropertyReader properties, MqttPropertyType type, boolean absent)
            throws ConnectRefused {
        int value = properties.integer(type, absent ? 1 : 0);
        if (value != 0 && value != 1) {
            throw new ConnectRefused(Refusal.PROTOCOL_ERROR, type + " must be 0 or 1", true); // 3.1.2.11.6, 3.1.2.11.7
        }
        return value == 1;
    }

    private static Will will(MqttConnectVariableHeader header, MqttConnectPayload payload, boolean version5)
            throws ConnectRefused {
        String topic = payload.willTopic();
        if (topic == null || !TopicFilters.isValidTopicName(topic)) {
            throw new ConnectRefused(Refusal.TOPIC_NAME_INVALID, "the will's topic is no valid topic name", version5);
        }
        PropertyReader properties = new PropertyReader(payload.willProperties());
        ApplicationProperties application;
        try {
            application = ApplicationProperties.of(payload.willProperties());
        } catch (ProtocolViolation violation) {
            throw new ConnectRefused(Refusal.PROTOCOL_ERROR, "will: " + violation.getMessage(), true);
        }
        byte[] body = payload.willMessageInBytes();
        if (application.claimsText() && !ApplicationProperties.isUtf8(body)) {
            // MQTT 5, 3.1.3.2.3
            throw new ConnectRefused(Refusal.PAYLOAD_FORMAT_INVALID, "the will is not UTF-8 as it claims", true);
        }
        return new Will(
                topic,
                header.willQos(),
                header.isWillRetain(),
                body,
                application.properties(),
                application.expirySeconds(),
                properties.unsignedInt(MqttPropertyType.WILL_DELAY_INTERVAL, 0));
    }
}
