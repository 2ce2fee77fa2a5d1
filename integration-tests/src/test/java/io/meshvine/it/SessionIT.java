package io.meshvine.it;

import static io.meshvine.it.wire.PacketType.PUBACK;
import static io.meshvine.it.wire.PacketType.PUBCOMP;
import static io.meshvine.it.wire.PacketType.PUBLISH;
import static io.meshvine.it.wire.PacketType.PUBREC;
import static io.meshvine.it.wire.PacketType.PUBREL;
import static io.meshvine.it.wire.Property.SESSION_EXPIRY_INTERVAL;
import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.EachVersion;
import io.meshvine.it.harness.MosquittoDeviates;
import io.meshvine.it.harness.Placement;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.Packets;
import io.meshvine.it.wire.Properties;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Sessions: how long they last, and what they keep for the next connection. */
class SessionIT extends BrokerTest {

    private boolean sessionIsPresent(Connect connect) {
        RawClient client = open(0, connect.version());
        Packet connack = client.connect(connect);
        assertThat(connack.reasonCode()).isZero();
        client.close();
        return connack.sessionPresent();
    }

    private Connect withExpiry(String clientId, long seconds) {
        return Connect.as(Version.V5, clientId).resuming().with(SESSION_EXPIRY_INTERVAL, seconds);
    }

    @EachVersion
    @Clause(
            value = {
                "MQTT-3.1.2-4",
                "MQTT-3.1.2-5",
                "MQTT-3.1.2-6",
                "MQTT-3.1.2-23",
                "MQTT-3.2.2-2",
                "MQTT-3.2.2-3",
                "MQTT-3.1.4-4"
            },
            v311 = {"MQTT-3.1.2-4", "MQTT-3.1.2-6", "MQTT-3.2.2-1", "MQTT-3.2.2-2", "MQTT-3.2.2-3", "MQTT-3.1.4-3"})
    void resumeUntilACleanStart(Version version) {
        String clientId = newClientId();

        assertThat(sessionIsPresent(Connect.as(version, clientId).durable())).isFalse();
        assertThat(sessionIsPresent(Connect.as(version, clientId).durable())).isTrue();
        assertThat(sessionIsPresent(Connect.as(version, clientId))).isFalse();
        assertThat(sessionIsPresent(Connect.as(version, clientId).durable())).isFalse();
    }

    @Test
    @Clause({"MQTT-3.1.2-23", "3.1.2.11.2"})
    void endWithTheConnectionUnlessTheyHaveAnExpiryInterval() {
        String clientId = newClientId();
        connect(0, Connect.as(Version.V5, clientId).resuming()).disconnect();

        assertThat(sessionIsPresent(Connect.as(Version.V5, clientId).resuming()))
                .isFalse();
    }

    @Test
    @Clause("MQTT-4.1.0-2")
    void endWhenTheirExpiryIntervalHasPassed() {
        String expiring = newClientId();
        String lasting = newClientId();
        String everlasting = newClientId();
        connect(0, withExpiry(expiring, 1)).close();
        connect(0, withExpiry(lasting, 0x8000_0000L)).close();
        connect(0, withExpiry(everlasting, 0xffff_ffffL)).close();
        pass(2);

        assertThat(sessionIsPresent(withExpiry(expiring, 1))).isFalse();
        assertThat(sessionIsPresent(withExpiry(lasting, 0))).isTrue();
        assertThat(sessionIsPresent(withExpiry(everlasting, 0))).isTrue();
    }

    @Test
    @Clause({"3.1.2.11.2", "MQTT-4.1.0-2"})
    void takeTheExpiryIntervalOfTheLatestConnection() {
        String clientId = newClientId();
        connect(0, withExpiry(clientId, 60)).disconnect();
        connect(0, withExpiry(clientId, 0)).disconnect();

        assertThat(sessionIsPresent(withExpiry(clientId, 0))).isFalse();
    }

    @Test
    @Clause("3.14.2.2.2")
    void takeTheExpiryIntervalOfDisconnect() {
        String ending = newClientId();
        RawClient client = connect(0, withExpiry(ending, 60));
        client.send(Packets.disconnect(0, Properties.none().with(SESSION_EXPIRY_INTERVAL, 0)));
        client.awaitClose();
        String staying = newClientId();
        client = connect(0, withExpiry(staying, 1));
        client.send(Packets.disconnect(0, Properties.none().with(SESSION_EXPIRY_INTERVAL, 60)));
        client.awaitClose();
        pass(2);

        assertThat(sessionIsPresent(withExpiry(ending, 0))).isFalse();
        assertThat(sessionIsPresent(withExpiry(staying, 0))).isTrue();
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-4.5.0-1", "MQTT-3.1.2-5", "MQTT-4.6.0-5", "MQTT-4.1.0-1"},
            v311 = {
                "MQTT-3.1.2-4",
                "MQTT-3.1.2-5",
                "MQTT-4.5.0-1",
                "MQTT-4.6.0-6",
                "MQTT-4.1.0-1",
                "MQTT-4.1.0-2",
                "MQTT-3.1.3-2"
            })
    void keepSubscriptionsAndMessagesWhileTheClientIsAway(Placement placement, Version version) {
        Connect connect = newClient(version).durable();
        RawClient before = connect(placement.subscriberNode(), connect);
        before.subscribe(topic("+"), 2);
        before.disconnect();
        RawClient publisher = publisher(placement, version);
        for (int i = 0; i < 50; i++) {
            publisher.publish(Publish.to(topic("one")).payload("one " + i).qos(1));
            publisher.publish(Publish.to(topic("two")).payload("two " + i).qos(2));
        }

        RawClient after = connect(placement.subscriberNode(), connect);
        List<Packet> received = after.receive(100);
        publisher.publish(Publish.to(topic("one")).payload("live").qos(1));

        for (String name : List.of("one", "two")) {
            assertThat(received)
                    .filteredOn(packet -> packet.topic().equals(topic(name)))
                    .extracting(Packet::text)
                    .containsExactlyElementsOf(
                            IntStream.range(0, 50).mapToObj(i -> name + " " + i).toList());
        }
        assertThat(received).noneMatch(Packet::dup);
        assertThat(after.receive().text()).isEqualTo("live");
    }

    @EachPlacement
    @Clause({"3.1.2.4", "MQTT-4.5.0-1"})
    void keepMessagesAlsoWhenTheyBeganWithACleanStart(Placement placement) {
        String clientId = newClientId();
        RawClient before = connect(
                placement.subscriberNode(), Connect.as(Version.V5, clientId).with(SESSION_EXPIRY_INTERVAL, 60));
        before.subscribe(topic(), 1);
        before.close();
        publisher(placement, Version.V5)
                .publish(Publish.to(topic()).payload("kept").qos(1));

        assertThat(connect(placement.subscriberNode(), withExpiry(clientId, 0))
                        .receive()
                        .text())
                .isEqualTo("kept");
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-4.4.0-1", "MQTT-4.6.0-1", "MQTT-3.3.1-1", "MQTT-4.3.2-3", "MQTT-4.3.3-3"},
            v311 = {"MQTT-4.4.0-1", "MQTT-4.6.0-1", "MQTT-3.3.1-1", "MQTT-4.3.2-1"})
    void resendWhatIsUnacknowledgedInOrderWithItsPacketIdentifiers(Placement placement, Version version) {
        Connect connect = newClient(version).durable();
        RawClient before = connect(placement.subscriberNode(), connect);
        before.subscribe(topic(), 2);
        RawClient publisher = publisher(placement, version);
        for (int i = 0; i < 10; i++) {
            publisher.publish(Publish.to(topic()).payload("m" + i).qos(1 + i % 2));
        }
        List<String> sent = new ArrayList<>();
        while (sent.size() < 10) {
            Packet packet = before.next(PUBLISH);
            assertThat(packet.dup()).isFalse();
            sent.add(packet.packetId() + " " + packet.qos() + " " + packet.text());
        }
        before.close();

        RawClient after = connect(placement.subscriberNode(), connect);
        List<String> resent = new ArrayList<>();
        while (resent.size() < 10) {
            Packet packet = after.await(PUBLISH);
            assertThat(packet.dup()).as("DUP of %s", packet).isTrue();
            resent.add(packet.packetId() + " " + packet.qos() + " " + packet.text());
            after.acknowledge(packet);
        }

        assertThat(resent).isEqualTo(sent);
        after.assertNothingReceived();
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-4.4.0-1", "MQTT-4.3.3-5", "MQTT-4.3.3-6"},
            v311 = {"MQTT-4.4.0-1", "MQTT-4.3.3-1"})
    void resendTheReleaseOfWhatWasReceived(Placement placement, Version version) {
        Connect connect = newClient(version).durable();
        RawClient before = connect(placement.subscriberNode(), connect);
        before.subscribe(topic(), 2);
        publisher(placement, version).publish(Publish.to(topic()).payload("x").qos(2));
        int id = before.next(PUBLISH).packetId();
        before.send(Packets.acknowledgement(PUBREC, id));
        before.next(PUBREL);
        before.close();

        RawClient after = connect(placement.subscriberNode(), connect);
        assertThat(after.next(PUBREL).packetId()).isEqualTo(id);
        after.send(Packets.acknowledgement(PUBCOMP, id));
        after.assertNothingReceived();
        after.close();

        connect(placement.subscriberNode(), connect).assertNothingReceived();
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-2.2.1-4", "MQTT-4.3.2-1"},
            v311 = "MQTT-2.3.1-4")
    void spareThePacketIdentifiersOfUnacknowledgedMessages(Placement placement, Version version) {
        Connect connect = newClient(version).durable();
        RawClient before = connect(placement.subscriberNode(), connect);
        before.subscribe(topic(), 1);
        RawClient publisher = publisher(placement, version);
        for (int i = 0; i < 3; i++) {
            publisher.publish(Publish.to(topic()).payload("old " + i).qos(1));
        }
        List<Integer> old = new ArrayList<>();
        while (old.size() < 3) {
            old.add(before.next(PUBLISH).packetId());
        }
        before.close();

        RawClient after = connect(placement.subscriberNode(), connect);
        for (int i = 0; i < 5; i++) {
            publisher.publish(Publish.to(topic()).payload("new " + i).qos(1));
        }

        List<Integer> all = new ArrayList<>();
        while (all.size() < 8) {
            all.add(after.next(PUBLISH).packetId());
        }
        assertThat(all).startsWith(old.toArray(Integer[]::new)).doesNotHaveDuplicates();
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-3.1.2-4", "MQTT-3.2.2-2"},
            v311 = "MQTT-3.1.2-6")
    void areForgottenByACleanStart(Placement placement, Version version) {
        String clientId = newClientId();
        RawClient before = connect(
                placement.subscriberNode(), Connect.as(version, clientId).durable());
        before.subscribe(topic(), 1);
        before.disconnect();
        RawClient publisher = publisher(placement, version);
        publisher.publish(Publish.to(topic()).payload("queued").qos(1));

        RawClient after = connect(placement.subscriberNode(), Connect.as(version, clientId));
        publisher.publish(Publish.to(topic()).payload("live").qos(1));
        after.subscribe(topic(), 1);
        publisher.publish(Publish.to(topic()).payload("marker").qos(1));

        assertThat(after.receiveUntil("marker")).isEmpty();
    }

    @EachPlacement
    @Clause({"MQTT-4.4.0-2", "3.4.2.1", "3.5.2.1"})
    void takeARefusalAsAcknowledgement(Placement placement) {
        Connect connect = newClient(Version.V5).durable();
        RawClient before = connect(placement.subscriberNode(), connect);
        before.subscribe(topic(), 2);
        RawClient publisher = publisher(placement, Version.V5);
        publisher.publish(Publish.to(topic()).payload("one").qos(1));
        publisher.publish(Publish.to(topic()).payload("two").qos(2));
        before.send(Packets.acknowledgement(PUBACK, before.next(PUBLISH).packetId(), 0x97));
        before.send(Packets.acknowledgement(PUBREC, before.next(PUBLISH).packetId(), 0x83));
        before.ping();
        before.close();

        connect(placement.subscriberNode(), connect).assertNothingReceived();
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-3.1.4-3", "MQTT-3.1.2-5"},
            v311 = {"MQTT-3.1.4-2", "MQTT-3.1.2-4"})
    @MosquittoDeviates("closes the old connection without DISCONNECT")
    void survivesTakeoverByANewConnection(Placement placement, Version version) {
        Connect connect = newClient(version).durable();
        RawClient old = connect(placement.subscriberNode(), connect);
        old.subscribe(topic(), 1);
        RawClient publisher = publisher(placement, version);
        publisher.publish(Publish.to(topic()).payload("in flight").qos(1));
        int id = old.next(PUBLISH).packetId();

        RawClient young = open(placement.subscriberNode(), version);
        assertThat(young.connect(connect).sessionPresent()).isTrue();
        publisher.publish(Publish.to(topic()).payload("later").qos(1));

        Packet resent = young.receive();
        assertThat(resent.packetId()).isEqualTo(id);
        assertThat(resent.text()).isEqualTo("in flight");
        assertThat(young.receive().text()).isEqualTo("later");
        if (version.is5()) {
            assertThat(old.awaitDisconnect()).isEqualTo(0x8e);
        } else {
            assertThat(old.awaitClose()).isEmpty();
        }
    }

    @Test
    @Clause(value = "3.1.2.11.2", v311 = "MQTT-3.1.2-4")
    void areResumedByClientsOfTheOtherVersion() {
        String clientId = newClientId();
        RawClient old = connect(0, Connect.as(Version.V3_1_1, clientId).durable());
        old.subscribe(topic(), 1);
        old.disconnect();
        connect(0, Version.V5).publish(Publish.to(topic()).payload("kept").qos(1));

        RawClient young = open(0, Version.V5);
        assertThat(young.connect(withExpiry(clientId, 0)).sessionPresent()).isTrue();
        assertThat(young.receive().text()).isEqualTo("kept");
    }
}
