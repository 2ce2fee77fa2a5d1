package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.netty.util.AttributeKey;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * A client that says exactly what a test tells it to say, packet by packet or byte by byte. It acknowledges nothing by
 * itself. One thread.
 */
final class TestClient implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 5_000;
    private static final int SILENCE_MILLIS = 150;
    private static final AttributeKey<MqttVersion> VERSION = AttributeKey.valueOf("NETTY_CODEC_MQTT_VERSION");

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final EmbeddedChannel decoder = new EmbeddedChannel(new MqttDecoder(1 << 28));
    private final EmbeddedChannel encoder = new EmbeddedChannel(MqttEncoder.INSTANCE);
    private final Queue<Packet> received = new ArrayDeque<>();
    private boolean ended;

    /** A packet of the server; of a PUBLISH also its payload. */
    record Packet(MqttMessage message, byte[] payload) {

        MqttMessageType type() {
            return message.fixedHeader().messageType();
        }

        int packetId() {
            return message instanceof MqttPublishMessage publish
                    ? publish.variableHeader().packetId()
                    : ((MqttMessageIdVariableHeader) message.variableHeader()).messageId();
        }

        int reason() {
            if (message.variableHeader() instanceof MqttReasonCodeAndPropertiesVariableHeader header) {
                return header.reasonCode() & 0xFF;
            }
            return ((MqttPubReplyMessageVariableHeader) message.variableHeader()).reasonCode() & 0xFF;
        }

        String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        String topic() {
            return ((MqttPublishMessage) message).variableHeader().topicName();
        }

        int qos() {
            return message.fixedHeader().qosLevel().value();
        }

        MqttProperties properties() {
            return ((MqttPublishMessage) message).variableHeader().properties();
        }

        List<Integer> codes() {
            return ((MqttSubAckMessage) message).payload().reasonCodes();
        }

        MqttConnAckMessage connack() {
            return (MqttConnAckMessage) message;
        }
    }

    TestClient(int port) {
        try {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            in = socket.getInputStream();
            out = socket.getOutputStream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Speaks this version from now on. */
    TestClient version(MqttVersion version) {
        decoder.attr(VERSION).set(version);
        encoder.attr(VERSION).set(version);
        return this;
    }

    /** A connected client of MQTT 5 with a clean start. */
    static TestClient mqtt5(LoopbackNode node, String clientId) {
        return mqtt5(node, clientId, connect -> {});
    }

    static TestClient mqtt5(LoopbackNode node, String clientId, Consumer<MqttMessageBuilders.ConnectBuilder> more) {
        TestClient client = new TestClient(node.port()).version(MqttVersion.MQTT_5);
        client.connect(clientId, more).expectAccepted();
        return client;
    }

    /** A connected client of MQTT 3.1.1 with a clean session. */
    static TestClient mqtt3(LoopbackNode node, String clientId) {
        return mqtt3(node, clientId, connect -> {});
    }

    static TestClient mqtt3(LoopbackNode node, String clientId, Consumer<MqttMessageBuilders.ConnectBuilder> more) {
        TestClient client = new TestClient(node.port()).version(MqttVersion.MQTT_3_1_1);
        client.connect(clientId, more).expectAccepted();
        return client;
    }

    TestClient connect(String clientId, Consumer<MqttMessageBuilders.ConnectBuilder> more) {
        return send(connectPacket(clientId, more));
    }

    MqttMessage connectPacket(String clientId, Consumer<MqttMessageBuilders.ConnectBuilder> more) {
        MqttMessageBuilders.ConnectBuilder connect = MqttMessageBuilders.connect()
                .protocolVersion(encoder.attr(VERSION).get())
                .clientId(clientId)
                .cleanSession(true)
                .keepAlive(60);
        more.accept(connect);
        return connect.build();
    }

    MqttConnAckMessage expectAccepted() {
        MqttConnAckMessage connack = expect(MqttMessageType.CONNACK).connack();
        assertThat(connack.variableHeader().connectReturnCode()).isEqualTo(MqttConnectReturnCode.CONNECTION_ACCEPTED);
        return connack;
    }

    // ---- Sending

    TestClient send(MqttMessage... messages) {
        try {
            for (MqttMessage message : messages) {
                encoder.writeOutbound(message);
            }
            ByteBuf bytes;
            while ((bytes = encoder.readOutbound()) != null) {
                out.write(ByteBufUtil.getBytes(bytes));
                bytes.release();
            }
            out.flush();
        } catch (IOException e) {
            ended = true; // Reset by the server, as reading will show.
        }
        return this;
    }

    /** The bytes of packets, to be sent as one write. */
    byte[] encode(MqttMessage... messages) {
        ByteBuf all = Unpooled.buffer();
        for (MqttMessage message : messages) {
            encoder.writeOutbound(message);
            ByteBuf bytes = encoder.readOutbound();
            all.writeBytes(bytes);
            bytes.release();
        }
        return ByteBufUtil.getBytes(all);
    }

    TestClient sendHex(String hex) {
        return sendBytes(HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    TestClient sendBytes(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
        } catch (IOException e) {
            ended = true;
        }
        return this;
    }

    TestClient publish(String topic, int qos, int packetId, String payload) {
        return publish(topic, qos, packetId, payload, MqttProperties.NO_PROPERTIES, false);
    }

    TestClient publish(String topic, int qos, int packetId, String payload, MqttProperties properties, boolean retain) {
        return send(publishPacket(topic, qos, packetId, payload, properties, retain));
    }

    static MqttMessage publishPacket(
            String topic, int qos, int packetId, String payload, MqttProperties properties, boolean retain) {
        return MqttMessageBuilders.publish()
                .topicName(topic)
                .qos(MqttQoS.valueOf(qos))
                .messageId(packetId)
                .retained(retain)
                .properties(properties)
                .payload(Unpooled.copiedBuffer(payload, StandardCharsets.UTF_8))
                .build();
    }

    TestClient ack(MqttMessageType type, int packetId) {
        MqttQoS qos = type == MqttMessageType.PUBREL ? MqttQoS.AT_LEAST_ONCE : MqttQoS.AT_MOST_ONCE;
        return send(new MqttMessage(
                new MqttFixedHeader(type, false, qos, false, 0), MqttMessageIdVariableHeader.from(packetId)));
    }

    /** Subscribes and waits for the SUBACK. */
    TestClient subscribed(String filter, int qos) {
        return subscribed(7, subscribe -> subscribe.addSubscription(MqttQoS.valueOf(qos), filter));
    }

    TestClient subscribed(int packetId, Consumer<MqttMessageBuilders.SubscribeBuilder> more) {
        MqttMessageBuilders.SubscribeBuilder subscribe =
                MqttMessageBuilders.subscribe().messageId(packetId);
        more.accept(subscribe);
        send(subscribe.build());
        assertThat(expect(MqttMessageType.SUBACK).codes()).allMatch(code -> code < 0x80);
        return this;
    }

    // ---- Receiving

    Packet expect(MqttMessageType type) {
        Packet packet = next();
        assertThat(packet).as("the server's end instead of " + type).isNotNull();
        assertThat(packet.type()).as(packet.message().toString()).isEqualTo(type);
        return packet;
    }

    Packet expectPublish(String payload) {
        Packet publish = expect(MqttMessageType.PUBLISH);
        assertThat(publish.text()).isEqualTo(payload);
        return publish;
    }

    /** The server ends the connection and says nothing before. */
    void expectEnd() {
        assertThat(next()).isNull();
    }

    /** The server tells this reason and ends the connection. */
    void expectDisconnect(int reason) {
        assertThat(expect(MqttMessageType.DISCONNECT).reason()).isEqualTo(reason);
        expectEnd();
    }

    /** Nothing comes for a while: what was asked before has been answered. */
    void expectSilence() {
        send(MqttMessage.PINGREQ);
        expect(MqttMessageType.PINGRESP);
        timeout(SILENCE_MILLIS);
        try {
            Packet packet = next();
            throw new AssertionError("expected nothing, got " + (packet == null ? "the end" : packet.message()));
        } catch (UncheckedIOException expected) {
            assertThat(expected.getCause()).isInstanceOf(SocketTimeoutException.class);
        } finally {
            timeout(TIMEOUT_MILLIS);
        }
    }

    private void timeout(int millis) {
        try {
            socket.setSoTimeout(millis);
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next packet, or null at the end of the stream. */
    Packet next() {
        byte[] buffer = new byte[64 << 10];
        while (received.isEmpty() && !ended) {
            try {
                int count = in.read(buffer);
                if (count < 0) {
                    ended = true;
                } else {
                    decode(Unpooled.copiedBuffer(buffer, 0, count));
                }
            } catch (SocketTimeoutException e) {
                throw new UncheckedIOException(e);
            } catch (IOException e) {
                ended = true; // Reset by the server.
            }
        }
        return received.poll();
    }

    private void decode(ByteBuf bytes) {
        decoder.writeInbound(bytes);
        MqttMessage message;
        while ((message = decoder.readInbound()) != null) {
            assertThat(message.decoderResult().isSuccess())
                    .as("the server's packet is well-formed: " + message.decoderResult())
                    .isTrue();
            byte[] payload = {};
            if (message instanceof MqttPublishMessage publish) {
                payload = ByteBufUtil.getBytes(publish.payload());
                publish.release();
            }
            received.add(new Packet(message, payload));
        }
    }

    /** Ends the connection without a DISCONNECT. */
    void drop() {
        close();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        decoder.finishAndReleaseAll();
        encoder.finishAndReleaseAll();
    }
}
