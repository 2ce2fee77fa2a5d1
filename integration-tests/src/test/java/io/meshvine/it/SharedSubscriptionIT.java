package io.meshvine.it;

import static io.meshvine.it.wire.PacketType.PUBACK;
import static io.meshvine.it.wire.PacketType.PUBLISH;
import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.EachVersion;
import io.meshvine.it.harness.MosquittoDeviates;
import io.meshvine.it.harness.Placement;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.Packets;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Subscribe;
import io.meshvine.it.wire.Version;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Shared subscriptions: each message to one member of each group, wherever the members are. */
class SharedSubscriptionIT extends BrokerTest {

    private static final int MESSAGES = 60;

    private String shared(String group, String filter) {
        return "$share/" + group + "/" + filter;
    }

    private static List<String> expected() {
        return IntStream.range(0, MESSAGES).mapToObj(i -> "m" + i).toList();
    }

    private void publishAll(RawClient publisher, String topic, int qos) {
        for (int i = 0; i < MESSAGES; i++) {
            publisher.publish(Publish.to(topic).payload("m" + i).qos(qos));
        }
    }

    /** Ends each member's stream by a message of its own, and returns what the members got before it. */
    private List<List<String>> drain(RawClient publisher, List<RawClient> members) {
        List<List<String>> received = new ArrayList<>();
        for (RawClient member : members) {
            String marker = topic("marker/" + received.size());
            member.subscribe(marker, 1);
            publisher.publish(Publish.to(marker).payload("marker").qos(1));
            received.add(
                    member.receiveUntil("marker").stream().map(Packet::text).toList());
        }
        return received;
    }

    @EachPlacement
    @Clause(value = "4.8.2", v311 = "4.7")
    void deliverEachMessageToOneMemberOfEachGroup(Placement placement, Version version) {
        RawClient publisher = publisher(placement, version);
        List<RawClient> red = new ArrayList<>();
        List<RawClient> blue = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            red.add(subscriber(placement, version));
            red.get(i).subscribe(shared("red", topic("+")), 1);
            blue.add(subscriber(placement, version));
            blue.get(i).subscribe(shared("blue", topic("+")), 1);
        }
        RawClient plain = subscriber(placement, version);
        plain.subscribe(topic("+"), 1);

        publishAll(publisher, topic("t"), 1);

        for (List<RawClient> group : List.of(red, blue)) {
            List<List<String>> received = drain(publisher, group);
            assertThat(received).flatMap(messages -> messages).containsExactlyInAnyOrderElementsOf(expected());
            assertThat(received).as("share of each member").noneMatch(List::isEmpty);
        }
        assertThat(drain(publisher, List.of(plain)).get(0)).isEqualTo(expected());
    }

    @EachPlacement
    @Clause(value = "4.8.2", v311 = "4.7")
    void spanNodes(Placement placement, Version version) {
        List<RawClient> members = new ArrayList<>();
        for (int node : new int[] {placement.publisherNode(), placement.subscriberNode()}) {
            members.add(connect(node, version));
            members.get(members.size() - 1).subscribe(shared("g", topic()), 2);
        }
        RawClient publisher = publisher(placement, version);

        for (int qos = 0; qos <= 2; qos++) {
            publishAll(publisher, topic(), qos);
            assertThat(drain(publisher, members))
                    .flatMap(messages -> messages)
                    .containsExactlyInAnyOrderElementsOf(expected());
        }
    }

    @EachPlacement
    @Clause({"MQTT-4.8.2-3", "3.8.4"})
    void respectTheGrantedQosAndNameTheSubscription(Placement placement) {
        RawClient member = subscriber(placement, Version.V5);
        member.subscribe(Subscribe.to(shared("g", topic()), 1).identifiedBy(5));

        publisher(placement, Version.V5)
                .publish(Publish.to(topic()).payload("x").qos(2));

        Packet received = member.receive();
        assertThat(received.qos()).isEqualTo(1);
        assertThat(received.properties().subscriptionIdentifiers()).containsExactly(5);
    }

    @EachPlacement
    @Clause({"3.8.4", "4.8.2"})
    void getNoRetainedMessagesAtSubscribe(Placement placement) {
        RawClient publisher = publisher(placement, Version.V5);
        publisher.publish(Publish.to(topic()).payload("retained").qos(1).retained());
        RawClient member = subscriber(placement, Version.V5);

        member.subscribe(shared("g", topic()), 1);
        publisher.publish(Publish.to(topic()).payload("marker").qos(1));

        assertThat(member.receiveUntil("marker")).isEmpty();
    }

    @EachPlacement
    @Clause(value = "MQTT-3.10.4-1", v311 = "MQTT-3.10.4-1")
    void areLeftByTheirFullNameOnly(Placement placement, Version version) {
        RawClient leaver = subscriber(placement, version);
        RawClient stayer = subscriber(placement, version);
        RawClient plain = subscriber(placement, version);
        leaver.subscribe(shared("g", topic()), 1);
        stayer.subscribe(shared("g", topic()), 1);
        plain.subscribe(topic(), 1);
        plain.unsubscribe(topic());
        leaver.unsubscribe(shared("g", topic()));
        stayer.unsubscribe(topic(), shared("h", topic()));
        RawClient publisher = publisher(placement, version);

        publishAll(publisher, topic(), 1);

        assertThat(stayer.receive(MESSAGES)).extracting(Packet::text).isEqualTo(expected());
        leaver.assertNothingReceived();
        plain.assertNothingReceived();
    }

    @Test
    @Clause({"MQTT-3.11.3-2", "MQTT-3.10.4-1"})
    void areUnsubscribedWithTheCodesOfAnyOther() {
        RawClient member = connect(0, Version.V5);
        member.subscribe(shared("g", topic()), 0);

        Packet unsuback = member.unsubscribe(topic(), shared("h", topic()), shared("g", topic()), shared("g", topic()));

        assertThat(unsuback.reasonCodes()).containsExactly(0x11, 0x11, 0x00, 0x11);
    }

    @EachPlacement
    @Clause("4.8.2")
    void coexistWithAnOrdinarySubscriptionOfTheSameClient(Placement placement) {
        RawClient client = subscriber(placement, Version.V5);
        client.subscribe(Subscribe.to(topic(), 1).identifiedBy(1));
        client.subscribe(Subscribe.to(shared("g", topic()), 1).identifiedBy(2));
        RawClient publisher = publisher(placement, Version.V5);

        publisher.publish(Publish.to(topic()).payload("x").qos(1));

        assertThat(client.receive(2))
                .flatExtracting(packet -> packet.properties().subscriptionIdentifiers())
                .containsExactlyInAnyOrder(1, 2);
        assertThat(drain(publisher, List.of(client)).get(0)).isEmpty();
    }

    @EachPlacement
    @Clause(value = "4.8.2", v311 = "4.7")
    void passOverMembersThatAreAway(Placement placement, Version version) {
        Connect connect = newClient(version).durable();
        RawClient away = connect(placement.subscriberNode(), connect);
        away.subscribe(shared("g", topic()), 1);
        away.disconnect();
        RawClient present = subscriber(placement, version);
        present.subscribe(shared("g", topic()), 1);
        RawClient publisher = publisher(placement, version);

        publishAll(publisher, topic(), 1);

        assertThat(present.receive(MESSAGES)).extracting(Packet::text).isEqualTo(expected());
        connect(placement.subscriberNode(), connect).assertNothingReceived();
    }

    @EachPlacement
    @Clause("MQTT-4.8.2-6")
    void doNotSendARefusedMessageToAnotherMember(Placement placement) {
        RawClient publisher = publisher(placement, Version.V5);
        List<RawClient> members = List.of(subscriber(placement, Version.V5), subscriber(placement, Version.V5));
        members.forEach(member -> member.subscribe(shared("g", topic()), 1));
        publisher.publish(Publish.to(topic()).payload("one").qos(1));
        publisher.publish(Publish.to(topic()).payload("two").qos(1));
        int refused = 0;
        for (RawClient member : members) {
            member.subscribe(topic("end"), 0);
            publisher.send(Publish.to(topic("end")).payload("end"));
            for (Packet packet = member.await(PUBLISH); !packet.text().equals("end"); packet = member.await(PUBLISH)) {
                member.send(Packets.acknowledgement(PUBACK, packet.packetId(), 0x80));
                refused++;
            }
            member.unsubscribe(topic("end"));
            member.ping();
        }

        assertThat(refused).isEqualTo(2);
        assertThat(drain(publisher, members)).flatMap(messages -> messages).isEmpty();
    }

    @EachVersion
    @Clause(
            value = {"4.8.2", "MQTT-4.8.2-1", "MQTT-4.8.2-2"},
            v311 = "MQTT-3.8.4-5")
    @MosquittoDeviates("takes the names as ordinary filters or closes the connection")
    void rejectNamesThatAreNoSharedSubscription(Version version) {
        for (String filter : List.of("$share/g", "$share//t", "$share/g+/t", "$share/#/t", "$share/g/")) {
            RawClient client = connect(0, version);
            int code = client.subscribe(Subscribe.to(filter, 0)).reasonCode();
            assertThat(code).as(filter).isEqualTo(version.is5() ? 0x8f : 0x80);
        }
    }

    @EachPlacement
    @Clause("MQTT-4.8.2-4")
    void completeAQos2DeliveryWithTheMemberThatBeganIt(Placement placement) {
        Connect durable = newClient(Version.V5).durable();
        RawClient member = connect(placement.subscriberNode(), durable);
        member.subscribe(shared("g", topic()), 2);
        RawClient publisher = publisher(placement, Version.V5);
        publisher.publish(Publish.to(topic()).payload("begun").qos(2));
        Packet begun = member.next(PUBLISH);
        RawClient other = connect(placement.subscriberNode(), Version.V5);
        other.subscribe(shared("g", topic()), 2);
        member.close();

        RawClient again = connect(
                placement.subscriberNode(),
                Connect.as(Version.V5, durable.clientId()).resuming());

        Packet resent = again.await(PUBLISH);
        assertThat(resent.text()).isEqualTo("begun");
        assertThat(resent.dup()).isTrue();
        assertThat(resent.packetId()).isEqualTo(begun.packetId());
        again.acknowledge(resent);
        other.assertNothingReceived();
    }

    @EachPlacement
    @Clause("MQTT-4.8.2-5")
    void dropAQos2DeliveryThatBeganWithASessionThatEnds(Placement placement) {
        RawClient member = subscriber(placement, Version.V5);
        member.subscribe(shared("g", topic()), 2);
        RawClient publisher = publisher(placement, Version.V5);
        publisher.publish(Publish.to(topic()).payload("begun").qos(2));
        assertThat(member.next(PUBLISH).text()).isEqualTo("begun");
        RawClient other = subscriber(placement, Version.V5);
        other.subscribe(shared("g", topic()), 2);

        member.disconnect();
        publisher.publish(Publish.to(topic()).payload("next").qos(2));

        assertThat(other.receive().text()).isEqualTo("next");
        other.assertNothingReceived();
    }
}
