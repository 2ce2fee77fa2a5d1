package io.meshvine.it.wire;

import static io.meshvine.it.wire.Property.ASSIGNED_CLIENT_IDENTIFIER;
import static io.meshvine.it.wire.Property.MAXIMUM_PACKET_SIZE;
import static io.meshvine.it.wire.Property.MAXIMUM_QOS;
import static io.meshvine.it.wire.Property.RECEIVE_MAXIMUM;
import static io.meshvine.it.wire.Property.TOPIC_ALIAS;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Decodes what a server may send, and fails on everything that it must not. */
final class PacketDecoder {

    /** Reason codes that a server may use (MQTT 5, 2.4 and the chapter of each packet). */
    private static final Map<PacketType, Set<Integer>> REASON_CODES = Map.of(
            PacketType.CONNACK,
            Set.of(
                    0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97,
                    0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f),
            PacketType.PUBACK,
            Set.of(0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99),
            PacketType.PUBREC,
            Set.of(0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99),
            PacketType.PUBREL,
            Set.of(0x00, 0x92),
            PacketType.PUBCOMP,
            Set.of(0x00, 0x92),
            PacketType.SUBACK,
            Set.of(0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2),
            PacketType.UNSUBACK,
            Set.of(0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91),
            PacketType.DISCONNECT,
            Set.of(
                    0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96,
                    0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2),
            PacketType.AUTH,
            Set.of(0x00, 0x18, 0x19));

    private static final int UNACCEPTABLE_PROTOCOL_VERSION = 1;
    private static final Set<Integer> CONNECT_RETURN_CODES_3 = Set.of(0, 1, 2, 3, 4, 5);
    private static final Set<Integer> SUBSCRIBE_RETURN_CODES_3 = Set.of(0x00, 0x01, 0x02, 0x80);

    private final Version version;

    PacketDecoder(Version version) {
        this.version = version;
    }

    Packet decode(int firstByte, byte[] body) {
        PacketType type = PacketType.of(firstByte >>> 4);
        int flags = firstByte & 0x0f;
        if (type != PacketType.PUBLISH && firstByte != type.header()) {
            throw new MalformedPacketError(type + " with flags " + flags); // [MQTT-2.1.3-1]
        }
        ByteReader in = new ByteReader(body);
        Packet packet =
                switch (type) {
                    case CONNACK -> connack(in);
                    case PUBLISH -> publish(flags, in);
                    case PUBACK, PUBREC, PUBREL, PUBCOMP -> acknowledgement(type, flags, in);
                    case SUBACK, UNSUBACK -> subscriptionAcknowledgement(type, in);
                    case PINGRESP -> packet(type, 0, List.of(), Properties.none());
                    case DISCONNECT, AUTH -> disconnectOrAuth(type, in);
                    default -> throw new MalformedPacketError(type + " is not sent by servers");
                };
        if (in.remaining() > 0) {
            throw new MalformedPacketError(in.remaining() + " bytes behind " + packet);
        }
        return packet;
    }

    private Packet connack(ByteReader in) {
        int acknowledgeFlags = in.u8();
        if ((acknowledgeFlags & ~1) != 0) {
            throw new MalformedPacketError("CONNACK with flags " + acknowledgeFlags); // [MQTT-3.2.2-1]
        }
        int code = in.u8();
        // A server that refuses the protocol version may answer in the form of 3.1.1, without properties.
        boolean formOf3 = code == UNACCEPTABLE_PROTOCOL_VERSION && in.remaining() == 0;
        Properties properties = formOf3 ? Properties.none() : properties(PacketType.CONNACK, in);
        checkCode(PacketType.CONNACK, code, CONNECT_RETURN_CODES_3);
        if (code != 0 && acknowledgeFlags != 0) {
            throw new MalformedPacketError("session present in a refusal"); // [MQTT-3.2.2-6]
        }
        boolean zeroLimit = properties.number(RECEIVE_MAXIMUM).orElse(1L) == 0
                || properties.number(MAXIMUM_PACKET_SIZE).orElse(1L) == 0;
        if (zeroLimit || properties.number(MAXIMUM_QOS).orElse(0L) > 1) {
            throw new MalformedPacketError("CONNACK with illegal values " + properties); // 3.2.2.3.3 to 3.2.2.3.6
        }
        if (properties.string(ASSIGNED_CLIENT_IDENTIFIER).orElse("x").isEmpty()) {
            throw new MalformedPacketError("an empty client identifier was assigned"); // [MQTT-3.2.2-16]
        }
        return new Packet(PacketType.CONNACK, 0, 0, List.of(code), acknowledgeFlags == 1, "", new byte[0], properties);
    }

    private Packet publish(int flags, ByteReader in) {
        int qos = flags >>> 1 & 0b11;
        if (qos == 3) {
            throw new MalformedPacketError("QoS 3"); // [MQTT-3.3.1-4]
        }
        if (qos == 0 && (flags & 0b1000) != 0) {
            throw new MalformedPacketError("DUP with QoS 0"); // [MQTT-3.3.1-2]
        }
        String topic = in.string();
        if (topic.indexOf('#') >= 0 || topic.indexOf('+') >= 0) {
            throw new MalformedPacketError("wildcard in topic name " + topic); // [MQTT-3.3.2-2]
        }
        int packetId = qos == 0 ? 0 : packetId(PacketType.PUBLISH, in);
        Properties properties = properties(PacketType.PUBLISH, in);
        if (topic.isEmpty() && !properties.has(TOPIC_ALIAS)) {
            throw new MalformedPacketError("empty topic name without alias"); // [MQTT-4.7.3-1]
        }
        if (properties.number(TOPIC_ALIAS).orElse(1L) == 0) {
            throw new MalformedPacketError("topic alias 0"); // [MQTT-3.3.2-8]
        }
        if (properties.subscriptionIdentifiers().contains(0)) {
            throw new MalformedPacketError("subscription identifier 0"); // 3.3.2.3.8
        }
        byte[] payload = in.raw(in.remaining());
        return new Packet(PacketType.PUBLISH, flags, packetId, List.of(), false, topic, payload, properties);
    }

    private Packet acknowledgement(PacketType type, int flags, ByteReader in) {
        int packetId = packetId(type, in);
        if (!version.is5() || in.remaining() == 0) {
            return packet(type, packetId, List.of(), Properties.none());
        }
        int code = in.u8();
        checkCode(type, code, Set.of());
        // 3.4.2.2.1: below four bytes there is no property length.
        Properties properties = in.remaining() == 0 ? Properties.none() : Properties.decode(type, in);
        return new Packet(type, flags, packetId, List.of(code), false, "", new byte[0], properties);
    }

    private Packet subscriptionAcknowledgement(PacketType type, ByteReader in) {
        int packetId = packetId(type, in);
        Properties properties = properties(type, in);
        List<Integer> codes = new ArrayList<>();
        while (in.remaining() > 0) {
            codes.add(in.u8());
            checkCode(type, codes.get(codes.size() - 1), SUBSCRIBE_RETURN_CODES_3); // [MQTT-3.9.3-2]
        }
        if (!version.is5() && type == PacketType.UNSUBACK && !codes.isEmpty()) {
            throw new MalformedPacketError("UNSUBACK of 3.1.1 has no payload");
        }
        return packet(type, packetId, codes, properties);
    }

    private Packet disconnectOrAuth(PacketType type, ByteReader in) {
        if (!version.is5()) {
            throw new MalformedPacketError(type + " is not sent by servers in 3.1.1");
        }
        if (in.remaining() == 0) {
            return packet(type, 0, List.of(0), Properties.none());
        }
        int code = in.u8();
        checkCode(type, code, Set.of()); // [MQTT-3.14.2-1]
        Properties properties = in.remaining() == 0 ? Properties.none() : Properties.decode(type, in);
        return packet(type, 0, List.of(code), properties);
    }

    private Properties properties(PacketType type, ByteReader in) {
        return version.is5() ? Properties.decode(type, in) : Properties.none(); // [MQTT-2.2.2-1]
    }

    private void checkCode(PacketType type, int code, Set<Integer> codesOf3) {
        Set<Integer> legal = version.is5() ? REASON_CODES.get(type) : codesOf3;
        boolean refusedVersion = type == PacketType.CONNACK && code == UNACCEPTABLE_PROTOCOL_VERSION;
        if (!legal.contains(code) && !refusedVersion) {
            throw new MalformedPacketError(String.format("reason code 0x%02x in %s", code, type));
        }
    }

    private static int packetId(PacketType type, ByteReader in) {
        int id = in.u16();
        if (id == 0) {
            throw new MalformedPacketError(type + " with packet identifier 0"); // [MQTT-2.2.1-4]
        }
        return id;
    }

    private static Packet packet(PacketType type, int packetId, List<Integer> codes, Properties properties) {
        return new Packet(type, 0, packetId, List.copyOf(codes), false, "", new byte[0], properties);
    }
}
