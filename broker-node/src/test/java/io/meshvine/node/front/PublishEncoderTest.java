package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.Slices;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Origin;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperty;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.netty.util.AttributeKey;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** PUBLISH packets as another decoder reads them. */
class PublishEncoderTest {

    private static final long NOW = 1_000_000;
    private static final AttributeKey<MqttVersion> VERSION = AttributeKey.valueOf("NETTY_CODEC_MQTT_VERSION");

    private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelDuplexHandler());
    private final OutboundPackets packets =
            new OutboundPackets(channel.pipeline().firstContext());

    @AfterEach
    void release() {
        packets.release();
        channel.finishAndReleaseAll();
    }

    private static Delivery delivery(int payload, int qos, MqttProperties properties, long expiresAt, int... ids) {
        Message message = new Message(
                "töpic",
                Unpooled.wrappedBuffer(new byte[payload]),
                2,
                false,
                properties,
                expiresAt,
                "p",
                Origin.CLIENT);
        return new Delivery(message, qos, true, ids);
    }

    private MqttPublishMessage written(MqttVersion version) {
        packets.flush();
        ByteBuf bytes = channel.readOutbound();
        EmbeddedChannel decoder = new EmbeddedChannel(new MqttDecoder(1 << 28));
        decoder.attr(VERSION).set(version);
        decoder.writeInbound(bytes);
        MqttPublishMessage publish = decoder.readInbound();
        assertThat(publish.decoderResult().isSuccess())
                .as(publish.decoderResult().toString())
                .isTrue();
        assertThat(decoder.<Object>readInbound()).isNull();
        decoder.finishAndReleaseAll();
        return publish;
    }

    private static PublishEncoder encoder(boolean version5, long maxPacketSize, int aliases) {
        return new PublishEncoder(version5, maxPacketSize, new OutboundAliases(aliases));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 115, 116, 117, 118, 16_370, 16_371, 16_372, 16_373, 2_097_200})
    void writesLengthsOfAllSizes(int payload) {
        encoder(true, Long.MAX_VALUE, 0)
                .encode(packets, delivery(payload, 1, MqttProperties.NO_PROPERTIES, Message.NEVER), 7, true, NOW);
        MqttPublishMessage publish = written(MqttVersion.MQTT_5);
        assertThat(publish.payload().readableBytes()).isEqualTo(payload);
        assertThat(publish.variableHeader().topicName()).isEqualTo("töpic");
        assertThat(publish.variableHeader().packetId()).isEqualTo(7);
        assertThat(publish.fixedHeader().isDup()).isTrue();
        assertThat(publish.fixedHeader().isRetain()).isTrue();
        assertThat(publish.fixedHeader().qosLevel().value()).isEqualTo(1);
        publish.release();
    }

    @Test
    void writesPropertiesIdentifiersAndWhatIsLeftOfTheExpiry() {
        MqttProperties properties = new MqttProperties();
        properties.add(new IntegerProperty(MqttPropertyType.PAYLOAD_FORMAT_INDICATOR.value(), 1));
        properties.add(new StringProperty(MqttPropertyType.CONTENT_TYPE.value(), "ü"));
        properties.add(new BinaryProperty(MqttPropertyType.CORRELATION_DATA.value(), new byte[] {1, 2}));
        properties.add(new UserProperty("k", "v"));
        encoder(true, Long.MAX_VALUE, 3)
                .encode(packets, delivery(3, 0, properties, NOW + 1_500, 1, 200, 20_000, 268_435_455), 0, false, NOW);
        MqttPublishMessage publish = written(MqttVersion.MQTT_5);
        PropertyReader reader = new PropertyReader(publish.variableHeader().properties());
        assertThat(reader.integer(MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL, 0))
                .isEqualTo(2);
        assertThat(reader.integer(MqttPropertyType.TOPIC_ALIAS, 0)).isEqualTo(1);
        assertThat(reader.string(MqttPropertyType.CONTENT_TYPE)).isEqualTo("ü");
        assertThat(publish.variableHeader()
                        .properties()
                        .getProperties(MqttPropertyType.SUBSCRIPTION_IDENTIFIER.value()))
                .extracting(property -> ((IntegerProperty) property).value())
                .containsExactly(1, 200, 20_000, 268_435_455);
        assertThat(ByteBufUtil.getBytes(publish.payload())).hasSize(3);
        publish.release();
    }

    @Test
    void leavesPropertiesOutForMqtt3() {
        encoder(false, Long.MAX_VALUE, 0).encode(packets, delivery(3, 0, new MqttProperties(), NOW, 5), 0, false, NOW);
        MqttPublishMessage publish = written(MqttVersion.MQTT_3_1_1);
        assertThat(publish.payload().readableBytes()).isEqualTo(3);
        publish.release();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 4})
    void keepsToTheLimitToTheByte(int aliases) {
        Delivery delivery = delivery(300, 1, MqttProperties.NO_PROPERTIES, NOW + 5_000, 9);
        encoder(true, Long.MAX_VALUE, aliases).encode(packets, delivery, 1, false, NOW);
        packets.flush();
        ByteBuf whole = channel.readOutbound();
        int size = whole.readableBytes();
        whole.release();
        assertThat(encoder(true, size, aliases).encode(packets, delivery, 1, false, NOW))
                .isTrue();
        packets.flush();
        whole = channel.readOutbound();
        assertThat(whole.readableBytes()).isEqualTo(size);
        whole.release();
        assertThat(encoder(true, size - 1, aliases).encode(packets, delivery, 1, false, NOW))
                .isFalse();
        packets.flush();
        assertThat(channel.<Object>readOutbound()).isNull();
    }

    @Test
    void gathersPacketsInTheirOrder() {
        PublishEncoder encoder = encoder(false, Long.MAX_VALUE, 0);
        for (int i = 0; i < 1_000; i++) {
            encoder.encode(packets, delivery(i % 90, 0, MqttProperties.NO_PROPERTIES, Message.NEVER), 0, false, NOW);
        }
        packets.flush();
        EmbeddedChannel decoder = new EmbeddedChannel(new MqttDecoder(1 << 20));
        int buffers = 0;
        ByteBuf bytes;
        while ((bytes = channel.readOutbound()) != null) {
            decoder.writeInbound(bytes);
            buffers++;
        }
        assertThat(buffers).isLessThan(10);
        for (int i = 0; i < 1_000; i++) {
            MqttPublishMessage publish = decoder.readInbound();
            assertThat(publish.payload().readableBytes()).isEqualTo(i % 90);
            publish.release();
        }
        decoder.finishAndReleaseAll();
    }

    /** Messages of one topic, in an array with gaps. */
    private static Message severalMessages(int... payloads) {
        int[] bounds = new int[2 * (payloads.length - 1)];
        byte[] array = new byte[100_000];
        int at = 3;
        for (int i = 1; i < payloads.length; i++) {
            bounds[2 * (i - 1)] = at;
            Arrays.fill(array, at, at + payloads[i], (byte) i);
            at += payloads[i];
            bounds[2 * (i - 1) + 1] = at;
            at += 2;
        }
        return new Message(
                        "töpic",
                        Unpooled.wrappedBuffer(new byte[payloads[0]]),
                        0,
                        false,
                        MqttProperties.NO_PROPERTIES,
                        Message.NEVER,
                        "",
                        Origin.PEER)
                .with(new Slices(array, bounds));
    }

    private byte[] bytesWritten() {
        packets.flush();
        ByteBuf all = Unpooled.buffer();
        ByteBuf some = channel.readOutbound();
        while (some != null) {
            all.writeBytes(some);
            some.release();
            some = channel.readOutbound();
        }
        return ByteBufUtil.getBytes(all);
    }

    @ParameterizedTest
    @CsvSource({"false,0,", "true,0,", "true,5,", "true,0,7", "true,5,300"})
    void writesSeveralMessagesAsIfOneByOne(boolean version5, int aliases, @Nullable Integer id) {
        int[] ids = id == null ? Delivery.NO_IDS : new int[] {id};
        int maxPacketSize = 20_000; // the last but one is larger
        Delivery all = new Delivery(severalMessages(3, 3, 0, 16_371, 120, 30_000, 3), 0, true, ids);
        PublishEncoder encoder = encoder(version5, maxPacketSize, aliases);
        PublishEncoder other = encoder(version5, maxPacketSize, aliases);

        assertThat(encoder.encode(packets, all, 0, false, NOW)).isTrue();
        assertThat(encoder.encodeFurther(packets, all)).isEqualTo(5);
        byte[] together = bytesWritten();
        int count = 0;
        for (Message one : all.message().each()) {
            count += other.encode(packets, new Delivery(one, 0, true, ids), 0, false, NOW) ? 1 : 0;
        }

        assertThat(count).isEqualTo(6);
        assertThat(together).isEqualTo(bytesWritten());
    }
}
