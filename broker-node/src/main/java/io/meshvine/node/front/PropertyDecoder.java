package io.meshvine.node.front;

import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperty;

/** Reads MQTT 5 properties (2.2.2), of which each packet has its own. */
final class PropertyDecoder {

    private static final int MAX_ID = 42;

    private PropertyDecoder() {}

    /** Where properties stand, and which may stand there. */
    enum Place {
        CONNECT(
                MqttPropertyType.SESSION_EXPIRY_INTERVAL,
                MqttPropertyType.RECEIVE_MAXIMUM,
                MqttPropertyType.MAXIMUM_PACKET_SIZE,
                MqttPropertyType.TOPIC_ALIAS_MAXIMUM,
                MqttPropertyType.REQUEST_RESPONSE_INFORMATION,
                MqttPropertyType.REQUEST_PROBLEM_INFORMATION,
                MqttPropertyType.AUTHENTICATION_METHOD,
                MqttPropertyType.AUTHENTICATION_DATA),
        WILL(
                MqttPropertyType.WILL_DELAY_INTERVAL,
                MqttPropertyType.PAYLOAD_FORMAT_INDICATOR,
                MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL,
                MqttPropertyType.CONTENT_TYPE,
                MqttPropertyType.RESPONSE_TOPIC,
                MqttPropertyType.CORRELATION_DATA),
        PUBLISH(
                MqttPropertyType.PAYLOAD_FORMAT_INDICATOR,
                MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL,
                MqttPropertyType.TOPIC_ALIAS,
                MqttPropertyType.RESPONSE_TOPIC,
                MqttPropertyType.CORRELATION_DATA,
                MqttPropertyType.SUBSCRIPTION_IDENTIFIER,
                MqttPropertyType.CONTENT_TYPE),
        ACKNOWLEDGEMENT(MqttPropertyType.REASON_STRING),
        SUBSCRIBE(MqttPropertyType.SUBSCRIPTION_IDENTIFIER),
        UNSUBSCRIBE(),
        DISCONNECT(
                MqttPropertyType.SESSION_EXPIRY_INTERVAL,
                MqttPropertyType.REASON_STRING,
                MqttPropertyType.SERVER_REFERENCE),
        AUTH(
                MqttPropertyType.AUTHENTICATION_METHOD,
                MqttPropertyType.AUTHENTICATION_DATA,
                MqttPropertyType.REASON_STRING);

        private final long allowed;

        Place(MqttPropertyType... types) {
            long ids = bit(MqttPropertyType.USER_PROPERTY.value());
            for (MqttPropertyType type : types) {
                ids |= bit(type.value());
            }
            this.allowed = ids;
        }
    }

    private static long bit(int id) {
        return 1L << id;
    }

    static MqttProperties read(PacketReader in, Place place) throws ProtocolViolation {
        int length = in.variableByteInteger();
        if (length == 0) {
            return MqttProperties.NO_PROPERTIES;
        }
        int behind = in.remaining() - length;
        if (behind < 0) {
            throw PacketReader.malformed("properties reach beyond the end of their packet");
        }
        MqttProperties properties = new MqttProperties();
        long seen = 0;
        while (in.remaining() > behind) {
            int id = in.variableByteInteger();
            if (id > MAX_ID || (place.allowed & bit(id)) == 0) {
                throw PacketReader.malformed("property " + id + " does not belong to " + place); // MQTT 5, 2.2.2.2
            }
            if ((seen & bit(id)) != 0 && id != MqttPropertyType.USER_PROPERTY.value()) {
                throw ProtocolViolation.protocolError("property " + id + " comes twice");
            }
            seen |= bit(id);
            read(in, MqttPropertyType.valueOf(id), properties);
        }
        if (in.remaining() != behind) {
            throw PacketReader.malformed("a property reaches beyond the length of all");
        }
        return properties;
    }

    private static void read(PacketReader in, MqttPropertyType type, MqttProperties into) throws ProtocolViolation {
        int id = type.value();
        switch (type) {
            case PAYLOAD_FORMAT_INDICATOR, REQUEST_PROBLEM_INFORMATION, REQUEST_RESPONSE_INFORMATION ->
                into.add(new IntegerProperty(id, in.unsignedByte()));
            case RECEIVE_MAXIMUM, TOPIC_ALIAS_MAXIMUM, TOPIC_ALIAS ->
                into.add(new IntegerProperty(id, in.unsignedShort()));
            case PUBLICATION_EXPIRY_INTERVAL, SESSION_EXPIRY_INTERVAL, WILL_DELAY_INTERVAL, MAXIMUM_PACKET_SIZE ->
                into.add(new IntegerProperty(id, in.int32()));
            case SUBSCRIPTION_IDENTIFIER -> into.add(new IntegerProperty(id, in.variableByteInteger()));
            case CONTENT_TYPE, RESPONSE_TOPIC, AUTHENTICATION_METHOD, REASON_STRING, SERVER_REFERENCE ->
                into.add(new StringProperty(id, in.string()));
            case CORRELATION_DATA, AUTHENTICATION_DATA -> into.add(new BinaryProperty(id, in.binary()));
            case USER_PROPERTY -> into.add(new UserProperty(in.string(), in.string()));
            default -> throw PacketReader.malformed("property " + id + " is the server's to send");
        }
    }
}
