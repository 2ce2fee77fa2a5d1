package io.meshvine.it;

import static io.meshvine.it.wire.PacketType.PUBACK;
import static io.meshvine.it.wire.PacketType.PUBCOMP;
import static io.meshvine.it.wire.PacketType.PUBLISH;
import static io.meshvine.it.wire.PacketType.PUBREC;
import static io.meshvine.it.wire.PacketType.PUBREL;
import static io.meshvine.it.wire.Property.MAXIMUM_PACKET_SIZE;
import static io.meshvine.it.wire.Property.RECEIVE_MAXIMUM;
import static io.meshvine.it.wire.Property.REQUEST_PROBLEM_INFORMATION;
import static io.meshvine.it.wire.Property.TOPIC_ALIAS_MAXIMUM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.MosquittoDeviates;
import io.meshvine.it.harness.Placement;
import io.meshvine.it.wire.ByteWriter;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.PacketType;
import io.meshvine.it.wire.Packets;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Limits that clients and server set each other: receive maximum, packet size, topic aliases, slow readers. */
class FlowControlIT extends BrokerTest {

    private static List<String> numbers(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString).toList();
    }

    private void publishNumbers(RawClient publisher, int count, int qos) {
        for (String number : numbers(count)) {
            publisher.publish(Publish.to(topic()).payload(number).qos(qos));
        }
    }

    @EachPlacement
    @Clause({"MQTT-3.3.4-9", "MQTT-4.9.0-1", "MQTT-4.9.0-2", "MQTT-4.9.0-3", "MQTT-3.3.4-10"})
    void sendsNoMoreQos1MessagesThanTheClientCanReceive(Placement placement) {
        RawClient subscriber =
                connect(placement.subscriberNode(), newClient(Version.V5).with(RECEIVE_MAXIMUM, 2));
        subscriber.subscribe(topic(), 1);
        publishNumbers(publisher(placement, Version.V5), 6, 1);

        List<Packet> window = new ArrayList<>(List.of(subscriber.next(PUBLISH), subscriber.next(PUBLISH)));
        subscriber.assertNothingReceived();
        subscriber.subscribe(topic("other"), 0);
        subscriber.assertNothingReceived();
        for (int next = 2; next < 6; next++) {
            Packet acknowledged = window.remove(0);
            assertThat(acknowledged.text()).isEqualTo(Integer.toString(next - 2));
            subscriber.acknowledge(acknowledged);
            window.add(subscriber.next(PUBLISH));
            subscriber.assertNothingReceived();
        }
    }

    @EachPlacement
    @Clause({"MQTT-3.3.4-9", "4.9"})
    void countsAQos2MessageUntilItsCompletion(Placement placement) {
        RawClient subscriber =
                connect(placement.subscriberNode(), newClient(Version.V5).with(RECEIVE_MAXIMUM, 1));
        subscriber.subscribe(topic(), 2);
        publishNumbers(publisher(placement, Version.V5), 3, 2);

        for (String number : numbers(2)) {
            Packet packet = subscriber.next(PUBLISH);
            assertThat(packet.text()).isEqualTo(number);
            subscriber.send(Packets.acknowledgement(PUBREC, packet.packetId()));
            subscriber.next(PUBREL);
            subscriber.assertNothingReceived();
            subscriber.send(Packets.acknowledgement(PUBCOMP, packet.packetId()));
        }
        Packet refused = subscriber.next(PUBLISH);
        subscriber.send(Packets.acknowledgement(PUBREC, refused.packetId(), 0x97));
        publishNumbers(publisher(placement, Version.V5), 1, 2);
        assertThat(subscriber.receive().text()).as("after a refusal").isEqualTo("0");
    }

    @EachPlacement
    @Clause("MQTT-3.3.4-9")
    void appliesTheReceiveMaximumOfTheNewConnection(Placement placement) {
        String clientId = newClientId();
        RawClient before = connect(
                placement.subscriberNode(), Connect.as(Version.V5, clientId).durable());
        before.subscribe(topic(), 1);
        publishNumbers(publisher(placement, Version.V5), 5, 1);
        for (int i = 0; i < 5; i++) {
            before.next(PUBLISH);
        }
        before.close();

        RawClient after = connect(
                placement.subscriberNode(),
                Connect.as(Version.V5, clientId).durable().with(RECEIVE_MAXIMUM, 2));

        for (int i = 0; i < 5; i += 2) {
            List<Packet> window = new ArrayList<>();
            for (int j = i; j < Math.min(i + 2, 5); j++) {
                Packet packet = after.next(PUBLISH);
                assertThat(packet.text()).isEqualTo(Integer.toString(j));
                window.add(packet);
            }
            after.assertNothingReceived();
            window.forEach(after::acknowledge);
        }
    }

    @Test
    @Clause({"MQTT-3.3.4-7", "3.2.2.3.3", "4.9"})
    void disconnectsClientsThatExceedItsReceiveMaximum() {
        RawClient client = open(0, Version.V5);
        int maximum = client.connect(newClient(Version.V5))
                .properties()
                .number(RECEIVE_MAXIMUM)
                .orElse(65_535L)
                .intValue();
        assumeTrue(maximum < 65_535, "there are no more packet identifiers than the server can receive");

        for (int id = 1; id <= maximum + 1; id++) {
            client.send(Publish.to(topic()).qos(2).packetId(id));
        }

        assertThat(client.awaitDisconnect()).isEqualTo(0x93);
        assertThat(client.unread()).hasSizeBetween(maximum, maximum + 1);
    }

    @EachPlacement
    @Clause({"MQTT-3.1.2-24", "MQTT-3.1.2-25"})
    void skipsMessagesThatAreTooLargeForTheClient(Placement placement) {
        Connect connect =
                newClient(Version.V5).durable().with(MAXIMUM_PACKET_SIZE, 200).with(RECEIVE_MAXIMUM, 3);
        RawClient subscriber = connect(placement.subscriberNode(), connect);
        subscriber.subscribe(topic(), 2);
        RawClient publisher = publisher(placement, Version.V5);
        for (int qos = 0; qos <= 2; qos++) {
            for (int i = 0; i < 5; i++) {
                publisher.publish(Publish.to(topic()).payload("x".repeat(200)).qos(qos));
            }
            publisher.publish(Publish.to(topic()).payload("fits " + qos).qos(qos));
        }
        publisher.publish(Publish.to(topic()).payload("marker").qos(2));

        assertThat(subscriber.receiveUntil("marker"))
                .extracting(Packet::text)
                .containsExactly("fits 0", "fits 1", "fits 2");
        subscriber.disconnect();
        connect(placement.subscriberNode(), connect).assertNothingReceived();
    }

    @EachPlacement
    @Clause({"MQTT-3.1.2-24", "MQTT-3.1.2-25"})
    void skipsRetainedAndQueuedMessagesThatAreTooLargeForTheClient(Placement placement) {
        String clientId = newClientId();
        RawClient before = connect(
                placement.subscriberNode(), Connect.as(Version.V5, clientId).durable());
        before.subscribe(topic(), 1);
        before.disconnect();
        RawClient publisher = publisher(placement, Version.V5);
        publisher.publish(Publish.to(topic()).payload("x".repeat(200)).qos(1).retained());
        publisher.publish(Publish.to(topic()).payload("fits").qos(1));

        RawClient after = connect(
                placement.subscriberNode(),
                Connect.as(Version.V5, clientId).durable().with(MAXIMUM_PACKET_SIZE, 200));
        assertThat(after.receive().text()).isEqualTo("fits");
        after.subscribe(topic(), 1);
        after.assertNothingReceived();
    }

    @Test
    @Clause({"MQTT-3.2.2-15", "3.2.2.3.6"})
    void disconnectsClientsThatSendLargerPacketsThanItTakes() {
        RawClient client = open(0, Version.V5);
        long maximum = client.connect(newClient(Version.V5))
                .properties()
                .number(MAXIMUM_PACKET_SIZE)
                .orElse(Long.MAX_VALUE);
        assumeTrue(maximum < 268_435_460, "the server takes every packet");

        client.send(new ByteWriter()
                .u8(PUBLISH.header())
                .variable((int) maximum)
                .string(topic())
                .toBytes());

        assertThat(client.awaitDisconnect()).isEqualTo(0x95);
    }

    @EachPlacement
    @Clause({"MQTT-3.1.2-26", "MQTT-3.1.2-27", "MQTT-3.3.2-11"})
    void usesNoTopicAliasesBeyondThoseThatTheClientTakes(Placement placement) {
        RawClient publisher = publisher(placement, Version.V5);
        for (int maximum : new int[] {0, 1, 3}) {
            RawClient subscriber =
                    connect(placement.subscriberNode(), newClient(Version.V5).with(TOPIC_ALIAS_MAXIMUM, maximum));
            subscriber.subscribe(topic("#"), 1);
            subscriber.subscribe(topic("marker"), 0);
            for (int i = 0; i < 20; i++) {
                publisher.publish(
                        Publish.to(topic("t" + i % 5)).payload("t" + i % 5).qos(i % 2));
            }
            publisher.publish(Publish.to(topic("marker")).payload("marker").qos(1));

            assertThat(subscriber.receiveUntil("marker"))
                    .hasSize(20)
                    .allSatisfy(packet -> assertThat(packet.topic()).isEqualTo(topic(packet.text())));
            subscriber.close();
        }
    }

    @Test
    @Clause("MQTT-3.1.2-29")
    void explainsNothingThatTheClientDidNotAskFor() {
        RawClient client = connect(0, newClient(Version.V5).with(REQUEST_PROBLEM_INFORMATION, 0));

        // The client fails on any packet that has a reason string or user properties without leave.
        client.publish(Publish.to(topic()).qos(1));
        client.publish(Publish.to(topic()).qos(2));
        client.unsubscribe(topic("none"));
        client.subscribe(topic(), 1);
        client.publish(Publish.to(topic()).qos(1).withUser("a", "b"));

        assertThat(client.receive().properties().userProperties()).hasSize(1);
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-4.3.2-4", "MQTT-3.3.4-1"},
            v311 = "MQTT-4.3.2-2")
    @MosquittoDeviates("drops queued messages beyond its limits")
    void losesNothingInABurst(Placement placement) {
        int count = 20_000;
        RawClient subscriber = subscriber(placement, Version.V3_1_1);
        subscriber.subscribe(topic(), 1);
        RawClient publisher = publisher(placement, Version.V3_1_1);
        ByteWriter burst = new ByteWriter();
        for (int i = 0; i < count; i++) {
            burst.raw(Publish.to(topic())
                    .payload(Integer.toString(i))
                    .qos(1)
                    .packetId(i + 1)
                    .toBytes(Version.V3_1_1));
        }
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> publisher.send(burst.toBytes()));
        CompletableFuture<List<String>> receiving = CompletableFuture.supplyAsync(
                () -> subscriber.receive(count).stream().map(Packet::text).toList());

        for (int id = 1; id <= count; id++) {
            assertThat(publisher.next(PUBACK).packetId()).isEqualTo(id);
        }

        sending.join();
        assertThat(receiving.join()).isEqualTo(numbers(count));
    }

    @EachPlacement
    @Clause(value = "4.9", v311 = "4.6")
    void waitsForASubscriberThatDoesNotRead(Placement placement) {
        RawClient slow = subscriber(placement, Version.V5);
        slow.subscribe(topic(), 1);
        RawClient quick = subscriber(placement, Version.V5);
        quick.subscribe(topic(), 1);
        RawClient publisher = publisher(placement, Version.V5);
        byte[] payload = new byte[50_000];

        for (int i = 0; i < 200; i++) {
            publisher.publish(Publish.to(topic()).payload(payload).qos(1));
            quick.receive();
        }

        slow.receive(200);
        slow.assertNothingReceived();
    }

    @EachPlacement
    @Clause("MQTT-3.3.4-10")
    void deliversQos0WhileTheWindowIsFull(Placement placement) {
        RawClient subscriber =
                connect(placement.subscriberNode(), newClient(Version.V5).with(RECEIVE_MAXIMUM, 1));
        subscriber.subscribe(topic(), 1);
        RawClient publisher = publisher(placement, Version.V5);
        publishNumbers(publisher, 2, 1);
        Packet first = subscriber.next(PUBLISH);

        publisher.publish(Publish.to(topic()).payload("unhindered"));

        assertThat(subscriber.next(PUBLISH).text()).isEqualTo("unhindered");
        subscriber.acknowledge(first);
        assertThat(subscriber.receive().text()).isEqualTo("1");
    }

    @Test
    @Clause("MQTT-3.3.4-8")
    void takesReleasesWhileItsOwnWindowIsFull() {
        RawClient client = open(0, Version.V5);
        int maximum = client.connect(newClient(Version.V5))
                .properties()
                .number(RECEIVE_MAXIMUM)
                .orElse(65_535L)
                .intValue();
        int window = Math.min(maximum, 500);
        for (int id = 1; id <= window; id++) {
            client.send(Publish.to(topic()).qos(2).packetId(id));
        }
        client.ping();
        for (int id = 1; id <= window; id++) {
            client.send(Packets.acknowledgement(PUBREL, client.next(PUBREC).packetId()));
        }
        for (int id = 1; id <= window; id++) {
            assertThat(client.next(PacketType.PUBCOMP).packetId()).isEqualTo(id);
        }
    }
}
