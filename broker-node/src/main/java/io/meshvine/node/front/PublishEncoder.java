package io.meshvine.node.front;

import io.meshvine.mesh.Slices;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import java.nio.charset.StandardCharsets;

/**
 * Writes the PUBLISH packets of one client (MQTT 5, 3.3) straight into the buffer that leaves, and knows their size before.
 * Confined to the connection's loop.
 */
final class PublishEncoder {

    private static final int TYPE = 0x30;
    private static final int DUP = 0x08;
    private static final int RETAIN = 0x01;
    private static final int EXPIRY_LENGTH = 1 + 4;
    private static final int ALIAS_LENGTH = 1 + 2;
    private static final long MILLIS_PER_SECOND = 1_000;
    private static final byte[] NO_BYTES = {};

    private final boolean version5;
    private final long maxPacketSize;
    private final OutboundAliases aliases;

    /** Messages of a topic mostly come with the same string. */
    private String latestTopic = "";

    private byte[] latestBytes = NO_BYTES;

    PublishEncoder(boolean version5, long maxPacketSize, OutboundAliases aliases) {
        this.version5 = version5;
        this.maxPacketSize = maxPacketSize;
        this.aliases = aliases;
    }

    /** Writes the packet, unless the client takes none of its size [MQTT-3.1.2-24]; then returns false. */
    boolean encode(OutboundPackets packets, Delivery delivery, int packetId, boolean dup, long nowMillis) {
        Message message = delivery.message();
        String topic = message.topic();
        int alias = aliases.find(topic);
        boolean topicKnown = alias != OutboundAliases.NONE;
        boolean aliasNew = !topicKnown && aliases.enabled();
        byte[] topicBytes = topicKnown ? NO_BYTES : utf8(topic);
        boolean expires = version5 && message.canExpire();
        int propertyBytes = 0;
        if (version5) {
            propertyBytes = PropertyWriter.length(message.properties())
                    + PropertyWriter.length(delivery.subscriptionIds())
                    + (expires ? EXPIRY_LENGTH : 0)
                    + (topicKnown || aliasNew ? ALIAS_LENGTH : 0);
        }
        ByteBuf payload = message.payload();
        int remaining = 2
                + topicBytes.length
                + (delivery.qos() > 0 ? 2 : 0)
                + (version5 ? PropertyWriter.variableLength(propertyBytes) + propertyBytes : 0)
                + payload.readableBytes();
        int size = sizeOf(remaining);
        if (size > maxPacketSize) {
            return false;
        }
        ByteBuf out = packets.room(size);
        out.writeByte(TYPE | (dup ? DUP : 0) | (delivery.qos() << 1) | (delivery.retain() ? RETAIN : 0));
        PropertyWriter.writeVariable(out, remaining);
        out.writeShort(topicBytes.length).writeBytes(topicBytes);
        if (delivery.qos() > 0) {
            out.writeShort(packetId);
        }
        if (version5) {
            PropertyWriter.writeVariable(out, propertyBytes);
            PropertyWriter.write(out, message.properties());
            PropertyWriter.write(out, delivery.subscriptionIds());
            if (expires) {
                // [MQTT-3.3.2-6]: the interval received, less the time it waited here.
                out.writeByte(MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL.value());
                out.writeInt(remainingSeconds(message, nowMillis));
            }
            if (topicKnown || aliasNew) {
                out.writeByte(MqttPropertyType.TOPIC_ALIAS.value());
                out.writeShort(topicKnown ? alias : aliases.assign(topic));
            }
        }
        out.writeBytes(payload, payload.readerIndex(), payload.readableBytes());
        return true;
    }

    /** Writes the packets of what comes behind a message that was written; returns how many the client takes. */
    int encodeFurther(OutboundPackets packets, Delivery delivery) {
        Slices payloads = delivery.message().further();
        byte[] head = headOfFurther(delivery);
        int bytes = 0;
        for (int i = 0; i < payloads.count(); i++) {
            int size = sizeOf(head.length + payloads.length(i));
            bytes += size > maxPacketSize ? 0 : size;
        }
        if (bytes == 0) {
            return 0;
        }
        ByteBuf out = packets.room(bytes).ensureWritable(bytes);
        byte[] start = NO_BYTES;
        int startLength = -1; // of the payload that it is for: many are as long as the one before
        int written = 0;
        for (int i = 0; i < payloads.count(); i++) {
            int length = payloads.length(i);
            if (sizeOf(head.length + length) <= maxPacketSize) {
                if (length != startLength) {
                    start = startOfFurther(delivery, head, length);
                    startLength = length;
                }
                out.writeBytes(start);
                out.writeBytes(payloads.array(), payloads.start(i), length);
                written++;
            }
        }
        return written;
    }

    /** All of a packet but its payload. */
    private static byte[] startOfFurther(Delivery delivery, byte[] head, int payloadBytes) {
        int remaining = head.length + payloadBytes;
        ByteBuf start = Unpooled.buffer(1 + 4 + head.length);
        start.writeByte(TYPE | (delivery.retain() ? RETAIN : 0));
        PropertyWriter.writeVariable(start, remaining);
        return ByteBufUtil.getBytes(start.writeBytes(head));
    }

    /** What stands between the length and the payload: the alias is known by now, and there is no other property. */
    private byte[] headOfFurther(Delivery delivery) {
        String topic = delivery.message().topic();
        int alias = aliases.find(topic);
        boolean topicKnown = alias != OutboundAliases.NONE;
        byte[] topicBytes = topicKnown ? NO_BYTES : utf8(topic);
        int propertyBytes = PropertyWriter.length(delivery.subscriptionIds()) + (topicKnown ? ALIAS_LENGTH : 0);
        ByteBuf head = Unpooled.buffer(2 + topicBytes.length + 4 + propertyBytes);
        head.writeShort(topicBytes.length).writeBytes(topicBytes);
        if (version5) {
            PropertyWriter.writeVariable(head, propertyBytes);
            PropertyWriter.write(head, delivery.subscriptionIds());
            if (topicKnown) {
                head.writeByte(MqttPropertyType.TOPIC_ALIAS.value()).writeShort(alias);
            }
        }
        return ByteBufUtil.getBytes(head);
    }

    private static int sizeOf(int remaining) {
        return 1 + PropertyWriter.variableLength(remaining) + remaining;
    }

    @SuppressWarnings("ReferenceEquality") // Of another string that says the same, the bytes are made anew.
    private byte[] utf8(String topic) {
        if (topic != latestTopic) {
            latestTopic = topic;
            latestBytes = topic.getBytes(StandardCharsets.UTF_8);
        }
        return latestBytes;
    }

    /** At least 1: what was sent once may be sent again after it expired. */
    private static int remainingSeconds(Message message, long nowMillis) {
        long millis = message.expiresAtMillis() - nowMillis;
        return (int) Math.max(1, (millis + MILLIS_PER_SECOND - 1) / MILLIS_PER_SECOND);
    }
}
