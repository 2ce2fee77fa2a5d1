package io.meshvine.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * PUBLISH of one publisher, assembled once; a send copies it and patches packet id, sequence and time. The payload starts with a mark, the
 * publisher's number, the sequence and the intended send time in nanoseconds of this process. Any thread.
 */
final class PublishTemplate {
    /** Bytes of payload that the measurement itself needs. */
    static final int STAMP_BYTES = 4 + 4 + 8 + 8;

    static final int MARK = 0x4D56_4245;
    static final int PUBLISHER_OFFSET = 4;
    static final int SEQUENCE_OFFSET = 8;
    static final int INTENDED_OFFSET = 16;

    private final byte[] packet;
    private final int idOffset;
    private final int payloadOffset;
    private final int publisher;

    PublishTemplate(Protocol protocol, String topic, int qos, int payloadBytes, int publisher) {
        if (payloadBytes < STAMP_BYTES) {
            throw new IllegalArgumentException("payload of " + payloadBytes + " bytes: at least " + STAMP_BYTES);
        }
        this.publisher = publisher;
        ByteBuf body = Unpooled.buffer(256);
        Packets.writeString(body, topic);
        int idInBody = body.writerIndex();
        if (qos > 0) {
            body.writeShort(0);
        }
        if (protocol == Protocol.V5) {
            body.writeByte(0);
        }
        int payloadInBody = body.writerIndex();
        body.writeInt(MARK).writeInt(publisher).writeZero(payloadBytes - 2 * Integer.BYTES);
        int bodyBytes = body.readableBytes();
        packet = Packets.bytes(Packets.framed(0x30 | qos << 1, body));
        int header = packet.length - bodyBytes;
        idOffset = qos > 0 ? header + idInBody : -1;
        payloadOffset = header + payloadInBody;
    }

    int length() {
        return packet.length;
    }

    int publisher() {
        return publisher;
    }

    void write(ByteBuf out, int packetId, long sequence, long intendedNanos) {
        int start = out.writerIndex();
        out.writeBytes(packet);
        if (idOffset >= 0) {
            out.setShort(start + idOffset, packetId);
        }
        out.setLong(start + payloadOffset + SEQUENCE_OFFSET, sequence);
        out.setLong(start + payloadOffset + INTENDED_OFFSET, intendedNanos);
    }
}
