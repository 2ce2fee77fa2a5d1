package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.it.harness.Admin;
import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.Mesh;
import io.meshvine.it.harness.NodeProcess;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.PacketType;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.TcpConnection;
import io.meshvine.it.wire.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Publishes as large as nodes are configured for, through the mesh: two nodes that take more than the default, one not. */
class LargePublishIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LARGEST_PACKET = 20 << 20;

    private static Mesh mesh;

    private final List<RawClient> clients = new ArrayList<>();

    @BeforeAll
    static void start() {
        mesh = Mesh.empty("large", Map.of("mqtt.max-packet-size", "20MiB"));
        mesh.add();
        mesh.add();
        mesh.add(Map.of("mqtt.max-packet-size", "1MiB"));
        mesh.awaitConnected();
    }

    @AfterAll
    static void stop() {
        if (mesh != null) {
            mesh.close();
        }
    }

    @AfterEach
    void closeClients() {
        clients.forEach(RawClient::close);
    }

    private RawClient connect(NodeProcess node, String clientId) {
        try {
            RawClient client = new RawClient(TcpConnection.open(node.mqtt(), PATIENCE), Version.V5);
            clients.add(client);
            client.connect(Connect.as(Version.V5, clientId));
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A publish whose packet has so many bytes in all. */
    private static Publish ofPacketSize(String topic, int bytes) {
        Publish empty = Publish.to(topic).qos(1).packetId(1);
        // The remaining length takes three bytes more than that of an empty publish.
        byte[] payload = new byte[bytes - empty.toBytes(Version.V5).length - 3];
        new Random(3).nextBytes(payload);
        return Publish.to(topic).qos(1).payload(payload);
    }

    @Test
    @Clause("3.3.3")
    void theLargestPacketCrossesTheMesh() {
        RawClient subscriber = connect(mesh.node(1), "subscriber");
        subscriber.subscribe("large/1", 1);
        Publish largest = ofPacketSize("large/1", LARGEST_PACKET);

        Packet puback = connect(mesh.node(0), "publisher").publish(largest).orElseThrow();

        assertThat(puback.reasonCode()).isZero();
        assertThat(subscriber.receive().payload()).isEqualTo(largest.payload());
    }

    @Test
    @Clause({"MQTT-3.2.2-15", "3.2.2.3.6"})
    void oneByteMoreIsRefused() {
        RawClient publisher = connect(mesh.node(0), "publisher");
        Publish tooLarge = ofPacketSize("large/2", LARGEST_PACKET + 1);
        assertThat(tooLarge.packetId(1).toBytes(Version.V5)).hasSize(LARGEST_PACKET + 1);

        publisher.send(tooLarge.packetId(1).toBytes(Version.V5));

        assertThat(publisher.awaitDisconnect()).isEqualTo(0x95);
    }

    @Test
    void whatAPeerIsNotConfiguredForIsCountedAndHoldsUpNobody() {
        RawClient small = connect(mesh.node(2), "small");
        small.subscribe("large/3", 1);
        long before = tooLarge();
        RawClient publisher = connect(mesh.node(0), "publisher");

        assertThat(publisher.publish(ofPacketSize("large/3", LARGEST_PACKET))).isPresent();
        publisher.publish(Publish.to("large/3").payload("small").qos(1));

        assertThat(small.receive().text()).isEqualTo("small");
        assertThat(tooLarge() - before).isEqualTo(1);
        assertThat(publisher.unread()).noneMatch(packet -> packet.type() == PacketType.DISCONNECT);
    }

    private static long tooLarge() {
        return Admin.of(mesh.node(0))
                .mesh()
                .path("counters")
                .path("mesh")
                .path("dropped")
                .path("too-large")
                .asLong();
    }
}
