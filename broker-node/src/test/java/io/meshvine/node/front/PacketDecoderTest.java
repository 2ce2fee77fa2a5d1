package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttReasonCodes.Disconnect;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bytes of clients, good and bad (MQTT 5, 1.5, 2 and 3). */
class PacketDecoderTest {

    private static final String CONNECT5 = "10 0e 0004 4d515454 05 02 003c 00 0001 61";
    private static final String CONNECT3 = "10 0d 0004 4d515454 04 02 003c 0001 61";
    private static final int MAX_PACKET_SIZE = 1_000;

    private final EmbeddedChannel channel = new EmbeddedChannel(new PacketDecoder(MAX_PACKET_SIZE, MAX_PACKET_SIZE));

    @AfterEach
    void release() {
        channel.finishAndReleaseAll();
    }

    private void receive(String hex) {
        channel.writeInbound(Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex.replace(" ", ""))));
    }

    private MqttMessage connected(String connect) {
        receive(connect);
        MqttMessage message = channel.readInbound();
        assertThat(message.decoderResult().isSuccess())
                .as(String.valueOf(message.decoderResult()))
                .isTrue();
        return message;
    }

    private Throwable failure() {
        MqttMessage message = channel.readInbound();
        assertThat(message).isNotNull();
        assertThat(message.decoderResult().isFailure()).as(message.toString()).isTrue();
        return message.decoderResult().cause();
    }

    @ParameterizedTest
    @CsvSource({
        "00 00, MALFORMED_PACKET", // reserved type
        "31 ffffffff 01, MALFORMED_PACKET", // remaining length in 5 bytes
        "36 05 0001 61 0001, MALFORMED_PACKET", // QoS 3 [MQTT-3.3.1-4]
        "38 04 0001 61 00, MALFORMED_PACKET", // DUP at QoS 0 [MQTT-3.3.1-2]
        "32 06 0001 61 0000 00, MALFORMED_PACKET", // packet identifier 0 [MQTT-2.2.1-3]
        "30 03 0005 61, MALFORMED_PACKET", // topic longer than the packet
        "30 05 0002 c328 00, MALFORMED_PACKET", // not UTF-8 [MQTT-1.5.4-1]
        "30 06 0003 eda080 00, MALFORMED_PACKET", // a surrogate [MQTT-1.5.4-1]
        "30 04 0001 00 00, MALFORMED_PACKET", // U+0000 [MQTT-1.5.4-2]
        "30 05 0001 61 8000, MALFORMED_PACKET", // a number in more bytes than it needs [MQTT-1.5.5-1]
        "30 05 0001 61 05 01, MALFORMED_PACKET", // properties longer than the packet
        "30 06 0001 61 02 1100, MALFORMED_PACKET", // session expiry in a PUBLISH (2.2.2.2)
        "30 06 0001 61 02 7f00, MALFORMED_PACKET", // no such property
        "30 08 0001 61 04 0100 0101, PROTOCOL_ERROR", // a property twice
        "30 05 0001 61 01 02, MALFORMED_PACKET", // a property without its value
        "41 02 0001, MALFORMED_PACKET", // reserved flags [MQTT-2.1.3-1]
        "60 02 0001, MALFORMED_PACKET", // PUBREL with flags 0
        "80 06 0001 00 0001 61 00, MALFORMED_PACKET", // SUBSCRIBE with flags 0 [MQTT-3.8.1-1]
        "82 07 0001 00 0001 61 40, MALFORMED_PACKET", // reserved subscription option [MQTT-3.8.3-5]
        "82 07 0001 00 0001 61 03, MALFORMED_PACKET", // QoS 3
        "82 07 0001 00 0001 61 30, PROTOCOL_ERROR", // retain handling 3
        "82 06 0001 00 0001 61, MALFORMED_PACKET", // filter without options
        "a0 06 0001 00 0001 61, MALFORMED_PACKET", // UNSUBSCRIBE with flags 0 [MQTT-3.10.1-1]
        "c1 00, MALFORMED_PACKET", // PINGREQ with flags
        "c0 01 00, MALFORMED_PACKET", // PINGREQ with a payload
        "e1 00, MALFORMED_PACKET", // DISCONNECT with flags [MQTT-3.14.1-1]
        "40 03 0001 00 0000, MALFORMED_PACKET", // cut by its length, then garbage
        "20 03 00 00 00, PROTOCOL_ERROR", // CONNACK from a client
        "90 03 0001 00, PROTOCOL_ERROR", // SUBACK from a client
        "d0 00, PROTOCOL_ERROR" // PINGRESP from a client
    })
    void refusesMalformedPackets(String hex, Disconnect reason) {
        connected(CONNECT5);
        receive(hex);
        MqttMessage first = channel.readInbound();
        Throwable cause =
                first.decoderResult().isFailure() ? first.decoderResult().cause() : failure();
        assertThat(cause)
                .isInstanceOfSatisfying(
                        ProtocolViolation.class,
                        violation -> assertThat(violation.reason()).isEqualTo(reason));
        receive("c000");
        assertThat(channel.<Object>readInbound()).as("what follows is dropped").isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10 0d 0004 4d515454 04 03 003c 0001 61", // reserved flag [MQTT-3.1.2-3]
                "10 0e 0004 4d515454 04 02 003c 0001 61 00", // more than a CONNECT
                "10 0c 0004 4d515454 04 02 003c 0001", // less than a CONNECT
                "10 0d 0004 4d515454 04 02 003c 0001 ff", // client id not UTF-8 [MQTT-3.1.3-4]
                "10 14 0004 4d515454 05 02 003c 06 210001 210001 0001 61", // receive maximum twice
                "10 10 0004 4d515454 05 02 003c 02 0100 0001 61" // payload format in CONNECT
            })
    void refusesMalformedConnects(String hex) {
        receive(hex);
        assertThat(failure()).isInstanceOf(ConnectRefused.class);
    }

    @Test
    void refusesAReservedTypeBeforeMqtt5() {
        connected(CONNECT3);
        receive("f0 00");
        assertThat(failure()).isInstanceOf(ProtocolViolation.class);
    }

    @Test
    void refusesAPacketByItsLengthBeforeItsBytesCome() {
        connected(CONNECT5);
        receive("30 e6 07"); // 1 + 2 + 998: one too many
        assertThat(failure())
                .isInstanceOfSatisfying(
                        ProtocolViolation.class,
                        violation -> assertThat(violation.reason()).isEqualTo(Disconnect.PACKET_TOO_LARGE));
    }

    @Test
    void readsWhatMayBeLeftOut() {
        connected(CONNECT5);
        receive("40 02 0001  40 03 0002 10  40 04 0003 10 00  e0 00  e0 01 04  e0 02 04 00");
        for (int id = 1; id <= 3; id++) {
            MqttMessage ack = channel.readInbound();
            assertThat(((MqttMessageIdVariableHeader) ack.variableHeader()).messageId())
                    .isEqualTo(id);
        }
        for (int i = 0; i < 3; i++) {
            MqttMessage disconnect = channel.readInbound();
            assertThat(disconnect.fixedHeader().messageType()).isEqualTo(MqttMessageType.DISCONNECT);
        }
    }

    @Test
    void readsWellFormedTextOfAllPlanes() {
        connected(CONNECT5);
        String topic = "grün/\uFEFF/\uFFFD/\uD83D\uDE00";
        byte[] bytes = topic.getBytes(StandardCharsets.UTF_8);
        ByteBuf packet = Unpooled.buffer();
        packet.writeByte(0x30)
                .writeByte(2 + bytes.length + 1)
                .writeShort(bytes.length)
                .writeBytes(bytes)
                .writeByte(0);
        channel.writeInbound(packet.retainedDuplicate(), packet); // decoded, then known
        for (int i = 0; i < 2; i++) {
            MqttPublishMessage publish = channel.readInbound();
            assertThat(publish.variableHeader().topicName()).isEqualTo(topic);
            publish.release();
        }
    }

    @Test
    void readsPacketsHoweverTheyAreCut() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] stream = HexFormat.of()
                .parseHex((CONNECT5
                                + "30 0a 0003 612f62 00 78797a7a"
                                + "32 09 0001 61 0007 00 787980"
                                + "82 0c 0009 02 0b07 0004 612f2b23 2e"
                                + "a2 08 000a 00 0003 612f62"
                                + "c0 00"
                                + "62 02 0007")
                        .replace(" ", ""));
        for (int round = 0; round < 200; round++) {
            EmbeddedChannel cut = new EmbeddedChannel(new PacketDecoder(MAX_PACKET_SIZE, MAX_PACKET_SIZE));
            int at = 0;
            while (at < stream.length) {
                int length = 1 + random.nextInt(stream.length - at);
                cut.writeInbound(Unpooled.copiedBuffer(stream, at, length));
                at += length;
            }
            List<MqttMessageType> types = new ArrayList<>();
            MqttMessage message;
            while ((message = cut.readInbound()) != null) {
                assertThat(message.decoderResult().isSuccess())
                        .as("seed " + seed)
                        .isTrue();
                types.add(message.fixedHeader().messageType());
                if (message instanceof MqttPublishMessage publish) {
                    assertThat(ByteBufUtil.getBytes(publish.payload())).hasSizeBetween(3, 4);
                    publish.release();
                }
            }
            assertThat(types)
                    .as("seed " + seed)
                    .containsExactly(
                            MqttMessageType.CONNECT,
                            MqttMessageType.PUBLISH,
                            MqttMessageType.PUBLISH,
                            MqttMessageType.SUBSCRIBE,
                            MqttMessageType.UNSUBSCRIBE,
                            MqttMessageType.PINGREQ,
                            MqttMessageType.PUBREL);
            cut.finishAndReleaseAll();
        }
    }

    @Test
    void survivesRandomBytes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        byte[] connect = HexFormat.of().parseHex(CONNECT5.replace(" ", ""));
        for (int round = 0; round < 5_000; round++) {
            EmbeddedChannel fuzzed = new EmbeddedChannel(new PacketDecoder(MAX_PACKET_SIZE, MAX_PACKET_SIZE));
            if (random.nextBoolean()) {
                fuzzed.writeInbound(Unpooled.copiedBuffer(connect));
            }
            byte[] bytes = new byte[1 + random.nextInt(60)];
            random.nextBytes(bytes);
            if (bytes.length > 1) {
                bytes[1] = (byte) random.nextInt(bytes.length);
            }
            fuzzed.writeInbound(Unpooled.wrappedBuffer(bytes));
            assertThat(fuzzed.isOpen()).as("seed " + seed).isTrue();
            fuzzed.checkException();
            fuzzed.finishAndReleaseAll();
        }
    }

    @Test
    void tellsVersionsApart() {
        assertThat(((MqttConnectMessage) connected(CONNECT3)).variableHeader().version())
                .isEqualTo(4);
        receive("82 06 0001 0001 61 02");
        MqttSubscribeMessage subscribe = channel.readInbound();
        assertThat(subscribe
                        .payload()
                        .topicSubscriptions()
                        .get(0)
                        .option()
                        .qos()
                        .value())
                .isEqualTo(2);
    }
}
