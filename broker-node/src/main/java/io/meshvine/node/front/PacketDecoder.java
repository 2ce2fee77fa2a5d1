package io.meshvine.node.front;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageFactory;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttSubscribePayload;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption.RetainedHandlingPolicy;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import io.netty.handler.codec.mqtt.MqttUnsubscribePayload;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Cuts the stream of a client into packets and decodes them, as strictly as the standard has it; Netty's own decoder lets
 * repeated and misplaced properties and reserved bits pass, and is slower. The last message is one whose decoding failed
 * with a {@link ProtocolViolation} or {@link ConnectRefused}; what follows it is dropped. One per channel.
 */
final class PacketDecoder extends ByteToMessageDecoder {

    /** Where Netty's encoder looks for the client's version. */
    private static final AttributeKey<MqttVersion> ENCODER_VERSION = AttributeKey.valueOf("NETTY_CODEC_MQTT_VERSION");

    private static final FastThreadLocal<PacketReader> READERS = new FastThreadLocal<>() {
        @Override
        protected PacketReader initialValue() {
            return new PacketReader();
        }
    };

    private static final int MIN_PACKET = 2;
    private static final int MAX_LENGTH_BYTES = 4;
    private static final int FLAGS_OF_REQUESTS = 0x02;
    private static final int DUP = 0x08;
    private static final int RETAIN = 0x01;

    private final int maxConnectSize;
    private final int maxPacketSize;
    private boolean connectSeen;
    private boolean version5;
    private boolean failed;

    /**
     * @param maxConnectSize largest first packet, bytes, if that is less
     * @param maxPacketSize largest packet, bytes
     */
    PacketDecoder(int maxConnectSize, int maxPacketSize) {
        this.maxConnectSize = Math.min(maxConnectSize, maxPacketSize);
        this.maxPacketSize = maxPacketSize;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (failed) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (in.readableBytes() < MIN_PACKET) {
            return;
        }
        try {
            MqttMessage packet = next(context, in);
            if (packet != null) {
                out.add(packet);
            }
        } catch (ProtocolViolation | ConnectRefused cause) {
            failed = true;
            in.skipBytes(in.readableBytes());
            out.add(MqttMessageFactory.newInvalidMessage(cause));
        }
    }

    private @Nullable MqttMessage next(ChannelHandlerContext context, ByteBuf in)
            throws ProtocolViolation, ConnectRefused {
        int start = in.readerIndex();
        int first = in.getUnsignedByte(start);
        int remaining = 0;
        int at = 1;
        int part;
        do {
            if (in.readableBytes() <= at) {
                return null;
            }
            part = in.getUnsignedByte(start + at);
            remaining |= (part & 0x7F) << (7 * (at - 1));
            at++;
            if ((part & 0x80) != 0 && at > MAX_LENGTH_BYTES) {
                throw PacketReader.malformed("remaining length in more than 4 bytes");
            }
        } while ((part & 0x80) != 0);
        if (at + remaining > (connectSeen ? maxPacketSize : maxConnectSize)) {
            // Known from the first bytes: nothing of it is collected [MQTT-3.2.2-15].
            throw new ProtocolViolation(
                    MqttReasonCodes.Disconnect.PACKET_TOO_LARGE, "a packet of " + (at + remaining) + " bytes");
        }
        if (in.readableBytes() < at + remaining) {
            return null;
        }
        in.skipBytes(at);
        PacketReader reader = READERS.get();
        reader.begin(in, remaining);
        return packet(context, reader, first >> 4, first & 0x0F);
    }

    private MqttMessage packet(ChannelHandlerContext context, PacketReader in, int type, int flags)
            throws ProtocolViolation, ConnectRefused {
        if (!connectSeen) {
            if (type != MqttMessageType.CONNECT.value()) {
                throw ProtocolViolation.protocolError("the first packet is no CONNECT"); // [MQTT-3.1.0-1]
            }
            requireFlags(flags, 0);
            connectSeen = true;
            return connect(context, in);
        }
        if (type == MqttMessageType.PUBLISH.value()) {
            return publish(in, flags);
        }
        MqttMessageType kind =
                type == 0 || (type == MqttMessageType.AUTH.value() && !version5) ? null : MqttMessageType.valueOf(type);
        if (kind == null) {
            throw PacketReader.malformed("reserved packet type " + type);
        }
        MqttMessage packet =
                switch (kind) {
                    case PUBACK, PUBREC, PUBCOMP -> acknowledgement(in, kind, MqttQoS.AT_MOST_ONCE, flags, 0);
                    case PUBREL -> acknowledgement(in, kind, MqttQoS.AT_LEAST_ONCE, flags, FLAGS_OF_REQUESTS);
                    case SUBSCRIBE -> subscribe(in, flags);
                    case UNSUBSCRIBE -> unsubscribe(in, flags);
                    case DISCONNECT -> farewell(in, kind, PropertyDecoder.Place.DISCONNECT, flags);
                    case AUTH -> farewell(in, kind, PropertyDecoder.Place.AUTH, flags);
                    case PINGREQ -> plain(kind, flags);
                    default ->
                        throw ProtocolViolation.protocolError(
                                kind == MqttMessageType.CONNECT // [MQTT-3.1.0-2]
                                        ? "a second CONNECT"
                                        : kind + " is the server's to send");
                };
        in.end();
        return packet;
    }

    private MqttMessage connect(ChannelHandlerContext context, PacketReader in) throws ConnectRefused {
        try {
            MqttConnectMessage connect = ConnectDecoder.read(in);
            version5 = ConnectRequest.isVersion5(connect);
            tellEncoder(context, version5);
            return connect;
        } catch (ConnectRefused refused) {
            tellEncoder(context, refused.version5());
            throw refused;
        }
    }

    private static void tellEncoder(ChannelHandlerContext context, boolean version5) {
        context.channel().attr(ENCODER_VERSION).set(version5 ? MqttVersion.MQTT_5 : MqttVersion.MQTT_3_1_1);
    }

    private MqttMessage publish(PacketReader in, int flags) throws ProtocolViolation {
        int qos = flags >> 1 & 0x03;
        boolean dup = (flags & DUP) != 0;
        if (qos > 2) {
            throw PacketReader.malformed("QoS 3"); // [MQTT-3.3.1-4]
        }
        if (dup && qos == 0) {
            throw PacketReader.malformed("DUP at QoS 0"); // [MQTT-3.3.1-2]
        }
        String topic = in.topic();
        int packetId = qos > 0 ? in.packetId() : 0;
        MqttProperties properties =
                version5 ? PropertyDecoder.read(in, PropertyDecoder.Place.PUBLISH) : MqttProperties.NO_PROPERTIES;
        // Copied: a slice would keep the whole read buffer alive for as long as anybody has the message queued.
        ByteBuf payload = in.remaining() == 0 ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(in.rest());
        return new MqttPublishMessage(
                new MqttFixedHeader(MqttMessageType.PUBLISH, dup, MqttQoS.valueOf(qos), (flags & RETAIN) != 0, 0),
                new MqttPublishVariableHeader(topic, packetId, properties),
                payload);
    }

    private MqttMessage acknowledgement(PacketReader in, MqttMessageType kind, MqttQoS qos, int flags, int required)
            throws ProtocolViolation {
        requireFlags(flags, required);
        int packetId = in.packetId();
        int reason = 0;
        MqttProperties properties = MqttProperties.NO_PROPERTIES;
        if (version5 && in.remaining() > 0) {
            reason = in.unsignedByte();
            if (in.remaining() > 0) {
                properties = PropertyDecoder.read(in, PropertyDecoder.Place.ACKNOWLEDGEMENT);
            }
        }
        return new MqttMessage(
                Packets.header(kind, qos), new MqttPubReplyMessageVariableHeader(packetId, (byte) reason, properties));
    }

    private MqttMessage subscribe(PacketReader in, int flags) throws ProtocolViolation {
        requireFlags(flags, FLAGS_OF_REQUESTS); // [MQTT-3.8.1-1]
        MqttMessageIdAndPropertiesVariableHeader header = request(in, PropertyDecoder.Place.SUBSCRIBE);
        List<MqttTopicSubscription> subscriptions = new ArrayList<>();
        while (in.remaining() > 0) {
            String filter = in.string();
            subscriptions.add(new MqttTopicSubscription(filter, option(in.unsignedByte())));
        }
        return new MqttSubscribeMessage(
                Packets.header(MqttMessageType.SUBSCRIBE, MqttQoS.AT_LEAST_ONCE),
                header,
                new MqttSubscribePayload(subscriptions));
    }

    private MqttSubscriptionOption option(int bits) throws ProtocolViolation {
        int qos = bits & 0x03;
        int retainHandling = bits >> 4 & 0x03;
        if (qos > 2 || (version5 ? bits >> 6 : bits >> 2) != 0) {
            // [MQTT-3.8.3-5]; of MQTT 3.1.1 [MQTT-3-8.3-4]
            throw PacketReader.malformed("reserved bits in subscription options");
        }
        if (retainHandling > 2) {
            throw ProtocolViolation.protocolError("retain handling 3"); // MQTT 5, 3.8.3.1
        }
        return new MqttSubscriptionOption(
                MqttQoS.valueOf(qos),
                (bits & 0x04) != 0,
                (bits & 0x08) != 0,
                RetainedHandlingPolicy.valueOf(retainHandling));
    }

    private MqttMessage unsubscribe(PacketReader in, int flags) throws ProtocolViolation {
        requireFlags(flags, FLAGS_OF_REQUESTS); // [MQTT-3.10.1-1]
        MqttMessageIdAndPropertiesVariableHeader header = request(in, PropertyDecoder.Place.UNSUBSCRIBE);
        List<String> filters = new ArrayList<>();
        while (in.remaining() > 0) {
            filters.add(in.string());
        }
        return new MqttUnsubscribeMessage(
                Packets.header(MqttMessageType.UNSUBSCRIBE, MqttQoS.AT_LEAST_ONCE),
                header,
                new MqttUnsubscribePayload(filters));
    }

    private MqttMessageIdAndPropertiesVariableHeader request(PacketReader in, PropertyDecoder.Place place)
            throws ProtocolViolation {
        int packetId = in.packetId();
        return new MqttMessageIdAndPropertiesVariableHeader(
                packetId, version5 ? PropertyDecoder.read(in, place) : MqttProperties.NO_PROPERTIES);
    }

    /** DISCONNECT and AUTH: reason and properties may be left out (MQTT 5, 3.14.2.1). */
    private MqttMessage farewell(PacketReader in, MqttMessageType kind, PropertyDecoder.Place place, int flags)
            throws ProtocolViolation {
        requireFlags(flags, 0); // [MQTT-3.14.1-1]
        int reason = 0;
        MqttProperties properties = MqttProperties.NO_PROPERTIES;
        if (version5 && in.remaining() > 0) {
            reason = in.unsignedByte();
            if (in.remaining() > 0) {
                properties = PropertyDecoder.read(in, place);
            }
        }
        return new MqttMessage(
                Packets.header(kind, MqttQoS.AT_MOST_ONCE),
                new MqttReasonCodeAndPropertiesVariableHeader((byte) reason, properties));
    }

    private static MqttMessage plain(MqttMessageType kind, int flags) throws ProtocolViolation {
        requireFlags(flags, 0);
        return new MqttMessage(Packets.header(kind, MqttQoS.AT_MOST_ONCE));
    }

    private static void requireFlags(int flags, int required) throws ProtocolViolation {
        if (flags != required) {
            throw PacketReader.malformed("reserved flags of the fixed header"); // [MQTT-2.1.3-1]
        }
    }
}
