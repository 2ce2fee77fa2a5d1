package io.meshvine.it;

import static io.meshvine.it.wire.Property.CONTENT_TYPE;
import static io.meshvine.it.wire.Property.MESSAGE_EXPIRY_INTERVAL;
import static io.meshvine.it.wire.Subscribe.RETAIN_AS_PUBLISHED;
import static io.meshvine.it.wire.Subscribe.RETAIN_IF_NEW;
import static io.meshvine.it.wire.Subscribe.RETAIN_NEVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.Placement;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Subscribe;
import io.meshvine.it.wire.Version;
import java.time.Duration;
import java.util.List;

/** Retained messages: at every node the same, for every new subscription. */
class RetainedIT extends BrokerTest {

    private Publish retained(String topic, String payload, int qos) {
        return Publish.to(topic).payload(payload).qos(qos).retained();
    }

    /** What a new subscriber of a filter gets at once. */
    private List<Packet> retainedAt(int node, String filter) {
        try (RawClient client = connect(node, Version.V5)) {
            client.subscribe(filter, 2);
            client.send(Publish.to(topic("marker/" + node)));
            client.subscribe(topic("marker/" + node), 0);
            client.send(Publish.to(topic("marker/" + node)).payload("marker"));
            return client.receiveUntil("marker");
        }
    }

    /** Waits until a node's new subscribers of a filter get just these payloads. */
    private void awaitRetained(int node, String filter, String... payloads) {
        await().pollInterval(Duration.ofMillis(20))
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(retainedAt(node, filter))
                        .extracting(Packet::text)
                        .containsExactlyInAnyOrder(payloads));
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-3.3.1-5", "MQTT-3.3.1-9", "3.3.1.3"},
            v311 = {"MQTT-3.3.1-5", "MQTT-3.3.1-6", "MQTT-3.3.1-7", "MQTT-3.3.1-8"})
    void reachNewSubscribersFlagged(Placement placement, Version version) {
        RawClient publisher = publisher(placement, version);
        for (int qos = 0; qos <= 2; qos++) {
            publisher.publish(retained(topic("q" + qos), "r" + qos, qos));
        }
        awaitRetained(placement.subscriberNode(), topic("+"), "r0", "r1", "r2");

        for (int granted = 0; granted <= 2; granted++) {
            RawClient subscriber = subscriber(placement, version);
            subscriber.subscribe(topic("+"), granted);
            for (Packet packet : subscriber.receive(3)) {
                int published = Integer.parseInt(packet.text().substring(1));
                assertThat(packet.retain()).isTrue();
                assertThat(packet.dup()).isFalse();
                assertThat(packet.topic()).isEqualTo(topic("q" + published));
                assertThat(packet.qos()).isEqualTo(Math.min(granted, published));
            }
            subscriber.assertNothingReceived();
        }
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-3.3.1-5", "MQTT-3.3.1-6", "MQTT-3.3.1-7", "MQTT-3.3.1-8"},
            v311 = {"MQTT-3.3.1-7", "MQTT-3.3.1-10", "MQTT-3.3.1-11", "MQTT-3.3.1-12"})
    void areReplacedAndDeletedByRetainedPublishesOnly(Placement placement, Version version) {
        RawClient publisher = publisher(placement, version);
        int node = placement.subscriberNode();
        publisher.publish(retained(topic(), "first", 1));
        publisher.publish(Publish.to(topic()).payload("passing").qos(1));
        awaitRetained(node, topic(), "first");
        publisher.publish(retained(topic(), "second", 0));
        awaitRetained(node, topic(), "second");
        publisher.publish(retained(topic(), "third", 2));
        publisher.publish(Publish.to(topic()).qos(1));
        awaitRetained(node, topic(), "third");
        publisher.publish(retained(topic(), "", 0));
        awaitRetained(node, topic());
        publisher.publish(retained(topic(), "again", 0));
        awaitRetained(node, topic(), "again");
        publisher.publish(retained(topic(), "", 1));
        awaitRetained(node, topic());
    }

    @EachPlacement
    @Clause(
            value = {"MQTT-3.3.1-6", "MQTT-3.3.1-12"},
            v311 = {"MQTT-3.3.1-9", "MQTT-3.3.1-10"})
    void reachPresentSubscribersUnflagged(Placement placement, Version version) {
        RawClient subscriber = subscriber(placement, version);
        subscriber.subscribe(topic(), 1);
        RawClient publisher = publisher(placement, version);

        publisher.publish(retained(topic(), "set", 1));
        publisher.publish(retained(topic(), "", 1));

        assertThat(subscriber.receive(2))
                .extracting(packet -> packet.text() + "|" + packet.retain())
                .containsExactly("set|false", "|false");
    }

    @EachPlacement
    @Clause("MQTT-3.3.1-13")
    void keepTheFlagOfTheirPublisherWhereAsked(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(topic(), 1 | RETAIN_AS_PUBLISHED);
        RawClient publisher = publisher(placement, Version.V5);

        publisher.publish(retained(topic(), "retained", 1));
        publisher.publish(Publish.to(topic()).payload("passing").qos(1));
        publisher.publish(retained(topic(), "", 1));

        assertThat(subscriber.receive(3))
                .extracting(packet -> packet.text() + "|" + packet.retain())
                .containsExactly("retained|true", "passing|false", "|true");
    }

    @EachPlacement
    @Clause({"MQTT-3.3.1-9", "MQTT-3.8.4-4"})
    void areSentAtEverySubscribeByDefault(Placement placement) {
        publisher(placement, Version.V5).publish(retained(topic(), "r", 1));
        awaitRetained(placement.subscriberNode(), topic(), "r");
        RawClient subscriber = subscriber(placement, Version.V5);

        for (int i = 0; i < 3; i++) {
            subscriber.subscribe(topic(), 1);
            assertThat(subscriber.receive().retain()).isTrue();
        }
        subscriber.assertNothingReceived();
    }

    @EachPlacement
    @Clause("MQTT-3.3.1-10")
    void areSentToNewSubscriptionsOnlyWhereAsked(Placement placement) {
        publisher(placement, Version.V5).publish(retained(topic(), "r", 1));
        awaitRetained(placement.subscriberNode(), topic(), "r");
        RawClient subscriber = subscriber(placement, Version.V5);

        subscriber.subscribe(topic(), 1 | RETAIN_IF_NEW);
        assertThat(subscriber.receive().text()).isEqualTo("r");
        subscriber.subscribe(topic(), 2 | RETAIN_IF_NEW);
        subscriber.assertNothingReceived();
        subscriber.unsubscribe(topic());
        subscriber.subscribe(topic(), 1 | RETAIN_IF_NEW);
        assertThat(subscriber.receive().text()).isEqualTo("r");
    }

    @EachPlacement
    @Clause("MQTT-3.3.1-11")
    void areNotSentWhereUnwanted(Placement placement) {
        RawClient publisher = publisher(placement, Version.V5);
        publisher.publish(retained(topic(), "r", 1));
        awaitRetained(placement.subscriberNode(), topic(), "r");
        RawClient subscriber = subscriber(placement, Version.V5);

        subscriber.subscribe(topic(), 1 | RETAIN_NEVER);
        subscriber.assertNothingReceived();
        publisher.publish(Publish.to(topic()).payload("live").qos(1));
        assertThat(subscriber.receive().text()).isEqualTo("live");
    }

    @EachPlacement
    @Clause("3.3.1.3")
    void keepTheirPropertiesAndNameTheSubscription(Placement placement) {
        publisher(placement, Version.V5)
                .publish(retained(topic(), "r", 1)
                        .with(CONTENT_TYPE, "text/plain")
                        .withUser("b", "1")
                        .withUser("a", "2"));
        awaitRetained(placement.subscriberNode(), topic(), "r");
        RawClient subscriber = subscriber(placement, Version.V5);

        subscriber.subscribe(Subscribe.to(topic("#"), 1).identifiedBy(33));

        Packet received = subscriber.receive();
        assertThat(received.properties().string(CONTENT_TYPE)).contains("text/plain");
        assertThat(received.properties().userProperties())
                .extracting(property -> property.name() + property.value())
                .containsExactly("b1", "a2");
        assertThat(received.properties().subscriptionIdentifiers()).containsExactly(33);
    }

    @EachPlacement
    @Clause(value = "3.8.4", v311 = "MQTT-3.1.2.7")
    void outliveTheSessionOfTheirPublisher(Placement placement, Version version) {
        RawClient publisher = publisher(placement, version);
        publisher.publish(retained(topic(), "r", 1));
        publisher.disconnect();

        awaitRetained(placement.subscriberNode(), topic(), "r");
    }

    @EachPlacement
    @Clause({"MQTT-3.3.2-5", "MQTT-3.3.2-6", "3.3.2.3.3"})
    void expire(Placement placement) {
        RawClient publisher = publisher(placement, Version.V5);
        publisher.publish(retained(topic("short"), "short", 1).with(MESSAGE_EXPIRY_INTERVAL, 1));
        publisher.publish(retained(topic("long"), "long", 1).with(MESSAGE_EXPIRY_INTERVAL, 100));
        publisher.publish(retained(topic("renewed"), "old", 1).with(MESSAGE_EXPIRY_INTERVAL, 1));
        publisher.publish(retained(topic("renewed"), "renewed", 1));
        pass(2);

        awaitRetained(placement.subscriberNode(), topic("+"), "long", "renewed");
        for (Packet packet : retainedAt(placement.subscriberNode(), topic("+"))) {
            long rest = packet.properties().number(MESSAGE_EXPIRY_INTERVAL).orElse(90L);
            assertThat(rest).isBetween(85L, 98L);
        }
    }
}
