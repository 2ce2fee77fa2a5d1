package io.meshvine.node.routing;

import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireFormat;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Origin;
import io.meshvine.node.session.PublishCodec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** A will as other nodes keep it: version, QoS and RETAIN, expiry, topic, and the body of a publish. Stateless. */
final class WillCodec {
    private static final int VERSION = 1;
    private static final int QOS_MASK = 0x03;
    private static final int RETAIN = 0x04;

    private WillCodec() {}

    static byte[] encode(Will will) {
        ByteBuf payload = Unpooled.wrappedBuffer(will.payload());
        byte[] body = PublishCodec.encode(will.properties(), payload);
        return new WireWriter(body.length + will.topic().length() + 16)
                .writeByte(VERSION)
                .writeByte(will.qos() | (will.retain() ? RETAIN : 0))
                .writeLong(will.expirySeconds())
                .writeString(will.topic())
                .writeRaw(body)
                .toByteArray();
    }

    /** The message that is to be published now. */
    static Message decode(String clientId, byte[] encoded, long nowMillis) throws WireException {
        WireReader in = WireReader.of(encoded);
        int version = in.readByte();
        int flags = in.readByte();
        if (version != VERSION || (flags & QOS_MASK) > 2 || flags > (QOS_MASK | RETAIN)) {
            throw new WireException("will of version " + version + " with flags " + flags);
        }
        long expirySeconds = in.readLong();
        String topic = in.readString(WireFormat.MAX_TOPIC_BYTES);
        byte[] body = new byte[in.remaining()];
        for (int i = 0; i < body.length; i++) {
            body[i] = (byte) in.readByte();
        }
        if (body.length == 0 || expirySeconds < MeshPublish.NEVER_EXPIRES) {
            throw new WireException("will without properties, or with expiry " + expirySeconds);
        }
        long expiresAt = expirySeconds == Will.NEVER_EXPIRES ? Message.NEVER : nowMillis + expirySeconds * 1000;
        Message read =
                PublishCodec.decode(topic, flags & QOS_MASK, (flags & RETAIN) != 0, body, expiresAt, Origin.WILL);
        return new Message(
                topic,
                read.payload(),
                read.qos(),
                read.isRetain(),
                read.properties(),
                expiresAt,
                clientId,
                Origin.WILL);
    }
}
