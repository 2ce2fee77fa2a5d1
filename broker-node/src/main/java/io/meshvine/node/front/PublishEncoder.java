package io.meshvine.node.front;

import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.Message;
import io.netty.buffer.ByteBuf;
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
        int size = 1 + PropertyWriter.variableLength(remaining) + remaining;
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
