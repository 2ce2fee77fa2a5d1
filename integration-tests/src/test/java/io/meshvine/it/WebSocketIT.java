package io.meshvine.it;

import static io.meshvine.it.wire.PacketType.CONNACK;
import static io.meshvine.it.wire.PacketType.PINGRESP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.EachVersion;
import io.meshvine.it.harness.MosquittoDeviates;
import io.meshvine.it.harness.Placement;
import io.meshvine.it.wire.ByteWriter;
import io.meshvine.it.wire.Packets;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Subscribe;
import io.meshvine.it.wire.Version;
import io.meshvine.it.wire.WebSocketConnection;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** MQTT over WebSocket (chapter 6 of both standards). */
class WebSocketIT extends BrokerTest {

    private WebSocketConnection upgrade(int node) throws IOException {
        return WebSocketConnection.open(broker.webSocket(node), "/mqtt", List.of("mqtt"), PATIENCE);
    }

    @Test
    @Clause(value = "MQTT-6.0.0-4", v311 = "MQTT-6.0.0.4")
    void selectsTheMqttSubprotocol() throws IOException {
        try (WebSocketConnection connection =
                WebSocketConnection.open(broker.webSocket(0), "/mqtt", List.of("chat", "mqtt"), PATIENCE)) {
            assertThat(connection.subprotocol()).isEqualTo("mqtt");
        }
    }

    @EachPlacement
    @Clause(value = "MQTT-4.2.0-1", v311 = "MQTT-7.1.1-1")
    void exchangesMessagesWithTcpClients(Placement placement, Version version) throws IOException {
        try (RawClient webPublisher = new RawClient(upgrade(placement.publisherNode()), version);
                RawClient webSubscriber = new RawClient(upgrade(placement.subscriberNode()), version)) {
            webPublisher.connect(newClient(version));
            webSubscriber.connect(newClient(version));
            webSubscriber.subscribe(topic(), 2);
            RawClient tcpSubscriber = subscriber(placement, version);
            tcpSubscriber.subscribe(topic(), 2);
            RawClient tcpPublisher = publisher(placement, version);

            for (int qos = 0; qos <= 2; qos++) {
                for (int size : new int[] {0, 100, 1_000, 70_000, 300_000}) {
                    byte[] payload = new byte[size];
                    Arrays.fill(payload, (byte) size);
                    webPublisher.publish(Publish.to(topic()).payload(payload).qos(qos));
                    assertThat(tcpSubscriber.receive().payload()).isEqualTo(payload);
                    assertThat(webSubscriber.receive().payload()).isEqualTo(payload);
                    tcpPublisher.publish(Publish.to(topic()).payload(payload).qos(qos));
                    assertThat(webSubscriber.receive().payload()).isEqualTo(payload);
                    assertThat(tcpSubscriber.receive().payload()).isEqualTo(payload);
                }
            }
            webPublisher.disconnect();
        }
    }

    @EachVersion
    @Clause(value = "MQTT-6.0.0-2", v311 = "MQTT-6.0.0.2")
    void needsNoAlignmentOfPacketsAndFrames(Version version) throws IOException {
        byte[] session = new ByteWriter()
                .raw(newClient(version).toBytes())
                .raw(Subscribe.to(topic(), 1).packetId(1).toBytes(version))
                .raw(Publish.to(topic()).payload("in pieces").qos(1).packetId(2).toBytes(version))
                .raw(Packets.pingreq())
                .toBytes();
        for (int pieceLength : new int[] {1, 7, session.length}) {
            try (WebSocketConnection connection = upgrade(0);
                    RawClient client = new RawClient(connection, version)) {
                for (int at = 0; at < session.length; at += pieceLength) {
                    connection.write(Arrays.copyOfRange(session, at, Math.min(at + pieceLength, session.length)));
                }
                client.next(CONNACK);
                assertThat(client.receive().text()).isEqualTo("in pieces");
                client.await(PINGRESP);
            }
        }
    }

    @Test
    @Clause(value = "MQTT-6.0.0-2", v311 = "MQTT-6.0.0.2")
    void joinsFragmentedMessages() throws IOException {
        byte[] connect = newClient(Version.V5).toBytes();
        try (WebSocketConnection connection = upgrade(0);
                RawClient client = new RawClient(connection, Version.V5)) {
            connection.writeFrame(WebSocketConnection.BINARY, false, Arrays.copyOfRange(connect, 0, 5));
            connection.writeFrame(WebSocketConnection.PING, true, new byte[] {1});
            connection.writeFrame(WebSocketConnection.CONTINUATION, false, Arrays.copyOfRange(connect, 5, 6));
            connection.writeFrame(
                    WebSocketConnection.CONTINUATION, true, Arrays.copyOfRange(connect, 6, connect.length));

            assertThat(client.next(CONNACK).reasonCode()).isZero();
            client.ping();
            assertThat(connection.pongs()).isEqualTo(1);
        }
    }

    @Test
    @Clause(value = "MQTT-6.0.0-1", v311 = "MQTT-6.0.0.1")
    @MosquittoDeviates("reads text frames like binary ones")
    void closesOnTextFrames() throws IOException {
        try (WebSocketConnection connection = upgrade(0);
                RawClient client = new RawClient(connection, Version.V5)) {
            client.connect(newClient(Version.V5));

            connection.writeFrame(WebSocketConnection.TEXT, true, Packets.pingreq());

            client.awaitClose();
            assertThat(client.unread()).isEmpty();
        }
    }

    @Test
    @Clause(value = "MQTT-4.13.1-1", v311 = "MQTT-4.8.0-1")
    void closesOnMalformedPackets() throws IOException {
        try (RawClient client = new RawClient(upgrade(0), Version.V5)) {
            client.connect(newClient(Version.V5));

            client.send(new byte[] {(byte) 0xc1, 0});

            client.awaitClose();
        }
    }

    @Test
    @MosquittoDeviates("serves every path")
    void isServedAtItsPathOnly() {
        assertThatThrownBy(() -> WebSocketConnection.open(broker.webSocket(0), "/elsewhere", List.of("mqtt"), PATIENCE))
                .isInstanceOf(WebSocketConnection.RefusedException.class);
    }
}
