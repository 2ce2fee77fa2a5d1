package io.meshvine.node.front;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the fields of one packet (MQTT 5, 1.5), never beyond its end. Lengths are checked before anything is allocated.
 * Confined to one event loop.
 */
final class PacketReader {

    private static final int CONTINUES = 0x80;
    private static final int MAX_VARIABLE_BYTES = 4;

    /** Topics kept as strings, as publishers repeat theirs; a power of two. */
    private static final int KNOWN_TOPICS = 512;

    private static final int MAX_KNOWN_TOPIC_BYTES = 256;

    private final @Nullable KnownTopic[] known = new KnownTopic[KNOWN_TOPICS];
    private KnownTopic latest = new KnownTopic(new byte[0], "");
    private byte[] scratch = new byte[MAX_KNOWN_TOPIC_BYTES];
    private ByteBuf in = Unpooled.EMPTY_BUFFER;
    private int end;

    private record KnownTopic(byte[] bytes, String topic) {}

    /** Begins a packet: from the reader index of the buffer, this many bytes. */
    void begin(ByteBuf buffer, int bytes) {
        in = buffer;
        end = buffer.readerIndex() + bytes;
    }

    int remaining() {
        return end - in.readerIndex();
    }

    int unsignedByte() throws ProtocolViolation {
        require(1);
        return in.readUnsignedByte();
    }

    int unsignedShort() throws ProtocolViolation {
        require(2);
        return in.readUnsignedShort();
    }

    int int32() throws ProtocolViolation {
        require(4);
        return in.readInt();
    }

    /** A packet identifier [MQTT-2.2.1-3]. */
    int packetId() throws ProtocolViolation {
        int id = unsignedShort();
        if (id == 0) {
            throw malformed("packet identifier 0");
        }
        return id;
    }

    int variableByteInteger() throws ProtocolViolation {
        int value = 0;
        for (int i = 0; i < MAX_VARIABLE_BYTES; i++) {
            int part = unsignedByte();
            value |= (part & (CONTINUES - 1)) << (7 * i);
            if ((part & CONTINUES) == 0) {
                if (part == 0 && i > 0) {
                    throw malformed("a number in more bytes than it needs"); // [MQTT-1.5.5-1]
                }
                return value;
            }
        }
        throw malformed("a number in more than 4 bytes");
    }

    byte[] binary() throws ProtocolViolation {
        byte[] bytes = new byte[length()];
        in.readBytes(bytes);
        return bytes;
    }

    /** All that is left. */
    byte[] rest() {
        byte[] bytes = new byte[remaining()];
        in.readBytes(bytes);
        return bytes;
    }

    /** A UTF-8 string: well-formed [MQTT-1.5.4-1] and without U+0000 [MQTT-1.5.4-2]. */
    String string() throws ProtocolViolation {
        int length = length();
        return decode(load(length), length);
    }

    /** A UTF-8 string that is likely to have been read before. */
    String topic() throws ProtocolViolation {
        int length = length();
        byte[] bytes = load(length);
        if (length > MAX_KNOWN_TOPIC_BYTES) {
            return decode(bytes, length);
        }
        if (isLatest(bytes, length)) {
            return latest.topic;
        }
        int hash = 0;
        for (int i = 0; i < length; i++) {
            hash = 31 * hash + bytes[i];
        }
        int slot = (hash ^ (hash >>> 16)) & (KNOWN_TOPICS - 1);
        KnownTopic candidate = known[slot];
        if (candidate != null && Arrays.equals(candidate.bytes, 0, candidate.bytes.length, bytes, 0, length)) {
            latest = candidate;
            return candidate.topic;
        }
        String topic = decode(bytes, length);
        latest = new KnownTopic(Arrays.copyOf(bytes, length), topic);
        known[slot] = latest;
        return topic;
    }

    /** A publisher mostly says the same topic again and again. */
    private boolean isLatest(byte[] bytes, int length) {
        return Arrays.equals(latest.bytes, 0, latest.bytes.length, bytes, 0, length);
    }

    /** Nothing may be left of the packet. */
    void end() throws ProtocolViolation {
        if (remaining() != 0) {
            throw malformed("more bytes than the packet has fields");
        }
    }

    /** Gives up the rest of the packet. */
    void skip() {
        in.readerIndex(end);
    }

    static ProtocolViolation malformed(String why) {
        return new ProtocolViolation(MqttReasonCodes.Disconnect.MALFORMED_PACKET, why);
    }

    private int length() throws ProtocolViolation {
        int length = unsignedShort();
        require(length);
        return length;
    }

    private void require(int bytes) throws ProtocolViolation {
        if (remaining() < bytes) {
            throw malformed("a field reaches beyond the end of its packet");
        }
    }

    private byte[] load(int length) {
        if (scratch.length < length) {
            scratch = new byte[length];
        }
        in.readBytes(scratch, 0, length);
        return scratch;
    }

    private static String decode(byte[] bytes, int length) throws ProtocolViolation {
        boolean ascii = true;
        for (int i = 0; i < length; i++) {
            if (bytes[i] <= 0) {
                if (bytes[i] == 0) {
                    throw malformed("U+0000 in a string");
                }
                ascii = false;
            }
        }
        if (ascii) {
            return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, 0, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed("a string is not UTF-8");
        }
    }
}
