package io.meshvine.node.front;

import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.node.routing.Will;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * What the properties of a PUBLISH or a will say to its receivers, apart from what they say to this server.
 *
 * @param properties to be forwarded unchanged and in order [MQTT-3.3.2-17]: neither alias, nor expiry, nor delay
 * @param expirySeconds Message Expiry Interval, or {@link Will#NEVER_EXPIRES}
 * @param claimsText whether the payload is said to be UTF-8 (MQTT 5, 3.3.2.3.2)
 */
record ApplicationProperties(MqttProperties properties, long expirySeconds, boolean claimsText) {

    private static final ApplicationProperties NONE =
            new ApplicationProperties(MqttProperties.NO_PROPERTIES, Will.NEVER_EXPIRES, false);

    /** Takes the application's part and checks it. */
    static ApplicationProperties of(MqttProperties all) throws ProtocolViolation {
        if (all.isEmpty()) {
            return NONE;
        }
        PropertyReader reader = new PropertyReader(all);
        int format = reader.integer(MqttPropertyType.PAYLOAD_FORMAT_INDICATOR, 0);
        if (format != 0 && format != 1) {
            throw ProtocolViolation.protocolError("payload format indicator must be 0 or 1");
        }
        String responseTopic = reader.string(MqttPropertyType.RESPONSE_TOPIC);
        if (responseTopic != null && !TopicFilters.isValidTopicName(responseTopic)) {
            throw ProtocolViolation.protocolError("the response topic is no topic name"); // [MQTT-3.3.2-14]
        }
        MqttProperties application = new MqttProperties();
        for (MqttProperty<?> property : all.listAll()) {
            if (isApplications(property)) {
                application.add(property);
            }
        }
        return new ApplicationProperties(
                application,
                reader.unsignedInt(MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL, Will.NEVER_EXPIRES),
                format == 1);
    }

    private static boolean isApplications(MqttProperty<?> property) {
        return switch (MqttPropertyType.valueOf(property.propertyId())) {
            case PAYLOAD_FORMAT_INDICATOR, CONTENT_TYPE, RESPONSE_TOPIC, CORRELATION_DATA, USER_PROPERTY -> true;
            default -> false;
        };
    }

    static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    static boolean isUtf8(ByteBuf bytes) {
        return ByteBufUtil.isText(bytes, StandardCharsets.UTF_8);
    }
}
