package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.node.session.DropReason;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Limits and flow control in both directions (MQTT 5, 3.1.2.11, 3.2.2.3, 4.9), and clients that do not keep up. */
class FlowControlTest {

    private static final int RECEIVE_MAXIMUM = 10;
    private static final int MAX_PACKET_SIZE = 2_000;

    private LoopbackNode node;

    @BeforeEach
    void start() {
        node = new LoopbackNode(
                options -> options.receiveMaximum(RECEIVE_MAXIMUM).maxPacketSize(MAX_PACKET_SIZE));
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private static Consumer<MqttMessageBuilders.ConnectBuilder> with(MqttPropertyType type, int value) {
        MqttProperties properties = new MqttProperties();
        properties.add(new IntegerProperty(type.value(), value));
        return connect -> connect.properties(properties);
    }

    private static MqttMessage retained(int packetId) {
        return TestClient.publishPacket("r", 1, packetId, "x", MqttProperties.NO_PROPERTIES, true);
    }

    // [MQTT-3.3.4-7]; moquette.md: Receive Maximum not enforced in a burst
    @Test
    void disconnectsAClientThatExceedsTheReceiveMaximum() {
        node.mesh.keep();
        try (TestClient client = TestClient.mqtt5(node, "c")) {
            for (int id = 1; id <= RECEIVE_MAXIMUM; id++) {
                client.send(retained(id));
            }
            client.expectSilence();
            client.send(retained(RECEIVE_MAXIMUM + 1)).expectDisconnect(0x93);
        }
        node.mesh.letGo();
    }

    @Test
    void countsAQos2PublishUntilItIsReleased() {
        try (TestClient client = TestClient.mqtt5(node, "c")) {
            for (int id = 1; id <= RECEIVE_MAXIMUM; id++) {
                client.publish("a", 2, id, "x").expect(MqttMessageType.PUBREC);
            }
            client.ack(MqttMessageType.PUBREL, 1).expect(MqttMessageType.PUBCOMP);
            client.publish("a", 1, 50, "x").expect(MqttMessageType.PUBACK);
            client.publish("a", 2, 51, "x").expect(MqttMessageType.PUBREC);
            client.publish("$a", 1, 52, "x").expectDisconnect(0x93);
        }
    }

    @Test
    void givesBackWhatARefusedQos2PublishTook() {
        try (TestClient client = TestClient.mqtt5(node, "c")) {
            for (int id = 1; id <= 3 * RECEIVE_MAXIMUM; id++) {
                client.publish("$a", 2, id, "x");
                assertThat(client.expect(MqttMessageType.PUBREC).reason()).isEqualTo(0x87);
            }
        }
    }

    @Test
    void readsNoMoreFromAnMqtt3ClientWithTooMuchUnsettled() {
        node.mesh.keep();
        try (TestClient client = TestClient.mqtt3(node, "c", connect -> connect.keepAlive(1))) {
            for (int id = 1; id <= 5 * RECEIVE_MAXIMUM; id++) {
                client.send(retained(id));
            }
            await().untilAsserted(() -> assertThat(node.mesh.kept()).isGreaterThanOrEqualTo(RECEIVE_MAXIMUM));
            // Longer than its keep alive: the client is not to blame for its silence.
            await().during(Duration.ofMillis(1_800))
                    .atMost(Duration.ofSeconds(3))
                    .until(() -> node.front.counters().connections() == 1);
            node.mesh.letGo();
            for (int id = 1; id <= 5 * RECEIVE_MAXIMUM; id++) {
                assertThat(client.expect(MqttMessageType.PUBACK).packetId()).isEqualTo(id);
            }
        }
    }

    // [MQTT-3.3.4-9]
    @Test
    void keepsToTheReceiveMaximumOfTheClient() {
        try (TestClient subscriber = TestClient.mqtt5(node, "s", with(MqttPropertyType.RECEIVE_MAXIMUM, 2));
                TestClient publisher = TestClient.mqtt5(node, "p")) {
            subscriber.subscribed("a", 2);
            for (int id = 1; id <= 4; id++) {
                publisher.publish("a", 1, id, "m" + id).expect(MqttMessageType.PUBACK);
            }
            int first = subscriber.expectPublish("m1").packetId();
            subscriber.expectPublish("m2");
            subscriber.expectSilence();
            subscriber.ack(MqttMessageType.PUBACK, first);
            subscriber.expectPublish("m3");
            subscriber.expectSilence();
        }
    }

    // moquette.md: client Maximum Packet Size ignored
    @Test
    void sendsNoPacketLargerThanTheClientTakes() {
        try (TestClient subscriber = TestClient.mqtt5(node, "s", with(MqttPropertyType.MAXIMUM_PACKET_SIZE, 100));
                TestClient publisher = TestClient.mqtt5(node, "p")) {
            subscriber.subscribed("a", 1);
            // 1 type, 1 length, 3 topic, 2 packet id, 1 properties: a payload of 92 makes a packet of 100.
            publisher.publish("a", 1, 1, "x".repeat(93)).expect(MqttMessageType.PUBACK);
            publisher.publish("a", 1, 2, "y".repeat(92)).expect(MqttMessageType.PUBACK);
            subscriber.expectPublish("y".repeat(92));
            assertThat(node.sessionCounters.dropped(DropReason.TOO_LARGE)).isEqualTo(1);
        }
    }

    // moquette.md: no 0x95
    @Test
    void disconnectsAtAPacketLargerThanTheServerTakes() {
        try (TestClient client = TestClient.mqtt5(node, "c")) {
            // 1 type, 2 length, 3 topic, 1 properties
            client.publish("a", 0, 0, "x".repeat(MAX_PACKET_SIZE - 7));
            client.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
            client.publish("a", 0, 0, "x".repeat(MAX_PACKET_SIZE - 6)).expectDisconnect(0x95);
        }
        try (TestClient client = TestClient.mqtt3(node, "c3")) {
            client.sendHex("30 ffffff7f 0001 61").expectEnd(); // told by its first bytes
        }
    }

    @Test
    void usesTopicAliasesWhereTheClientTakesThem() {
        try (TestClient subscriber = TestClient.mqtt5(node, "s", with(MqttPropertyType.TOPIC_ALIAS_MAXIMUM, 2));
                TestClient publisher = TestClient.mqtt5(node, "p")) {
            subscriber.subscribed("#", 0);
            List<String> seen = new ArrayList<>();
            for (String topic : new String[] {"a", "b", "a", "c", "a", "b"}) {
                publisher.publish(topic, 0, 0, topic);
                TestClient.Packet publish = subscriber.expectPublish(topic);
                IntegerProperty alias =
                        (IntegerProperty) publish.properties().getProperty(MqttPropertyType.TOPIC_ALIAS.value());
                seen.add(publish.topic() + alias.value());
            }
            // b was unused for longest when c came, c when b came back.
            assertThat(seen).containsExactly("a1", "b2", "1", "c2", "1", "b2");
        }
    }

    // moquette.md: QoS 0 to a slow subscriber, queues unbounded
    @Test
    void boundsWhatWaitsForAClientThatDoesNotRead() {
        String payload = "x".repeat(1_900);
        try (TestClient slow = TestClient.mqtt5(node, "slow").subscribed("a", 0);
                TestClient quick = TestClient.mqtt5(node, "quick").subscribed("a", 0);
                TestClient publisher = TestClient.mqtt5(node, "p")) {
            int sent = 0;
            while (node.sessionCounters.dropped(DropReason.QOS0_SLOW) == 0) {
                assertThat(sent).as("publishes without a drop").isLessThan(100_000);
                publisher.publish("a", 0, 0, payload);
                quick.expect(MqttMessageType.PUBLISH);
                sent++;
                if (sent % 500 == 0) { // However slow the machine is, they are alive.
                    quick.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
                    slow.send(MqttMessage.PINGREQ);
                }
            }
            publisher.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
            assertThat(slow.expect(MqttMessageType.PUBLISH).text()).hasSize(1_900);
        }
    }

    @Test
    void holdsUpPublishersWhileTheWayOnwardIsFull() {
        try (TestClient subscriber = TestClient.mqtt5(node, "s").subscribed("a", 0);
                TestClient publisher = TestClient.mqtt5(node, "p")) {
            node.front.congested(true);
            publisher.publish("a", 0, 0, "first");
            subscriber.expectPublish("first");
            publisher.publish("a", 0, 0, "second");
            subscriber.expectSilence();
            node.front.congested(false);
            subscriber.expectPublish("second");
        }
    }
}
