package io.meshvine.it;

import static io.meshvine.it.wire.PacketType.PUBACK;
import static io.meshvine.it.wire.PacketType.PUBLISH;
import static io.meshvine.it.wire.PacketType.UNSUBACK;
import static io.meshvine.it.wire.Subscribe.NO_LOCAL;
import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.EachVersion;
import io.meshvine.it.harness.MosquittoDeviates;
import io.meshvine.it.harness.Placement;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.Packets;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Subscribe;
import io.meshvine.it.wire.Version;
import java.util.List;
import org.junit.jupiter.api.Test;

/** SUBSCRIBE, UNSUBSCRIBE and the options of a subscription. */
class SubscribeIT extends BrokerTest {

    @EachVersion
    @Clause(
            value = {
                "MQTT-3.8.4-1",
                "MQTT-3.8.4-2",
                "MQTT-3.8.4-5",
                "MQTT-3.8.4-6",
                "MQTT-3.8.4-7",
                "MQTT-3.9.3-1",
                "MQTT-3.9.3-2",
                "MQTT-2.2.1-6"
            },
            v311 = {
                "MQTT-3.8.4-1",
                "MQTT-3.8.4-2",
                "MQTT-3.8.4-4",
                "MQTT-3.8.4-5",
                "MQTT-3.9.3-1",
                "MQTT-3.9.3-2",
                "MQTT-2.3.1-7"
            })
    void grantsEachFilterItsQosInOneAnswer(Version version) {
        RawClient subscriber = connect(0, version);

        Packet suback = subscriber.subscribe(Subscribe.to(topic("a"), 2)
                .and(topic("b"), 0)
                .and(topic("+"), 1)
                .packetId(0xfffe));

        assertThat(suback.reasonCodes()).containsExactly(2, 0, 1);
    }

    @EachPlacement
    @Clause(value = "MQTT-3.8.4-3", v311 = "MQTT-3.8.4-3")
    void replacesAnEarlierSubscriptionToTheSameFilter(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        RawClient publisher = publisher(placement, version);
        for (int qos : new int[] {1, 0, 2}) {
            subscriber.subscribe(topic(), qos);
            publisher.publish(Publish.to(topic()).payload("at " + qos).qos(2));
            publisher.publish(Publish.to(topic()).payload("marker").qos(2));

            assertThat(subscriber.receiveUntil("marker"))
                    .extracting(packet -> packet.text() + " as " + packet.qos())
                    .containsExactly("at " + qos + " as " + qos);
        }
    }

    @EachPlacement
    @Clause({"MQTT-3.3.4-2", "MQTT-3.3.4-3", "MQTT-3.3.4-4"})
    @MosquittoDeviates("sends a copy per subscription")
    void namesEverySubscriptionThatMatches(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(Subscribe.to(topic("#"), 1).identifiedBy(1));
        subscriber.subscribe(Subscribe.to(topic("+/b"), 2).identifiedBy(268_435_455));
        subscriber.subscribe(Subscribe.to(topic("a/+"), 0));
        subscriber.subscribe(
                Subscribe.to(topic("a/b"), 0).and(topic("other"), 0).identifiedBy(128));
        RawClient publisher = publisher(placement, Version.V5);

        publisher.publish(Publish.to(topic("a/b")).payload("x").qos(2));
        publisher.publish(Publish.to(topic("c")).payload("marker").qos(2));

        Packet received = subscriber.receive();
        assertThat(received.text()).isEqualTo("x");
        assertThat(received.qos()).isEqualTo(2);
        assertThat(received.properties().subscriptionIdentifiers()).containsExactlyInAnyOrder(1, 128, 268_435_455);
        Packet marker = subscriber.receive();
        assertThat(marker.text()).as("one copy only").isEqualTo("marker");
        assertThat(marker.properties().subscriptionIdentifiers()).containsExactly(1);
    }

    @EachPlacement
    @Clause("3.8.2.1.2")
    void dropsTheIdentifierOfAReplacedSubscription(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(Subscribe.to(topic(), 0).identifiedBy(1));
        subscriber.subscribe(Subscribe.to(topic(), 0).identifiedBy(2));
        RawClient publisher = publisher(placement, Version.V5);

        publisher.publish(Publish.to(topic()));
        assertThat(subscriber.receive().properties().subscriptionIdentifiers()).containsExactly(2);

        subscriber.subscribe(topic(), 0);
        publisher.publish(Publish.to(topic()));
        assertThat(subscriber.receive().properties().subscriptionIdentifiers()).isEmpty();
    }

    @EachPlacement
    @Clause(value = "MQTT-3.3.4-2", v311 = "MQTT-3.3.5-1")
    @MosquittoDeviates("sends a copy per subscription, or a single one at the QoS of the first")
    void deliversOneCopyAtTheHighestQosOfOverlappingSubscriptions(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic("a"), 0);
        subscriber.subscribe(topic("#"), 2);
        subscriber.subscribe(topic("+"), 1);
        RawClient publisher = publisher(placement, version);

        publisher.publish(Publish.to(topic("a")).payload("x").qos(2));
        publisher.publish(Publish.to(topic("a")).payload("marker").qos(2));

        assertThat(subscriber.receiveUntil("marker"))
                .extracting(packet -> packet.text() + " as " + packet.qos())
                .containsExactly("x as 2");
    }

    @Test
    @Clause("MQTT-3.8.3-3")
    void keepsAClientsOwnMessagesFromNoLocalSubscriptions() {
        RawClient client = connect(0, Version.V5);
        assertThat(client.subscribe(Subscribe.to(topic("a"), 1 | NO_LOCAL)).reasonCode())
                .isEqualTo(1);
        client.subscribe(topic("marker"), 1);

        client.publish(Publish.to(topic("a")).payload("own").qos(1));
        client.publish(Publish.to(topic("marker")).payload("marker").qos(1));

        assertThat(client.receiveUntil("marker")).isEmpty();
    }

    @EachPlacement
    @Clause("MQTT-3.8.3-3")
    void deliversTheMessagesOfOthersToNoLocalSubscriptions(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(Subscribe.to(topic(), 1 | NO_LOCAL));

        publisher(placement, Version.V5).publish(Publish.to(topic()).payload("other's"));

        assertThat(subscriber.receive().text()).isEqualTo("other's");
    }

    @Test
    @Clause({"MQTT-3.8.3-3", "MQTT-3.3.4-3"})
    void appliesNoLocalToEachOverlappingSubscriptionByItself() {
        RawClient client = connect(0, Version.V5);
        client.subscribe(Subscribe.to(topic("a"), 2 | NO_LOCAL).identifiedBy(1));
        client.subscribe(Subscribe.to(topic("#"), 0).identifiedBy(2));

        client.publish(Publish.to(topic("a")).payload("own").qos(1));
        client.publish(Publish.to(topic("a")).payload("marker").qos(1));

        List<Packet> received = client.receiveUntil("marker");
        assertThat(received).hasSize(1);
        assertThat(received.get(0).qos()).isZero();
        assertThat(received.get(0).properties().subscriptionIdentifiers()).containsExactly(2);
    }

    @Test
    @Clause({"MQTT-3.10.4-4", "MQTT-3.10.4-5", "MQTT-3.10.4-6", "MQTT-3.11.3-1", "MQTT-3.11.3-2"})
    void saysWhichFiltersItUnsubscribed() {
        RawClient subscriber = connect(0, Version.V5);
        subscriber.subscribe(topic("a"), 0);
        subscriber.subscribe(topic("c/#"), 0);

        Packet unsuback = subscriber.unsubscribe(topic("a"), topic("b"), topic("c/+"), topic("c/#"));

        assertThat(unsuback.reasonCodes()).containsExactly(0x00, 0x11, 0x11, 0x00);
    }

    @EachVersion
    @Clause(
            value = {"MQTT-3.10.4-4", "MQTT-3.10.4-5"},
            v311 = {"MQTT-3.10.4-4", "MQTT-3.10.4-5", "MQTT-3.10.4-6"})
    void answersUnsubscribeEvenWithoutSubscription(Version version) {
        RawClient subscriber = connect(0, version);

        subscriber.send(Packets.unsubscribe(version, 0xfffd, topic("none"), topic("neither")));

        assertThat(subscriber.next(UNSUBACK).packetId()).isEqualTo(0xfffd);
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-3.10.4-1", "MQTT-3.10.4-2"},
            v311 = {"MQTT-3.10.4-1", "MQTT-3.10.4-2"})
    void deliversNothingForAnUnsubscribedFilter(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic("a"), 1);
        subscriber.subscribe(topic("A"), 1);
        subscriber.unsubscribe(topic("a"));
        RawClient publisher = publisher(placement, version);

        publisher.publish(Publish.to(topic("a")).payload("unwanted").qos(1));
        publisher.publish(Publish.to(topic("A")).payload("marker").qos(1));

        assertThat(subscriber.receiveUntil("marker")).isEmpty();
    }

    @EachPlacement
    @Clause(value = "MQTT-3.10.4-3", v311 = "MQTT-3.10.4-3")
    void completesDeliveriesThatBeganBeforeUnsubscribe(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 2);
        publisher(placement, version)
                .publish(Publish.to(topic()).payload("begun").qos(2));
        Packet begun = subscriber.next(PUBLISH);

        subscriber.unsubscribe(topic());
        subscriber.acknowledge(begun);

        subscriber.assertNothingReceived();
    }

    @EachPlacement
    @Clause(value = "MQTT-3.10.4-1", v311 = "MQTT-3.10.4-1")
    void keepsOverlappingSubscriptionsOfOthersAndItsOwn(Placement placement, Version version) {
        RawClient leaving = subscriber(placement, version);
        leaving.subscribe(topic("+"), 0);
        leaving.subscribe(topic("a"), 0);
        RawClient staying = subscriber(placement, version);
        staying.subscribe(topic("a"), 0);
        leaving.unsubscribe(topic("a"));

        publisher(placement, version).publish(Publish.to(topic("a")).payload("x"));

        assertThat(leaving.receive().text()).isEqualTo("x");
        assertThat(staying.receive().text()).isEqualTo("x");
        leaving.assertNothingReceived();
    }

    @EachPlacement
    @Clause(value = "MQTT-4.5.0-1", v311 = "MQTT-4.5.0-1")
    void deliversWhatIsPublishedRightAfterSuback(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        RawClient publisher = publisher(placement, version);

        for (int i = 0; i < 50; i++) {
            subscriber.subscribe(topic("n/" + i), 1);
            publisher.send(Publish.to(topic("n/" + i)).payload("hit " + i).qos(1));
            assertThat(subscriber.receive().text()).isEqualTo("hit " + i);
            publisher.next(PUBACK);
        }
    }
}
