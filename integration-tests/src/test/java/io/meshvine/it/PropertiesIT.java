package io.meshvine.it;

import static io.meshvine.it.wire.Property.CONTENT_TYPE;
import static io.meshvine.it.wire.Property.CORRELATION_DATA;
import static io.meshvine.it.wire.Property.MESSAGE_EXPIRY_INTERVAL;
import static io.meshvine.it.wire.Property.PAYLOAD_FORMAT_INDICATOR;
import static io.meshvine.it.wire.Property.RESPONSE_TOPIC;
import static io.meshvine.it.wire.Property.TOPIC_ALIAS;
import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.EachPlacement;
import io.meshvine.it.harness.Placement;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Version;

/** Properties of publishes on their way from publisher to subscriber. */
class PropertiesIT extends BrokerTest {

    @EachPlacement
    @Clause({"MQTT-3.3.2-4", "MQTT-3.3.2-15", "MQTT-3.3.2-16", "MQTT-3.3.2-17", "MQTT-3.3.2-18", "MQTT-3.3.2-20"})
    void reachTheSubscriberUnaltered(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(topic(), 2);
        RawClient publisher = publisher(placement, Version.V5);

        for (int qos = 0; qos <= 2; qos++) {
            Publish publish = Publish.to(topic())
                    .payload("\u00fcber")
                    .qos(qos)
                    .with(PAYLOAD_FORMAT_INDICATOR, 1)
                    .with(CONTENT_TYPE, "text/plain; charset=utf-8")
                    .with(RESPONSE_TOPIC, topic("answers"))
                    .withBinary(CORRELATION_DATA, (byte) 0, (byte) 1, (byte) 0xff)
                    .withUser("z", "1")
                    .withUser("a", "")
                    .withUser("z", "1")
                    .withUser("", "\ud83d\ude80")
                    .withUser("a", "last");
            publisher.publish(publish);

            Packet received = subscriber.receive();
            assertThat(received.properties().number(PAYLOAD_FORMAT_INDICATOR)).contains(1L);
            assertThat(received.properties().string(CONTENT_TYPE)).contains("text/plain; charset=utf-8");
            assertThat(received.properties().string(RESPONSE_TOPIC)).contains(topic("answers"));
            assertThat(received.properties().binary(CORRELATION_DATA))
                    .hasValueSatisfying(data -> assertThat(data).containsExactly(0, 1, 0xff));
            assertThat(received.properties().userProperties())
                    .isEqualTo(publish.properties().userProperties());
        }
    }

    @EachPlacement
    @Clause({"3.3.2.3", "MQTT-2.2.2-1"})
    void areNotInvented(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(topic(), 0);

        publisher(placement, Version.V5).publish(Publish.to(topic()).payload("bare"));

        assertThat(subscriber.receive().properties())
                .isEqualTo(Publish.to(topic()).properties());
    }

    @EachPlacement
    @Clause("3.3.2.3")
    void areLeftOutForSubscribersOf311(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V3_1_1);
        subscriber.subscribe(topic(), 1);
        RawClient publisher = publisher(placement, Version.V5);

        publisher.publish(Publish.to(topic())
                .payload("plain")
                .qos(1)
                .with(CONTENT_TYPE, "text/plain")
                .with(MESSAGE_EXPIRY_INTERVAL, 100)
                .withUser("a", "b"));

        assertThat(subscriber.receive().text()).isEqualTo("plain");
    }

    @EachPlacement
    @Clause("3.3.2.3")
    void areEmptyForPublishesOf311(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(topic(), 1);

        publisher(placement, Version.V3_1_1)
                .publish(Publish.to(topic()).payload("plain").qos(1));

        Packet received = subscriber.receive();
        assertThat(received.text()).isEqualTo("plain");
        assertThat(received.properties()).isEqualTo(Publish.to(topic()).properties());
    }

    @EachPlacement
    @Clause("4.10")
    void carryRequestsAndTheirResponses(Placement placement) {
        RawClient responder = subscriber(placement, Version.V5);
        responder.subscribe(topic("requests"), 1);
        RawClient requester = publisher(placement, Version.V5);
        requester.subscribe(topic("responses"), 1);

        requester.publish(Publish.to(topic("requests"))
                .payload("2+2")
                .qos(1)
                .with(RESPONSE_TOPIC, topic("responses"))
                .withBinary(CORRELATION_DATA, (byte) 42));
        Packet request = responder.receive();
        responder.publish(Publish.to(request.properties().string(RESPONSE_TOPIC).orElseThrow())
                .payload("4")
                .qos(1)
                .withBinary(
                        CORRELATION_DATA,
                        request.properties().binary(CORRELATION_DATA).orElseThrow()));

        Packet response = requester.receive();
        assertThat(response.text()).isEqualTo("4");
        assertThat(response.properties().binary(CORRELATION_DATA)).contains(new byte[] {42});
    }

    @EachPlacement
    @Clause("MQTT-3.3.2-6")
    void showTheRestOfTheMessagesLifetime(Placement placement) {
        Connect connect = newClient(Version.V5).durable();
        RawClient before = connect(placement.subscriberNode(), connect);
        before.subscribe(topic(), 1);
        before.disconnect();
        RawClient publisher = publisher(placement, Version.V5);
        publisher.publish(Publish.to(topic()).payload("lives").qos(1).with(MESSAGE_EXPIRY_INTERVAL, 100));
        pass(2);

        Packet received = connect(placement.subscriberNode(), connect).receive();

        assertThat(received.text()).isEqualTo("lives");
        assertThat(received.properties().number(MESSAGE_EXPIRY_INTERVAL).orElseThrow())
                .isBetween(90L, 98L);
    }

    @EachPlacement
    @Clause("MQTT-3.3.2-6")
    void showTheWholeLifetimeOnImmediateDelivery(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(topic(), 0);

        publisher(placement, Version.V5)
                .publish(Publish.to(topic()).payload("fresh").with(MESSAGE_EXPIRY_INTERVAL, 1000));

        assertThat(subscriber
                        .receive()
                        .properties()
                        .number(MESSAGE_EXPIRY_INTERVAL)
                        .orElseThrow())
                .isBetween(995L, 1000L);
    }

    @EachPlacement
    @Clause("MQTT-3.3.2-5")
    void letExpiredMessagesDisappear(Placement placement) {
        Connect connect = newClient(Version.V5).durable();
        RawClient before = connect(placement.subscriberNode(), connect);
        before.subscribe(topic(), 2);
        before.disconnect();
        RawClient publisher = publisher(placement, Version.V5);
        for (int qos = 1; qos <= 2; qos++) {
            publisher.publish(Publish.to(topic()).payload("short").qos(qos).with(MESSAGE_EXPIRY_INTERVAL, 1));
            publisher.publish(Publish.to(topic()).payload("lasting " + qos).qos(qos));
        }
        publisher.publish(Publish.to(topic()).payload("marker").qos(2));
        pass(2);

        RawClient after = connect(placement.subscriberNode(), connect);

        assertThat(after.receiveUntil("marker")).extracting(Packet::text).containsExactly("lasting 1", "lasting 2");
    }

    @EachPlacement
    @Clause({"MQTT-3.3.2-12", "MQTT-3.3.2-7", "3.3.2.3.4"})
    void nameTopicsByAlias(Placement placement) {
        RawClient subscriber = subscriber(placement, Version.V5);
        subscriber.subscribe(topic("#"), 0);
        RawClient publisher = publisher(placement, Version.V5);

        publisher.send(Publish.to(topic("a")).payload("1").with(TOPIC_ALIAS, 1));
        publisher.send(Publish.to(topic("b")).payload("2").with(TOPIC_ALIAS, 2));
        publisher.send(Publish.to("").payload("3").with(TOPIC_ALIAS, 1));
        publisher.send(Publish.to("").payload("4").with(TOPIC_ALIAS, 2));
        publisher.send(Publish.to("").payload("5").with(TOPIC_ALIAS, 1));
        publisher.send(Publish.to(topic("c")).payload("6").with(TOPIC_ALIAS, 1));
        publisher.send(Publish.to("").payload("7").with(TOPIC_ALIAS, 1));

        assertThat(subscriber.receive(7))
                .extracting(packet -> packet.text() + " " + packet.topic())
                .containsExactly(
                        "1 " + topic("a"),
                        "2 " + topic("b"),
                        "3 " + topic("a"),
                        "4 " + topic("b"),
                        "5 " + topic("a"),
                        "6 " + topic("c"),
                        "7 " + topic("c"));
    }
}
