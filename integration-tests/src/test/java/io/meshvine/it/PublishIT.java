package io.meshvine.it;

import static io.meshvine.it.wire.PacketType.PUBACK;
import static io.meshvine.it.wire.PacketType.PUBCOMP;
import static io.meshvine.it.wire.PacketType.PUBLISH;
import static io.meshvine.it.wire.PacketType.PUBREC;
import static io.meshvine.it.wire.PacketType.PUBREL;
import static io.meshvine.it.wire.Property.MESSAGE_EXPIRY_INTERVAL;
import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.EachVersion;
import io.meshvine.it.harness.MosquittoDeviates;
import io.meshvine.it.harness.Placement;
import io.meshvine.it.wire.ByteWriter;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.Packets;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** PUBLISH and its acknowledgements: what arrives, how often, and in which order. */
class PublishIT extends BrokerTest {

    @EachPlacement
    @Clause(
            value = {
                "MQTT-3.8.4-8",
                "MQTT-3.3.4-1",
                "MQTT-4.3.1-1",
                "MQTT-4.3.2-4",
                "MQTT-4.3.3-8",
                "MQTT-4.3.3-11",
                "MQTT-2.2.1-2"
            },
            v311 = {"MQTT-3.8.4-6", "MQTT-4.3.1-1", "MQTT-4.3.2-2", "MQTT-4.3.3-2", "MQTT-3.3.4-1", "MQTT-2.3.1-5"})
    void deliversWithTheLowerOfBothQos(Placement placement, Version version) {
        RawClient publisher = publisher(placement, version);
        for (int granted = 0; granted <= 2; granted++) {
            RawClient subscriber = subscriber(placement, version);
            String topic = topic("granted/" + granted);
            subscriber.subscribe(topic, granted);
            for (int sent = 0; sent <= 2; sent++) {
                publisher.publish(Publish.to(topic).payload("sent " + sent).qos(sent));
                Packet received = subscriber.receive();
                assertThat(received.text()).isEqualTo("sent " + sent);
                assertThat(received.qos()).isEqualTo(Math.min(granted, sent));
                assertThat(received.dup()).isFalse();
                assertThat(received.retain()).isFalse();
                assertThat(received.topic()).isEqualTo(topic);
            }
        }
    }

    @EachPlacement
    @Clause(value = "3.3.3", v311 = "3.3.3")
    void keepsPayloadsOfAnySize(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 1);
        RawClient publisher = publisher(placement, version);
        Random random = new Random(20);

        for (int size : new int[] {0, 1, 127, 128, 16_383, 16_384, 65_536, 200_000, 1_000_000}) {
            byte[] payload = new byte[size];
            random.nextBytes(payload);
            publisher.publish(Publish.to(topic()).payload(payload).qos(1));

            assertThat(subscriber.receive().payload()).isEqualTo(payload);
        }
    }

    @EachPlacement
    @Clause(value = "MQTT-3.3.1-3", v311 = "MQTT-3.3.1-3")
    void routesFirstSightOfAPublishWithDupAndWithoutIt(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 2);
        RawClient publisher = publisher(placement, version);

        publisher.publish(Publish.to(topic()).payload("one").qos(1).dup());
        publisher.publish(Publish.to(topic()).payload("two").qos(2).dup());

        for (Packet received : subscriber.receive(2)) {
            assertThat(received.dup()).isFalse();
        }
    }

    @EachPlacement
    @Clause(value = "MQTT-4.3.2-5", v311 = "MQTT-4.3.2-2")
    void takesReusedPacketIdentifierOfQos1AsNewMessage(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 0);
        RawClient publisher = publisher(placement, version);

        publisher.publish(Publish.to(topic()).payload("first").qos(1).packetId(9));
        publisher.publish(
                Publish.to(topic()).payload("second").qos(1).packetId(9).dup());

        assertThat(subscriber.receive().text()).isEqualTo("first");
        assertThat(subscriber.receive().text()).isEqualTo("second");
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-4.3.3-10", "MQTT-4.3.3-12"},
            v311 = "MQTT-4.3.3-2")
    void deliversRepeatedQos2PublishOnce(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 2);
        RawClient publisher = publisher(placement, version);
        Publish publish = Publish.to(topic()).payload("once").qos(2).packetId(5);

        publisher.send(publish);
        assertThat(publisher.next(PUBREC).packetId()).isEqualTo(5);
        publisher.send(publish.dup());
        assertThat(publisher.next(PUBREC).packetId()).isEqualTo(5);
        publisher.send(Packets.acknowledgement(PUBREL, 5));
        assertThat(publisher.next(PUBCOMP).packetId()).isEqualTo(5);
        publisher.publish(Publish.to(topic()).payload("marker").qos(2).packetId(5));

        assertThat(subscriber.receiveUntil("marker")).extracting(Packet::text).containsExactly("once");
    }

    @EachPlacement
    @Clause(value = "MQTT-4.3.3-10", v311 = "MQTT-4.3.3-2")
    void remembersQos2PacketIdentifiersAcrossConnections(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 2);
        Connect connect = newClient(version).durable();
        RawClient before = connect(placement.publisherNode(), connect);
        before.send(Publish.to(topic()).payload("once").qos(2).packetId(5));
        before.next(PUBREC);
        before.close();

        RawClient after = connect(placement.publisherNode(), connect);
        after.send(Publish.to(topic()).payload("once").qos(2).packetId(5).dup());
        after.next(PUBREC);
        after.send(Packets.acknowledgement(PUBREL, 5));
        after.next(PUBCOMP);
        after.publish(Publish.to(topic()).payload("marker").qos(2));

        assertThat(subscriber.receiveUntil("marker")).extracting(Packet::text).containsExactly("once");
    }

    @EachVersion
    @Clause(value = "MQTT-4.3.3-11", v311 = "MQTT-4.3.3-2")
    void completesRepeatedRelease(Version version) {
        RawClient publisher = connect(0, version);
        publisher.publish(Publish.to(topic()).qos(2).packetId(3));

        publisher.send(Packets.acknowledgement(PUBREL, 3));

        assertThat(publisher.next(PUBCOMP).packetId()).isEqualTo(3);
    }

    @Test
    @Clause({"3.7.2.1", "4.3.3", "MQTT-3.7.2-1"})
    @MosquittoDeviates("completes with success")
    void tellsThatItDoesNotKnowAReleasedPacketIdentifier() {
        RawClient publisher = connect(0, Version.V5);

        publisher.send(Packets.acknowledgement(PUBREL, 77));

        assertThat(publisher.next(PUBCOMP).reasonCode()).isEqualTo(0x92);
    }

    @Test
    @Clause({"3.6.2.1", "MQTT-3.6.2-1"})
    @MosquittoDeviates("closes the connection")
    void tellsThatItDoesNotKnowAReceivedPacketIdentifier() {
        RawClient subscriber = connect(0, Version.V5);

        subscriber.send(Packets.acknowledgement(PUBREC, 77));

        Packet pubrel = subscriber.next(PUBREL);
        assertThat(pubrel.packetId()).isEqualTo(77);
        assertThat(pubrel.reasonCode()).isEqualTo(0x92);
    }

    @EachVersion
    @Clause(value = "4.13", v311 = "4.8")
    @MosquittoDeviates("closes the connection after an unknown PUBCOMP")
    void survivesAcknowledgementsOfUnknownPacketIdentifiers(Version version) {
        RawClient client = connect(0, version);

        client.send(Packets.acknowledgement(PUBACK, 78), Packets.acknowledgement(PUBCOMP, 79));

        client.ping();
    }

    @EachPlacement
    @Clause(value = "MQTT-4.6.0-2", v311 = "MQTT-4.6.0-2")
    void acknowledgesInTheOrderOfArrival(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic("heard"), 0);
        RawClient publisher = publisher(placement, version);
        int count = 200;

        ByteWriter burst = new ByteWriter();
        for (int id = 1; id <= count; id++) {
            String topic = topic(id % 3 == 0 ? "unheard" : "heard");
            burst.raw(Publish.to(topic).qos(1).packetId(id).toBytes(version));
        }
        publisher.send(burst.toBytes());

        for (int id = 1; id <= count; id++) {
            assertThat(publisher.next(PUBACK).packetId()).isEqualTo(id);
        }
    }

    @Test
    @Clause({"3.4.2.1", "MQTT-3.4.2-1"})
    void saysThatNobodyListensAtQos1() {
        assertNobodyListens(1);
    }

    @Test
    @Clause({"3.5.2.1", "MQTT-3.5.2-1"})
    @MosquittoDeviates("routes when the message is released, so it cannot know yet")
    void saysThatNobodyListensAtQos2() {
        assertNobodyListens(2);
    }

    private void assertNobodyListens(int qos) {
        RawClient publisher = connect(0, Version.V5);

        Packet acknowledgement = publisher.publish(Publish.to(topic()).qos(qos)).orElseThrow();

        assertThat(acknowledgement.reasonCode()).isEqualTo(0x10);
    }

    @EachPlacement
    @Clause({"3.4.2.1", "3.5.2.1"})
    void doesNotSayThatNobodyListensWhenSomebodyDoes(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(topic(), 0);
        RawClient publisher = publisher(placement, Version.V5);

        for (int qos = 1; qos <= 2; qos++) {
            Packet acknowledgement =
                    publisher.publish(Publish.to(topic()).qos(qos)).orElseThrow();
            assertThat(acknowledgement.reasonCode()).isZero();
        }
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-4.6.0-5", "MQTT-4.6.0-6"},
            v311 = {"MQTT-4.6.0-5", "MQTT-4.6.0-6"})
    void keepsTheOrderOfAPublisherWithinEachQos(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 2);
        RawClient publisher = publisher(placement, version);
        int rounds = 100;

        for (int i = 0; i < rounds; i++) {
            for (int qos = 0; qos <= 2; qos++) {
                publisher.publish(
                        Publish.to(topic()).payload(Integer.toString(i)).qos(qos));
            }
        }

        List<List<String>> byQos = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        for (Packet received : subscriber.receive(3 * rounds)) {
            byQos.get(received.qos()).add(received.text());
        }
        List<String> inOrder =
                IntStream.range(0, rounds).mapToObj(Integer::toString).toList();
        assertThat(byQos).containsOnly(inOrder);
    }

    @EachPlacement
    @Clause(value = "MQTT-4.6.0-6", v311 = "MQTT-4.6.0-6")
    void keepsOrderWhenThePublisherDoesNotWait(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 1);
        RawClient publisher = publisher(placement, version);
        int count = 500;

        ByteWriter burst = new ByteWriter();
        for (int id = 1; id <= count; id++) {
            burst.raw(Publish.to(topic())
                    .payload(Integer.toString(id))
                    .qos(1)
                    .packetId(id)
                    .toBytes(version));
        }
        publisher.send(burst.toBytes());

        assertThat(subscriber.receive(count))
                .extracting(Packet::text)
                .containsExactlyElementsOf(IntStream.rangeClosed(1, count)
                        .mapToObj(Integer::toString)
                        .toList());
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-4.3.3-4", "MQTT-4.3.3-6", "MQTT-2.2.1-5"},
            v311 = {"MQTT-4.3.3-1", "MQTT-2.3.1-6"})
    void playsTheWholeQos2FlowWithSubscribers(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 2);
        publisher(placement, version).publish(Publish.to(topic()).payload("x").qos(2));

        Packet publish = subscriber.next(PUBLISH);
        subscriber.send(Packets.acknowledgement(PUBREC, publish.packetId()));
        assertThat(subscriber.next(PUBREL).packetId()).isEqualTo(publish.packetId());
        subscriber.send(Packets.acknowledgement(PUBREC, publish.packetId()));
        assertThat(subscriber.next(PUBREL).packetId()).isEqualTo(publish.packetId());
        subscriber.send(Packets.acknowledgement(PUBCOMP, publish.packetId()));
        subscriber.assertNothingReceived();
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-2.2.1-4", "MQTT-4.3.2-1"},
            v311 = {"MQTT-2.3.1-4", "MQTT-4.3.2-1"})
    void usesEachPacketIdentifierOnceWhileUnacknowledged(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 2);
        RawClient publisher = publisher(placement, version);
        for (int i = 0; i < 10; i++) {
            publisher.publish(Publish.to(topic()).qos(1 + i % 2));
        }

        List<Integer> ids = new ArrayList<>();
        while (ids.size() < 10) {
            ids.add(subscriber.next(PUBLISH).packetId());
        }

        assertThat(ids).doesNotHaveDuplicates();
    }

    @EachVersion
    @Clause(
            value = "4.7.2",
            v311 = {"4.7.2", "MQTT-3.3.5-2"})
    @MosquittoDeviates("closes the connection")
    void answersPublishesToTheServersOwnTopics(Version version) {
        RawClient listener = connect(0, version);
        listener.subscribe("$SYS/it/#", 0);
        RawClient publisher = connect(0, version);

        publisher.send(Publish.to("$SYS/it/forged").payload("forged").qos(1).retained());

        publisher.next(PUBACK);
        publisher.ping();
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-4.3.2-2", "MQTT-4.3.3-1", "MQTT-4.3.3-2"},
            v311 = {"MQTT-4.3.2-1", "MQTT-4.3.3-1"})
    void sendsAMessageForTheFirstTimeWithoutDup(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 2);
        RawClient publisher = publisher(placement, version);
        for (int qos = 1; qos <= 2; qos++) {
            publisher.send(Publish.to(topic()).payload("x").qos(qos).dup());
            Packet publish = subscriber.receive();
            assertThat(publish.dup()).isFalse();
            assertThat(publish.packetId()).isPositive();
        }
    }

    @Test
    @Clause("MQTT-4.3.3-9")
    @MosquittoDeviates("closes the connection")
    void takesAPacketIdentifierAnewAfterARefusal() {
        RawClient subscriber = connect(0, Version.V5);
        subscriber.subscribe(topic(), 2);
        RawClient publisher = connect(0, Version.V5);
        assertThat(publisher
                        .publish(Publish.to("$SYS/it/forged")
                                .payload("no")
                                .qos(2)
                                .packetId(7))
                        .orElseThrow()
                        .reasonCode())
                .isGreaterThanOrEqualTo(0x80);

        publisher.publish(Publish.to(topic()).payload("yes").qos(2).packetId(7));

        assertThat(subscriber.receive().text()).isEqualTo("yes");
    }

    @EachPlacement
    @Clause({"MQTT-4.3.3-7", "MQTT-4.3.3-13"})
    void completesAQos2FlowThoughTheMessageExpires(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(topic(), 2);
        RawClient publisher = publisher(placement, Version.V5);
        publisher.publish(Publish.to(topic()).payload("x").qos(2).with(MESSAGE_EXPIRY_INTERVAL, 1));
        Packet publish = subscriber.next(PUBLISH);
        pass(2);

        subscriber.acknowledge(publish);

        subscriber.assertNothingReceived();
    }

    @EachPlacement
    @Clause(value = "MQTT-1.5.4-3", v311 = "MQTT-1.5.3-3")
    void keepsAByteOrderMark(Placement placement, Version version) {
        String marked = topic("\uFEFF/a\uFEFF");
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(marked, 1);
        RawClient publisher = publisher(placement, version);
        publisher.publish(Publish.to(topic("/a")).payload("other").qos(1));
        publisher.publish(Publish.to(marked).payload("marked").qos(1));

        Packet received = subscriber.receive();
        assertThat(received.topic()).isEqualTo(marked);
        assertThat(received.text()).isEqualTo("marked");
    }
}
