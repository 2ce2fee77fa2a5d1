package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperty;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sessions across connections: clean start, expiry, takeover, wills, and what is sent again (MQTT 5, 3.1, 3.14, 4.1). */
class SessionLifeTest {

    private LoopbackNode node;

    @BeforeEach
    void start() {
        node = new LoopbackNode(options -> options.maxSessionExpirySeconds(1_000_000));
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private static Consumer<MqttMessageBuilders.ConnectBuilder> resume(long expirySeconds) {
        return connect -> connect.cleanSession(false).properties(expiry(expirySeconds));
    }

    private static Consumer<MqttMessageBuilders.ConnectBuilder> cleanStart(long expirySeconds) {
        return connect -> connect.cleanSession(true).properties(expiry(expirySeconds));
    }

    private static MqttProperties expiry(long seconds) {
        MqttProperties properties = new MqttProperties();
        properties.add(new IntegerProperty(MqttPropertyType.SESSION_EXPIRY_INTERVAL.value(), (int) seconds));
        return properties;
    }

    private static MqttMessage disconnect(int reason, MqttProperties properties) {
        return new MqttMessage(
                new MqttFixedHeader(MqttMessageType.DISCONNECT, false, MqttQoS.AT_MOST_ONCE, false, 0),
                new MqttReasonCodeAndPropertiesVariableHeader((byte) reason, properties));
    }

    private MqttConnAckMessage connect(TestClient client, String id, Consumer<MqttMessageBuilders.ConnectBuilder> how) {
        return client.connect(id, how).expectAccepted();
    }

    private TestClient open5() {
        return new TestClient(node.port()).version(MqttVersion.MQTT_5);
    }

    private void awaitGone(String clientId) {
        await().untilAsserted(() -> assertThat(node.sessions.get(clientId)).isNull());
    }

    private void awaitAway(String clientId) {
        await().untilAsserted(() ->
                assertThat(node.sessions.get(clientId).isConnected()).isFalse());
    }

    // moquette.md: Clean Start=1 with expiry > 0: QoS 1 not queued offline
    @Test
    void queuesForASessionThatBeganWithACleanStart() {
        try (TestClient first = open5()) {
            assertThat(connect(first, "s", cleanStart(100)).variableHeader().isSessionPresent())
                    .isFalse();
            first.subscribed("q", 1);
        }
        awaitAway("s");
        try (TestClient publisher = TestClient.mqtt5(node, "p")) {
            publisher.publish("q", 1, 1, "kept").expect(MqttMessageType.PUBACK);
        }
        try (TestClient second = open5()) {
            assertThat(connect(second, "s", resume(100)).variableHeader().isSessionPresent())
                    .isTrue();
            second.expectPublish("kept");
        }
    }

    // [MQTT-3.1.2-4]
    @Test
    void forgetsTheSessionAtACleanStart() {
        try (TestClient first = open5()) {
            connect(first, "s", resume(100));
            first.subscribed("q", 1);
        }
        try (TestClient second = open5()) {
            assertThat(connect(second, "s", cleanStart(100)).variableHeader().isSessionPresent())
                    .isFalse();
            second.publish("q", 1, 1, "x");
            assertThat(second.expect(MqttMessageType.PUBACK).reason()).isEqualTo(0x10);
        }
    }

    // moquette.md: absent expiry = infinite
    @Test
    void endsTheSessionOfAnMqtt5ClientThatNamedNoExpiry() {
        try (TestClient client = TestClient.mqtt5(node, "s", connect -> connect.cleanSession(false))) {
            assertThat(node.sessions.get("s")).isNotNull();
        }
        awaitGone("s");
    }

    @Test
    void keepsTheSessionOfAnMqtt3ClientWithoutCleanSession() {
        try (TestClient client = TestClient.mqtt3(node, "s", connect -> connect.cleanSession(false))) {
            client.subscribed("q", 1);
        }
        awaitAway("s");
        try (TestClient client = new TestClient(node.port()).version(MqttVersion.MQTT_3_1_1)) {
            assertThat(connect(client, "s", connect -> connect.cleanSession(false))
                            .variableHeader()
                            .isSessionPresent())
                    .isTrue();
        }
        try (TestClient client = TestClient.mqtt3(node, "s")) {
            client.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
        }
        awaitGone("s");
    }

    // moquette.md: session expiry of 2^31 or more negative; CONNACK claims infinite
    @Test
    void readsExpiryAsUnsignedAndTellsTheLowerOneItGrants() {
        try (TestClient client = open5()) {
            MqttConnAckMessage connack = connect(client, "s", cleanStart(0x8000_0000L));
            IntegerProperty granted = (IntegerProperty)
                    connack.variableHeader().properties().getProperty(MqttPropertyType.SESSION_EXPIRY_INTERVAL.value());
            assertThat(granted.value()).isEqualTo(1_000_000);
        }
        awaitAway("s");
    }

    // moquette.md: values at resume and DISCONNECT ignored
    @Test
    void takesTheExpiryOfDisconnect() {
        try (TestClient client = TestClient.mqtt5(node, "s", resume(100))) {
            client.send(disconnect(0, expiry(0))).expectEnd();
        }
        awaitGone("s");
    }

    @Test
    void takesTheExpiryOfTheLatestConnect() {
        try (TestClient client = TestClient.mqtt5(node, "s", resume(100))) {
            client.drop();
        }
        awaitAway("s");
        try (TestClient client = TestClient.mqtt5(node, "s", resume(1))) {
            client.drop();
        }
        awaitGone("s");
    }

    // MQTT 5, 3.14.2.2.2
    @Test
    void refusesAnExpiryAtDisconnectAfterNoneAtConnect() {
        try (TestClient client = TestClient.mqtt5(node, "s", cleanStart(0))) {
            client.send(disconnect(0, expiry(10))).expectDisconnect(0x82);
        }
        awaitGone("s");
    }

    // [MQTT-3.1.4-3]; moquette.md: takeover: no 0x8E, takeover storm
    @Test
    void tellsTheOldConnectionThatItsSessionWasTakenOver() {
        try (TestClient old = TestClient.mqtt5(node, "s", resume(100))) {
            old.subscribed("q", 1);
            try (TestClient taker = open5()) {
                assertThat(connect(taker, "s", resume(100)).variableHeader().isSessionPresent())
                        .isTrue();
                old.expectDisconnect(0x8E);
                taker.publish("q", 0, 0, "mine");
                taker.expectPublish("mine");
            }
        }
        try (TestClient old = TestClient.mqtt3(node, "s3")) {
            try (TestClient taker = TestClient.mqtt3(node, "s3")) {
                old.expectEnd();
                taker.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
            }
        }
    }

    @Test
    void survivesAStormOfTakeovers() {
        TestClient[] clients = new TestClient[60];
        for (int i = 0; i < clients.length; i++) {
            clients[i] = open5();
            clients[i].connect("storm", resume(100));
        }
        // They reach the gate in any order; whoever is last stays.
        await().untilAsserted(
                        () -> assertThat(node.front.counters().connections()).isEqualTo(1));
        int served = 0;
        for (TestClient client : clients) {
            client.send(MqttMessage.PINGREQ);
            TestClient.Packet packet = client.next();
            while (packet != null && packet.type() != MqttMessageType.PINGRESP) {
                packet = client.next();
            }
            if (packet != null) {
                served++;
            }
            client.close();
        }
        assertThat(served).isEqualTo(1);
        awaitAway("storm");
        assertThat(node.front.counters().failures()).isZero();
    }

    // moquette.md: a durable client that connects and disconnects quickly kills its loop
    @Test
    void survivesADurableClientThatComesAndGoes() {
        for (int i = 0; i < 100; i++) {
            try (TestClient client = open5()) {
                client.send(client.connectPacket("hasty", resume(100)), disconnect(0, MqttProperties.NO_PROPERTIES));
            }
        }
        // A hasty one that is served late takes the next one over: then it is tried again.
        await().untilAsserted(() -> {
            try (TestClient client = TestClient.mqtt5(node, "hasty", resume(100))) {
                client.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
            }
        });
        assertThat(node.front.counters().failures()).isZero();
    }

    // moquette.md: session resume restarts packet ids at 1 and overwrites unacknowledged messages
    @Test
    void sendsAgainWhatWasNotAcknowledgedWithTheSameIds() {
        try (TestClient subscriber = TestClient.mqtt5(node, "s", resume(100));
                TestClient publisher = TestClient.mqtt5(node, "p")) {
            subscriber.subscribed("q", 1);
            publisher.publish("q", 1, 1, "one").expect(MqttMessageType.PUBACK);
            publisher.publish("q", 1, 2, "two").expect(MqttMessageType.PUBACK);
            int first = subscriber.expectPublish("one").packetId();
            int second = subscriber.expectPublish("two").packetId();
            subscriber.drop();
            awaitAway("s");
            publisher.publish("q", 1, 3, "three").expect(MqttMessageType.PUBACK);
            try (TestClient again = TestClient.mqtt5(node, "s", resume(100))) {
                TestClient.Packet one = again.expectPublish("one");
                TestClient.Packet two = again.expectPublish("two");
                TestClient.Packet three = again.expectPublish("three");
                assertThat(one.packetId()).isEqualTo(first);
                assertThat(two.packetId()).isEqualTo(second);
                assertThat(three.packetId()).isNotIn(first, second);
                assertThat(one.message().fixedHeader().isDup()).isTrue();
                assertThat(three.message().fixedHeader().isDup()).isFalse();
                again.ack(MqttMessageType.PUBACK, one.packetId())
                        .ack(MqttMessageType.PUBACK, two.packetId())
                        .ack(MqttMessageType.PUBACK, three.packetId());
                await().untilAsserted(() ->
                        assertThat(node.sessions.get("s").inFlight()).isZero());
            }
        }
    }

    // moquette.md: queue drain stops at the first expired message; retained expiry deletes the newer message
    @Test
    void forgetsWhatExpiredAndNothingElse() {
        MqttProperties second = new MqttProperties();
        second.add(new IntegerProperty(MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL.value(), 1));
        try (TestClient subscriber = TestClient.mqtt5(node, "s", resume(100))) {
            subscriber.subscribed("q", 1);
        }
        awaitAway("s");
        try (TestClient publisher = TestClient.mqtt5(node, "p")) {
            publisher.publish("q", 1, 1, "expires", second, false).expect(MqttMessageType.PUBACK);
            publisher.publish("q", 1, 2, "stays").expect(MqttMessageType.PUBACK);
            publisher.publish("r/1", 1, 3, "expires", second, true).expect(MqttMessageType.PUBACK);
            publisher.publish("r/2", 1, 4, "expires", second, true).expect(MqttMessageType.PUBACK);
            publisher
                    .publish("r/2", 1, 5, "stays", MqttProperties.NO_PROPERTIES, true)
                    .expect(MqttMessageType.PUBACK);
        }
        await().pollDelay(Duration.ofMillis(1_100)).until(() -> true);
        try (TestClient subscriber = TestClient.mqtt5(node, "s", resume(100))) {
            subscriber.expectPublish("stays");
            subscriber.subscribed("r/+", 1);
            assertThat(subscriber.expectPublish("stays").topic()).isEqualTo("r/2");
            subscriber.expectSilence();
        }
    }

    // moquette.md: Math.abs(hash) of Integer.MIN_VALUE
    @Test
    void servesAClientWhoseIdHashesToTheSmallestInteger() {
        String clientId = "polygenelubricants";
        assertThat(clientId.hashCode()).isEqualTo(Integer.MIN_VALUE);
        try (TestClient client = TestClient.mqtt5(node, clientId)) {
            client.subscribed("q", 1).publish("q", 1, 1, "x");
            client.expectPublish("x");
        }
    }

    // moquette.md: 3.1.1 resends on a timer, and nothing at once on reconnect
    @Test
    void sendsAgainToMqtt3ClientsOnReconnectOnly() {
        try (TestClient subscriber = TestClient.mqtt3(node, "s", connect -> connect.cleanSession(false));
                TestClient publisher = TestClient.mqtt3(node, "p")) {
            subscriber.subscribed("q", 2);
            publisher.publish("q", 2, 1, "x").expect(MqttMessageType.PUBREC);
            publisher.ack(MqttMessageType.PUBREL, 1).expect(MqttMessageType.PUBCOMP);
            int id = subscriber.expectPublish("x").packetId();
            subscriber.ack(MqttMessageType.PUBREC, id).expect(MqttMessageType.PUBREL);
            subscriber.drop();
            awaitAway("s");
            try (TestClient again = TestClient.mqtt3(node, "s", connect -> connect.cleanSession(false))) {
                assertThat(again.expect(MqttMessageType.PUBREL).packetId()).isEqualTo(id);
                again.ack(MqttMessageType.PUBCOMP, id).expectSilence();
            }
        }
    }

    // ---- Wills

    private static Consumer<MqttMessageBuilders.ConnectBuilder> will(String topic, MqttProperties properties) {
        return connect -> connect.cleanSession(false)
                .properties(expiry(100))
                .willFlag(true)
                .willTopic(topic)
                .willQoS(MqttQoS.AT_LEAST_ONCE)
                .willRetain(true)
                .willMessage("gone".getBytes(StandardCharsets.UTF_8))
                .willProperties(properties);
    }

    // moquette.md: retained will not retained; wills keep only user properties
    @Test
    void publishesAndRetainsTheWillWithAllItsProperties() {
        MqttProperties properties = new MqttProperties();
        properties.add(new StringProperty(MqttPropertyType.CONTENT_TYPE.value(), "text/plain"));
        properties.add(new StringProperty(MqttPropertyType.RESPONSE_TOPIC.value(), "re"));
        properties.add(new IntegerProperty(MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL.value(), 600));
        properties.add(new UserProperty("k", "v"));
        try (TestClient watcher = TestClient.mqtt5(node, "w")) {
            watcher.subscribed("will/+", 1);
            TestClient.mqtt5(node, "s", will("will/s", properties)).drop();
            assertWill(watcher.expectPublish("gone"));
        }
        try (TestClient later = TestClient.mqtt5(node, "later")) {
            later.subscribed("will/+", 1);
            assertWill(later.expectPublish("gone"));
        }
    }

    private static void assertWill(TestClient.Packet will) {
        PropertyReader properties = new PropertyReader(will.properties());
        assertThat(properties.string(MqttPropertyType.CONTENT_TYPE)).isEqualTo("text/plain");
        assertThat(properties.string(MqttPropertyType.RESPONSE_TOPIC)).isEqualTo("re");
        assertThat(properties.integer(MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL, 0))
                .isBetween(590, 600);
        assertThat(will.properties()
                        .getProperties(MqttPropertyType.USER_PROPERTY.value())
                        .get(0)
                        .value())
                .isEqualTo(new MqttProperties.StringPair("k", "v"));
    }

    // [MQTT-3.14.4-3]
    @Test
    void forgetsTheWillOfAClientThatLeavesInOrder() {
        try (TestClient watcher = TestClient.mqtt5(node, "w")) {
            watcher.subscribed("will/+", 1);
            try (TestClient client = TestClient.mqtt5(node, "s", will("will/s", MqttProperties.NO_PROPERTIES))) {
                client.send(disconnect(0, MqttProperties.NO_PROPERTIES)).expectEnd();
            }
            try (TestClient client3 = TestClient.mqtt3(
                    node,
                    "s3",
                    connect -> connect.willFlag(true).willTopic("will/s3").willMessage(new byte[] {1}))) {
                client3.send(MqttMessage.DISCONNECT).expectEnd();
            }
            watcher.expectSilence();
        }
    }

    @Test
    void publishesTheWillAtDisconnectWithWillMessage() {
        try (TestClient watcher = TestClient.mqtt5(node, "w")) {
            watcher.subscribed("will/+", 1);
            try (TestClient client = TestClient.mqtt5(node, "s", will("will/s", MqttProperties.NO_PROPERTIES))) {
                client.send(disconnect(0x04, MqttProperties.NO_PROPERTIES)).expectEnd();
            }
            watcher.expectPublish("gone");
        }
    }

    // moquette.md: wills are discarded on a protocol error
    @Test
    void publishesTheWillAfterAProtocolError() {
        try (TestClient watcher = TestClient.mqtt5(node, "w")) {
            watcher.subscribed("will/+", 1);
            try (TestClient client = TestClient.mqtt5(node, "s", will("will/s", MqttProperties.NO_PROPERTIES))) {
                client.connect("s", connect -> {}).expectDisconnect(0x82);
            }
            watcher.expectPublish("gone");
        }
    }

    // MQTT 5, 3.1.3.2.2; moquette.md: takeover: no will when resuming
    @Test
    void publishesTheWillAtTakeoverUnlessItWaitsForTheClientToComeBack() {
        MqttProperties delay = new MqttProperties();
        delay.add(new IntegerProperty(MqttPropertyType.WILL_DELAY_INTERVAL.value(), 60));
        try (TestClient watcher = TestClient.mqtt5(node, "w")) {
            watcher.subscribed("will/+", 1);
            try (TestClient now = TestClient.mqtt5(node, "now", will("will/now", MqttProperties.NO_PROPERTIES));
                    TestClient taker = TestClient.mqtt5(node, "now", resume(100))) {
                now.expectDisconnect(0x8E);
                watcher.expect(MqttMessageType.PUBLISH);
                taker.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
            }
            try (TestClient later = TestClient.mqtt5(node, "later", will("will/later", delay));
                    TestClient taker = TestClient.mqtt5(node, "later", resume(100))) {
                later.expectDisconnect(0x8E);
                watcher.expectSilence();
                taker.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
            }
            assertThat(node.wills.size()).isZero();
            // A clean start ends the session, and with it the delay.
            try (TestClient clean = TestClient.mqtt5(node, "clean", will("will/clean", delay));
                    TestClient taker = TestClient.mqtt5(node, "clean", cleanStart(0))) {
                clean.expectDisconnect(0x8E);
                watcher.expectPublish("gone");
                taker.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
            }
        }
    }

    @Test
    void tellsClientsThatTheServerShutsDown() {
        try (TestClient client = TestClient.mqtt5(node, "s");
                TestClient client3 = TestClient.mqtt3(node, "s3")) {
            Thread stopping = new Thread(() -> node.front.stop(Duration.ofSeconds(2)));
            stopping.start();
            client.expectDisconnect(0x8B);
            client3.expectEnd();
            client.close();
            await().until(() -> !stopping.isAlive());
        }
    }
}
