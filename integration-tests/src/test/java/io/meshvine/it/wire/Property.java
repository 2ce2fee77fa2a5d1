package io.meshvine.it.wire;

import static io.meshvine.it.wire.PacketType.AUTH;
import static io.meshvine.it.wire.PacketType.CONNACK;
import static io.meshvine.it.wire.PacketType.DISCONNECT;
import static io.meshvine.it.wire.PacketType.PUBACK;
import static io.meshvine.it.wire.PacketType.PUBCOMP;
import static io.meshvine.it.wire.PacketType.PUBLISH;
import static io.meshvine.it.wire.PacketType.PUBREC;
import static io.meshvine.it.wire.PacketType.PUBREL;
import static io.meshvine.it.wire.PacketType.SUBACK;
import static io.meshvine.it.wire.PacketType.UNSUBACK;

import java.util.Arrays;
import java.util.Set;

/** Properties of MQTT 5 (2.2.2.2): identifier, encoding, and the packets of a server that may hold them. */
public enum Property {
    PAYLOAD_FORMAT_INDICATOR(0x01, Encoding.BYTE, PUBLISH),
    MESSAGE_EXPIRY_INTERVAL(0x02, Encoding.FOUR_BYTES, PUBLISH),
    CONTENT_TYPE(0x03, Encoding.STRING, PUBLISH),
    RESPONSE_TOPIC(0x08, Encoding.STRING, PUBLISH),
    CORRELATION_DATA(0x09, Encoding.BINARY, PUBLISH),
    SUBSCRIPTION_IDENTIFIER(0x0b, Encoding.VARIABLE, PUBLISH),
    SESSION_EXPIRY_INTERVAL(0x11, Encoding.FOUR_BYTES, CONNACK),
    ASSIGNED_CLIENT_IDENTIFIER(0x12, Encoding.STRING, CONNACK),
    SERVER_KEEP_ALIVE(0x13, Encoding.TWO_BYTES, CONNACK),
    AUTHENTICATION_METHOD(0x15, Encoding.STRING, CONNACK, AUTH),
    AUTHENTICATION_DATA(0x16, Encoding.BINARY, CONNACK, AUTH),
    REQUEST_PROBLEM_INFORMATION(0x17, Encoding.BYTE),
    WILL_DELAY_INTERVAL(0x18, Encoding.FOUR_BYTES),
    REQUEST_RESPONSE_INFORMATION(0x19, Encoding.BYTE),
    RESPONSE_INFORMATION(0x1a, Encoding.STRING, CONNACK),
    SERVER_REFERENCE(0x1c, Encoding.STRING, CONNACK, DISCONNECT),
    REASON_STRING(0x1f, Encoding.STRING, CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH),
    RECEIVE_MAXIMUM(0x21, Encoding.TWO_BYTES, CONNACK),
    TOPIC_ALIAS_MAXIMUM(0x22, Encoding.TWO_BYTES, CONNACK),
    TOPIC_ALIAS(0x23, Encoding.TWO_BYTES, PUBLISH),
    MAXIMUM_QOS(0x24, Encoding.BYTE, CONNACK),
    RETAIN_AVAILABLE(0x25, Encoding.BYTE, CONNACK),
    USER_PROPERTY(
            0x26,
            Encoding.STRING_PAIR,
            CONNACK,
            PUBLISH,
            PUBACK,
            PUBREC,
            PUBREL,
            PUBCOMP,
            SUBACK,
            UNSUBACK,
            DISCONNECT,
            AUTH),
    MAXIMUM_PACKET_SIZE(0x27, Encoding.FOUR_BYTES, CONNACK),
    WILDCARD_SUBSCRIPTION_AVAILABLE(0x28, Encoding.BYTE, CONNACK),
    SUBSCRIPTION_IDENTIFIER_AVAILABLE(0x29, Encoding.BYTE, CONNACK),
    SHARED_SUBSCRIPTION_AVAILABLE(0x2a, Encoding.BYTE, CONNACK);

    /** How a value is written (MQTT 5, 1.5). */
    enum Encoding {
        BYTE,
        TWO_BYTES,
        FOUR_BYTES,
        VARIABLE,
        STRING,
        STRING_PAIR,
        BINARY
    }

    private final int identifier;
    private final Encoding encoding;

    @SuppressWarnings("ImmutableEnumChecker") // Set.of is immutable
    private final Set<PacketType> sentByServerIn;

    Property(int identifier, Encoding encoding, PacketType... sentByServerIn) {
        this.identifier = identifier;
        this.encoding = encoding;
        this.sentByServerIn = Set.of(sentByServerIn);
    }

    public int identifier() {
        return identifier;
    }

    Encoding encoding() {
        return encoding;
    }

    boolean mayBeSentByServerIn(PacketType type) {
        return sentByServerIn.contains(type);
    }

    boolean mayRepeatIn(PacketType type) {
        return this == USER_PROPERTY || (this == SUBSCRIPTION_IDENTIFIER && type == PUBLISH);
    }

    static Property of(int identifier) {
        return Arrays.stream(values())
                .filter(property -> property.identifier == identifier)
                .findFirst()
                .orElseThrow(() -> new MalformedPacketError("unknown property 0x" + Integer.toHexString(identifier)));
    }
}
