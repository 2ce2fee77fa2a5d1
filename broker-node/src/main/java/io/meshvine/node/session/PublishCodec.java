package io.meshvine.node.session;

import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.Slices;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringPair;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperties;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperty;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The body of a publish as it travels between nodes and rests in stores and in the retained map: the application's properties and the
 * payload in MQTT 5 wire form (MQTT 5, 3.3.2.3 and 3.3.3). Netty keeps its property codec private to whole packets on a
 * channel, hence this one of the five properties that an application can set besides the expiry, which
 * {@link MeshPublish} carries.
 */
public final class PublishCodec {

    /** Publisher of what came from elsewhere: no client has this id, so No Local never applies. */
    public static final String NO_PUBLISHER = "";

    private static final int PAYLOAD_FORMAT = 0x01;
    private static final int CONTENT_TYPE = 0x03;
    private static final int RESPONSE_TOPIC = 0x08;
    private static final int CORRELATION_DATA = 0x09;
    private static final int USER_PROPERTY = 0x26;

    /** No property of MQTT: {@link Message#id()}. Always the first one. */
    private static final int MESSAGE_ID = 0x7E;

    private static final int MESSAGE_ID_BYTES = 1 + Long.BYTES;

    /** No property of MQTT: {@link Message#hops()}, behind the identifier. Absent for 0. */
    private static final int HOPS = 0x7D;

    private static final int MAX_HOPS = 255;

    private static final VarHandle BIG_ENDIAN_LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private PublishCodec() {}

    /** Copies identifier, properties and payload into one array. The payload's indices are not moved. */
    public static byte[] encode(Message message) {
        return encode(0, message);
    }

    /** The same of a message that is handed on once more. */
    public static byte[] encodeNextHop(Message message) {
        int hops = Math.min(message.hops() + 1, MAX_HOPS);
        return encode(0, message.id(), hops, message.properties(), message.payload());
    }

    /** Whether a message has neither identifier nor properties. */
    public static boolean isBare(Message message) {
        return message.id() == Message.NO_ID && message.properties().isEmpty();
    }

    /** The same of what is no message yet: without identifier. */
    public static byte[] encode(MqttProperties properties, ByteBuf payload) {
        return encode(0, Message.NO_ID, 0, properties, payload);
    }

    /** Behind that many bytes for the caller's own use. */
    static byte[] encode(int room, Message message) {
        return encode(room, message.id(), message.hops(), message.properties(), message.payload());
    }

    private static byte[] encode(int room, long id, int hops, MqttProperties properties, ByteBuf payload) {
        int payloadBytes = payload.readableBytes();
        if (properties.isEmpty() && hops == 0) {
            byte[] body = new byte[room + 1 + idBytes(id) + payloadBytes];
            encodePlain(id, payload, body, room);
            return body;
        }
        ByteBuf encoded = Unpooled.buffer(128);
        if (id != Message.NO_ID) {
            encoded.writeByte(MESSAGE_ID).writeLong(id);
        }
        if (hops > 0) {
            encoded.writeByte(HOPS).writeByte(hops);
        }
        for (MqttProperty<?> property : properties.listAll()) {
            write(property, encoded);
        }
        int propertyBytes = encoded.readableBytes();
        int prefix = room + variableLength(propertyBytes);
        byte[] body = new byte[prefix + propertyBytes + payloadBytes];
        writeVariable(propertyBytes, body, room);
        encoded.readBytes(body, prefix, propertyBytes);
        payload.getBytes(payload.readerIndex(), body, prefix + propertyBytes, payloadBytes);
        return body;
    }

    /** Whether a message is as most are: without properties, and never handed on. */
    public static boolean isPlain(Message message) {
        return message.hops() == 0 && message.properties().isEmpty();
    }

    /** Bytes that {@link #encodePlain} writes. */
    public static int plainBytes(Message message) {
        return 1 + idBytes(message.id()) + message.payload().readableBytes();
    }

    /** Writes the body of a {@linkplain #isPlain plain} message. The payload's indices are not moved. */
    public static void encodePlain(Message message, byte[] out, int from) {
        encodePlain(message.id(), message.payload(), out, from);
    }

    private static int idBytes(long id) {
        return id == Message.NO_ID ? 0 : MESSAGE_ID_BYTES;
    }

    private static void encodePlain(long id, ByteBuf payload, byte[] out, int from) {
        int propertyBytes = idBytes(id);
        out[from] = (byte) propertyBytes;
        if (propertyBytes > 0) {
            out[from + 1] = MESSAGE_ID;
            BIG_ENDIAN_LONG.set(out, from + 2, id);
        }
        payload.getBytes(payload.readerIndex(), out, from + 1 + propertyBytes, payload.readableBytes());
    }

    /** Reads identifier and properties back; the payload of the message shares the array. */
    public static Message decode(
            String topic, int qos, boolean retain, byte[] body, long expiresAtMillis, Origin origin) {
        return decode(topic, qos, retain, body, expiresAtMillis, origin, null);
    }

    /**
     * The same for a message about which somebody asks when it is done with.
     *
     * @param released as for {@link Message}
     */
    public static Message decode(
            String topic,
            int qos,
            boolean retain,
            byte[] body,
            long expiresAtMillis,
            Origin origin,
            @Nullable Runnable released) {
        return decode(topic, qos, retain, Unpooled.wrappedBuffer(body), expiresAtMillis, origin, released);
    }

    /** The same of a part of an array. */
    public static Message decode(
            String topic,
            int qos,
            boolean retain,
            byte[] array,
            int from,
            int length,
            long expiresAtMillis,
            Origin origin) {
        ByteBuf in = Unpooled.wrappedBuffer(array).setIndex(from, from + length);
        return decode(topic, qos, retain, in, expiresAtMillis, origin, null);
    }

    /** The same from a buffer of which nothing but the body is left to read, and which becomes the message's own. */
    static Message decode(String topic, int qos, boolean retain, ByteBuf in, long expiresAtMillis, Origin origin) {
        return decode(topic, qos, retain, in, expiresAtMillis, origin, null);
    }

    private static Message decode(
            String topic,
            int qos,
            boolean retain,
            ByteBuf in,
            long expiresAtMillis,
            Origin origin,
            @Nullable Runnable released) {
        MqttProperties properties = MqttProperties.NO_PROPERTIES;
        long id = Message.NO_ID;
        int hops = 0;
        int first = in.getByte(in.readerIndex());
        if (first == 0) {
            in.skipBytes(1);
        } else if (first == MESSAGE_ID_BYTES
                && in.readableBytes() > MESSAGE_ID_BYTES
                && in.getByte(in.readerIndex() + 1) == MESSAGE_ID) {
            id = in.skipBytes(2).readLong(); // and nothing else, as most have at QoS 1 and 2
        } else {
            int length = readVariable(in);
            if (length > in.readableBytes()) {
                throw new CorruptedFrameException(
                        "properties of " + length + " bytes where " + in.readableBytes() + " follow, on " + topic);
            }
            ByteBuf section = in.readSlice(length);
            if (length >= MESSAGE_ID_BYTES && section.getByte(section.readerIndex()) == MESSAGE_ID) {
                id = section.skipBytes(1).readLong();
            }
            if (section.readableBytes() >= 2 && section.getByte(section.readerIndex()) == HOPS) {
                hops = section.skipBytes(1).readUnsignedByte();
            }
            if (section.isReadable()) {
                properties = readProperties(section);
            }
        }
        if (origin == Origin.RETAINED) {
            id = Message.NO_ID; // Shown again to each new subscription, which is no repeat.
        }
        return new Message(
                topic,
                in,
                qos,
                retain,
                properties,
                expiresAtMillis,
                NO_PUBLISHER,
                origin,
                id,
                hops,
                Slices.NONE,
                released);
    }

    private static void write(MqttProperty<?> property, ByteBuf out) {
        if (property instanceof UserProperties pairs) {
            for (StringPair pair : pairs.value()) {
                writePair(pair, out);
            }
            return;
        }
        switch (property.propertyId()) {
            case PAYLOAD_FORMAT -> out.writeByte(PAYLOAD_FORMAT).writeByte(((IntegerProperty) property).value());
            case CONTENT_TYPE, RESPONSE_TOPIC -> {
                out.writeByte(property.propertyId());
                writeString(((StringProperty) property).value(), out);
            }
            case CORRELATION_DATA -> {
                byte[] data = ((BinaryProperty) property).value();
                out.writeByte(CORRELATION_DATA).writeShort(data.length).writeBytes(data);
            }
            case USER_PROPERTY -> writePair(((UserProperty) property).value(), out);
            default ->
                throw new IllegalArgumentException(
                        "not a property of an application message: 0x" + Integer.toHexString(property.propertyId()));
        }
    }

    private static void writePair(StringPair pair, ByteBuf out) {
        out.writeByte(USER_PROPERTY);
        writeString(pair.key, out);
        writeString(pair.value, out);
    }

    private static void writeString(String text, ByteBuf out) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.writeShort(utf8.length).writeBytes(utf8);
    }

    private static MqttProperties readProperties(ByteBuf in) {
        MqttProperties properties = new MqttProperties();
        try {
            while (in.isReadable()) {
                int id = in.readUnsignedByte();
                switch (id) {
                    case PAYLOAD_FORMAT -> properties.add(new IntegerProperty(id, (int) in.readUnsignedByte()));
                    case CONTENT_TYPE, RESPONSE_TOPIC -> properties.add(new StringProperty(id, readString(in)));
                    case CORRELATION_DATA -> {
                        byte[] data = new byte[boundedLength(in)];
                        in.readBytes(data);
                        properties.add(new BinaryProperty(id, data));
                    }
                    case USER_PROPERTY -> properties.add(new UserProperty(readString(in), readString(in)));
                    default -> throw new CorruptedFrameException("unknown property 0x" + Integer.toHexString(id));
                }
            }
        } catch (IndexOutOfBoundsException cut) {
            throw new CorruptedFrameException("properties are cut short", cut);
        }
        return properties;
    }

    private static int boundedLength(ByteBuf in) {
        int length = in.readUnsignedShort();
        if (length > in.readableBytes()) {
            throw new CorruptedFrameException(
                    "a value of " + length + " bytes where " + in.readableBytes() + " follow");
        }
        return length;
    }

    private static String readString(ByteBuf in) {
        int length = boundedLength(in);
        return in.readCharSequence(length, StandardCharsets.UTF_8).toString();
    }

    // Variable byte integer, MQTT 5, 1.5.5.
    private static int variableLength(int value) {
        return value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : 4;
    }

    private static void writeVariable(int value, byte[] out, int from) {
        int rest = value;
        int at = from;
        do {
            int part = rest & 0x7f;
            rest >>>= 7;
            out[at++] = (byte) (rest > 0 ? part | 0x80 : part);
        } while (rest > 0);
    }

    private static int readVariable(ByteBuf in) {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7) {
            if (!in.isReadable()) {
                break;
            }
            byte part = in.readByte();
            value |= (part & 0x7f) << shift;
            if ((part & 0x80) == 0) {
                return value;
            }
        }
        throw new CorruptedFrameException("malformed length of properties");
    }
}
