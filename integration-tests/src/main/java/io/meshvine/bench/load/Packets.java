package io.meshvine.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Wire forms of the few packets that the load client sends. Stateless. */
final class Packets {
    static final int CONNACK = 2;
    static final int PUBLISH = 3;
    static final int PUBACK = 4;
    static final int PUBREC = 5;
    static final int PUBREL = 6;
    static final int PUBCOMP = 7;
    static final int SUBACK = 9;
    static final int PINGRESP = 13;
    static final int DISCONNECT = 14;

    private static final int SMALL_PACKET = 128;
    private static final int CLEAN = 0x02;
    private static final int SESSION_EXPIRY = 0x11;
    private static final int EXPIRY_SECONDS = 3_600;

    private Packets() {}

    /**
     * CONNECT without credentials.
     *
     * @param durable whether the session outlives the connection, or is clean
     */
    static ByteBuf connect(Protocol protocol, String clientId, int keepAliveSeconds, boolean durable) {
        ByteBuf body = Unpooled.buffer(SMALL_PACKET);
        writeString(body, "MQTT");
        body.writeByte(protocol.level());
        body.writeByte(durable ? 0 : CLEAN);
        body.writeShort(keepAliveSeconds);
        if (protocol == Protocol.V5) {
            // Receive Maximum 65535 is the default: no property is needed for that.
            if (durable) {
                body.writeByte(1 + Integer.BYTES).writeByte(SESSION_EXPIRY).writeInt(EXPIRY_SECONDS);
            } else {
                body.writeByte(0);
            }
        }
        writeString(body, clientId);
        return framed(0x10, body);
    }

    static ByteBuf subscribe(Protocol protocol, int packetId, List<String> filters, int qos) {
        ByteBuf body = Unpooled.buffer(SMALL_PACKET);
        body.writeShort(packetId);
        if (protocol == Protocol.V5) {
            body.writeByte(0);
        }
        for (String filter : filters) {
            writeString(body, filter);
            body.writeByte(qos);
        }
        return framed(0x82, body);
    }

    static ByteBuf pingRequest() {
        return Unpooled.buffer(2).writeByte(0xC0).writeByte(0);
    }

    static ByteBuf disconnect() {
        return Unpooled.buffer(2).writeByte(0xE0).writeByte(0);
    }

    /** A packet that consists of its type and a packet id; MQTT 5 takes the absent reason code for success. */
    static void writeAck(ByteBuf out, int type, int packetId) {
        int flags = type == PUBREL ? 0x02 : 0;
        out.writeInt(type << 28 | flags << 24 | 2 << 16 | packetId);
    }

    static void writeString(ByteBuf out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeShort(bytes.length).writeBytes(bytes);
    }

    static void writeVarInt(ByteBuf out, int value) {
        int rest = value;
        do {
            int digit = rest & 0x7F;
            rest >>>= 7;
            out.writeByte(rest > 0 ? digit | 0x80 : digit);
        } while (rest > 0);
    }

    static ByteBuf framed(int firstByte, ByteBuf body) {
        ByteBuf out = Unpooled.buffer(body.readableBytes() + 5);
        out.writeByte(firstByte);
        writeVarInt(out, body.readableBytes());
        out.writeBytes(body);
        body.release();
        return out;
    }

    /** Bytes of a buffer, for templates and messages of errors. */
    static byte[] bytes(ByteBuf buffer) {
        try {
            return ByteBufUtil.getBytes(buffer);
        } finally {
            buffer.release();
        }
    }
}
