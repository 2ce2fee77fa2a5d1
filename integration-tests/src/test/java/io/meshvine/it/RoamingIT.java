package io.meshvine.it;

import static io.meshvine.it.wire.PacketType.CONNACK;
import static io.meshvine.it.wire.PacketType.PUBCOMP;
import static io.meshvine.it.wire.PacketType.PUBLISH;
import static io.meshvine.it.wire.PacketType.PUBREC;
import static io.meshvine.it.wire.PacketType.PUBREL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.it.harness.Mesh;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.Packets;
import io.meshvine.it.wire.Property;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.TcpConnection;
import io.meshvine.it.wire.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Clients that move from node to node, and their sessions with them. */
class RoamingIT {

    private static final int SESSION_TAKEN_OVER = 0x8E;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final AtomicInteger NAMES = new AtomicInteger();

    private static Mesh mesh;

    private final List<RawClient> clients = new ArrayList<>();
    private final String name = "roamer" + NAMES.incrementAndGet();

    @BeforeAll
    static void startMesh() {
        mesh = Mesh.of("roaming", 3);
    }

    @AfterAll
    static void stopMesh() {
        mesh.close();
    }

    @AfterEach
    void closeClients() {
        clients.forEach(RawClient::close);
    }

    @Test
    void whatWaitedAtOneNodeIsReceivedAtAnother() {
        RawClient first = connect(0, durable(Version.V5), false);
        first.subscribe(name + "/#", 2);
        first.disconnect();
        RawClient publisher = publisher(1);
        for (int i = 0; i < 500; i++) {
            publisher.publish(Publish.to(name + "/" + i).payload("m" + i).qos(1 + i % 2));
        }

        RawClient second = connect(2, durable(Version.V5), true);
        assertThat(second.receive(500))
                .extracting(Packet::text)
                .containsExactlyElementsOf(
                        IntStream.range(0, 500).mapToObj(i -> "m" + i).toList());
        publisher.publish(Publish.to(name + "/after").payload("after").qos(2));
        assertThat(second.receive().text()).isEqualTo("after");
        second.assertNothingReceived();
    }

    @Test
    void whatIsInFlightGoesOnAtTheNextNodeWithItsIdentifiersAndTheOldConnectionIsTold() {
        RawClient first = connect(0, durable(Version.V5), false);
        first.subscribe(name + "/#", 2);
        RawClient publisher = publisher(1);
        publisher.publish(Publish.to(name + "/a").payload("received").qos(2));
        publisher.publish(Publish.to(name + "/b").payload("sent").qos(2));
        publisher.publish(Publish.to(name + "/c").payload("sent too").qos(1));
        Packet received = first.await(PUBLISH);
        Packet sent = first.await(PUBLISH);
        Packet sentToo = first.await(PUBLISH);
        first.send(Packets.acknowledgement(PUBREC, received.packetId()));
        first.await(PUBREL);
        // A publish of the client itself that is not released.
        int own = first.newPacketId();
        first.send(
                Publish.to(name + "x/own").payload("own").qos(2).packetId(own).toBytes(Version.V5));
        first.await(PUBREC);

        RawClient second = connect(1, durable(Version.V5), true);
        assertThat(first.awaitDisconnect()).isEqualTo(SESSION_TAKEN_OVER);
        assertThat(second.await(PUBREL).packetId()).isEqualTo(received.packetId());
        second.send(Packets.acknowledgement(PUBCOMP, received.packetId()));
        Packet again = second.await(PUBLISH);
        assertThat(again.packetId()).isEqualTo(sent.packetId());
        assertThat(again.dup()).isTrue();
        assertThat(again.text()).isEqualTo("sent");
        second.acknowledge(again);
        Packet againToo = second.await(PUBLISH);
        assertThat(againToo.packetId()).isEqualTo(sentToo.packetId());
        second.acknowledge(againToo);
        second.send(Packets.acknowledgement(PUBREL, own));
        assertThat(second.await(PUBCOMP).reasonCode()).isZero();

        RawClient third = connect(2, durable(Version.V5), true);
        assertThat(second.awaitDisconnect()).isEqualTo(SESSION_TAKEN_OVER);
        publisher.publish(Publish.to(name + "/d").payload("last").qos(2));
        assertThat(third.receive().text()).isEqualTo("last");
        third.assertNothingReceived();
    }

    @Test
    void anOldConnectionOfMqtt311IsClosed() {
        RawClient first = connect(0, durable(Version.V3_1_1), false);
        first.subscribe(name + "/#", 1);
        RawClient second = connect(1, durable(Version.V3_1_1), true);
        assertThat(first.awaitClose()).isEmpty();
        publisher(2).publish(Publish.to(name + "/a").payload("here").qos(1));
        assertThat(second.receive().text()).isEqualTo("here");
    }

    @Test
    void aCleanStartElsewhereEndsTheSession() {
        RawClient first = connect(0, durable(Version.V5), false);
        first.subscribe(name + "/#", 1);
        RawClient second = connect(1, Connect.as(Version.V5, name), false);
        assertThat(first.awaitDisconnect()).isEqualTo(SESSION_TAKEN_OVER);
        publisher(2).publish(Publish.to(name + "/a").payload("nobody").qos(1));
        second.assertNothingReceived();
        second.disconnect();
        connect(0, durable(Version.V5), false).assertNothingReceived();
    }

    @Test
    void nothingIsLostOrDoubledWhileAClientRoamsUnderLoad() throws Exception {
        RawClient current = connect(0, durable(Version.V5), false);
        current.subscribe(name + "/#", 2);
        int count = 3_000;
        CompletableFuture<Void> publishing = CompletableFuture.runAsync(() -> {
            RawClient publisher = publisher(2);
            for (int i = 0; i < count; i++) {
                publisher.publish(Publish.to(name + "/t").payload("m" + i).qos(2));
            }
        });
        List<String> received = new ArrayList<>();
        Set<Integer> unreleased = new HashSet<>();
        for (int node = 1; received.size() < count; node++) {
            int pause = Math.min(count, received.size() + 200);
            while (received.size() < pause) {
                receiveOnce(current, unreleased).ifPresent(received::add);
            }
            if (received.size() < count) {
                RawClient next = connect(node % 3, durable(Version.V5), true);
                current.awaitClose();
                current = next;
            }
        }
        publishing.get();
        current.ping();
        assertThat(current.unread()).noneMatch(packet -> packet.type() == PUBLISH);
        assertThat(received)
                .containsExactlyElementsOf(
                        IntStream.range(0, count).mapToObj(i -> "m" + i).toList());
    }

    /** As a receiver of QoS 2 does: what it has received and the server has not released is not new (MQTT 5, 4.3.3). */
    private static Optional<String> receiveOnce(RawClient client, Set<Integer> unreleased) {
        Packet packet = client.next();
        if (packet.type() == PUBREL) {
            unreleased.remove(packet.packetId());
            client.send(Packets.acknowledgement(PUBCOMP, packet.packetId()));
            return Optional.empty();
        }
        assertThat(packet.type()).isEqualTo(PUBLISH);
        client.send(Packets.acknowledgement(PUBREC, packet.packetId()));
        return unreleased.add(packet.packetId()) ? Optional.of(packet.text()) : Optional.empty();
    }

    @RepeatedTest(20)
    void ofManyConnectionsAtOnceOneSurvives() throws Exception {
        int each = 4;
        CyclicBarrier together = new CyclicBarrier(3 * each);
        List<CompletableFuture<Optional<RawClient>>> attempts = new ArrayList<>();
        for (int i = 0; i < 3 * each; i++) {
            int node = i % 3;
            attempts.add(CompletableFuture.supplyAsync(
                    () -> {
                        RawClient client = open(node);
                        meet(together);
                        client.send(durable(Version.V5).toBytes());
                        Packet answer = client.await(CONNACK);
                        return answer.reasonCode() == 0 ? Optional.of(client) : Optional.empty();
                    },
                    task -> new Thread(task, "storm").start()));
        }
        List<RawClient> accepted = new ArrayList<>();
        for (CompletableFuture<Optional<RawClient>> attempt : attempts) {
            attempt.get().ifPresent(accepted::add);
        }
        assertThat(accepted).isNotEmpty();
        List<RawClient> told = new ArrayList<>();
        for (RawClient client : accepted) {
            var unused = CompletableFuture.runAsync(
                    () -> {
                        if (client.awaitDisconnect() == SESSION_TAKEN_OVER) {
                            synchronized (told) {
                                told.add(client);
                            }
                        }
                    },
                    task -> {
                        Thread thread = new Thread(task, "told");
                        thread.setDaemon(true);
                        thread.start();
                    });
        }
        await().atMost(PATIENCE).until(() -> {
            synchronized (told) {
                return told.size() == accepted.size() - 1;
            }
        });
        // The one that is left is the one that is served, wherever a message comes from.
        RawClient last = connect(0, durable(Version.V5), true);
        await().atMost(PATIENCE).until(() -> {
            synchronized (told) {
                return told.size() == accepted.size();
            }
        });
        last.assertNothingReceived();
    }

    private Connect durable(Version version) {
        Connect connect = Connect.as(version, name).resuming();
        return version.is5() ? connect.with(Property.SESSION_EXPIRY_INTERVAL, 600) : connect;
    }

    private static void meet(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private RawClient publisher(int node) {
        return connect(node, Connect.as(Version.V5, name + "p" + NAMES.incrementAndGet()), false);
    }

    private RawClient connect(int node, Connect connect, boolean present) {
        RawClient client = open(node, connect.version());
        Packet answer = client.connect(connect);
        assertThat(answer.reasonCode()).as("reason of %s", answer).isZero();
        assertThat(answer.sessionPresent()).as("session present in %s", answer).isEqualTo(present);
        return client;
    }

    private RawClient open(int node) {
        return open(node, Version.V5);
    }

    private RawClient open(int node, Version version) {
        try {
            RawClient client = new RawClient(TcpConnection.open(mesh.mqtt(node), PATIENCE), version);
            synchronized (clients) {
                clients.add(client);
            }
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
