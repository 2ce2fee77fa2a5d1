package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.node.session.DropReason;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a node that crashed finds again of its sessions: all that was acknowledged, and nothing of clean sessions. */
class DurableSessionTest {

    private static final long HOUR = 3_600;

    private final DiskStore disk = new DiskStore();
    private LoopbackNode node;
    private long epoch = 1;

    @BeforeEach
    void start() {
        node = new LoopbackNode(disk.newLife(), epoch);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    /** The node is gone without a word, and another life of it begins with what is on the disk. */
    private void crash() {
        disk.crash();
        node.close();
        epoch++;
        node = new LoopbackNode(disk.newLife(), epoch);
    }

    private static Consumer<MqttMessageBuilders.ConnectBuilder> resume(long expirySeconds) {
        return connect -> connect.cleanSession(false).properties(expiry(expirySeconds));
    }

    private static MqttProperties expiry(long seconds) {
        MqttProperties properties = new MqttProperties();
        properties.add(new IntegerProperty(MqttPropertyType.SESSION_EXPIRY_INTERVAL.value(), (int) seconds));
        return properties;
    }

    private static MqttMessage disconnect(MqttProperties properties) {
        return new MqttMessage(
                new MqttFixedHeader(MqttMessageType.DISCONNECT, false, MqttQoS.AT_MOST_ONCE, false, 0),
                new MqttReasonCodeAndPropertiesVariableHeader((byte) 0, properties));
    }

    /** A client that comes back, or comes for the first time. */
    private TestClient back(String clientId, boolean present) {
        TestClient client = new TestClient(node.port()).version(MqttVersion.MQTT_5);
        assertThat(client.connect(clientId, resume(HOUR))
                        .expectAccepted()
                        .variableHeader()
                        .isSessionPresent())
                .isEqualTo(present);
        return client;
    }

    private void publishAcknowledged(TestClient publisher, String topic, int qos, int packetId, String payload) {
        publisher.publish(topic, qos, packetId, payload);
        if (qos == 1) {
            assertThat(publisher.expect(MqttMessageType.PUBACK).packetId()).isEqualTo(packetId);
        } else {
            assertThat(publisher.expect(MqttMessageType.PUBREC).packetId()).isEqualTo(packetId);
            publisher.ack(MqttMessageType.PUBREL, packetId).expect(MqttMessageType.PUBCOMP);
        }
    }

    @Test
    void findsSubscriptionsAndQueueAgain() {
        back("sub", false).subscribed("t/#", 1).close();
        awaitAway("sub");
        try (TestClient publisher = TestClient.mqtt5(node, "pub")) {
            for (int i = 1; i <= 20; i++) {
                publishAcknowledged(publisher, "t/" + i, 1, i, "m" + i);
            }
        }
        crash();

        assertThat(node.sessionCounters.restored()).isEqualTo(20);
        try (TestClient subscriber = back("sub", true);
                TestClient publisher = TestClient.mqtt5(node, "pub")) {
            for (int i = 1; i <= 20; i++) {
                TestClient.Packet publish = subscriber.expectPublish("m" + i);
                assertThat(publish.topic()).isEqualTo("t/" + i);
                assertThat(publish.message().fixedHeader().isDup()).isFalse();
                subscriber.ack(MqttMessageType.PUBACK, publish.packetId());
            }
            publishAcknowledged(publisher, "t/new", 1, 1, "new");
            TestClient.Packet publish = subscriber.expectPublish("new");
            subscriber.ack(MqttMessageType.PUBACK, publish.packetId());
            awaitEmptyQueues();
        }
        crash();
        try (TestClient subscriber = back("sub", true)) {
            subscriber.expectSilence();
        }
    }

    @Test
    void whatWasInFlightGoesFirstAsADuplicateUnderItsOldIdentifier() {
        List<Integer> identifiers = new ArrayList<>();
        TestClient subscriber = back("sub", false).subscribed("t", 1);
        try (TestClient publisher = TestClient.mqtt5(node, "pub")) {
            for (int i = 1; i <= 5; i++) {
                publishAcknowledged(publisher, "t", 1, i, "m" + i);
                identifiers.add(subscriber.expectPublish("m" + i).packetId());
            }
            subscriber.ack(MqttMessageType.PUBACK, identifiers.get(0));
            subscriber.ack(MqttMessageType.PUBACK, identifiers.get(2));
            await().untilAsserted(() -> assertThat(records(Family.QUEUES)).isEqualTo(3));
            crash();
        }
        subscriber.close();

        try (TestClient again = back("sub", true)) {
            for (int i : new int[] {2, 4, 5}) {
                TestClient.Packet publish = again.expectPublish("m" + i);
                assertThat(publish.message().fixedHeader().isDup()).isTrue();
                assertThat(publish.packetId()).isEqualTo(identifiers.get(i - 1));
            }
            again.expectSilence();
        }
    }

    @Test
    void aReleasedDeliveryIsReleasedAgainAndNothingElse() {
        TestClient subscriber = back("sub", false).subscribed("t", 2);
        int released;
        try (TestClient publisher = TestClient.mqtt5(node, "pub")) {
            publishAcknowledged(publisher, "t", 2, 1, "once");
            released = subscriber.expectPublish("once").packetId();
            subscriber.ack(MqttMessageType.PUBREC, released);
            assertThat(subscriber.expect(MqttMessageType.PUBREL).packetId()).isEqualTo(released);
        }
        crash();
        subscriber.close();

        try (TestClient again = back("sub", true)) {
            assertThat(again.expect(MqttMessageType.PUBREL).packetId()).isEqualTo(released);
            again.ack(MqttMessageType.PUBCOMP, released).expectSilence();
            awaitEmptyQueues();
        }
        crash();
        try (TestClient again = back("sub", true)) {
            again.expectSilence();
        }
    }

    @Test
    void aRepeatedPublishOfQos2IsNotRoutedAgainAfterACrash() {
        back("sub", false).subscribed("t", 2).close();
        try (TestClient publisher = back("pub", false)) {
            publisher.publish("t", 2, 5, "once").expect(MqttMessageType.PUBREC);
        }
        crash();
        try (TestClient publisher = back("pub", true);
                TestClient subscriber = back("sub", true)) {
            publisher.publish("t", 2, 5, "once").expect(MqttMessageType.PUBREC);
            publisher.ack(MqttMessageType.PUBREL, 5).expect(MqttMessageType.PUBCOMP);
            // The identifier is free for the next one, also after a crash.
            publisher.publish("t", 2, 5, "another").expect(MqttMessageType.PUBREC);
            subscriber.expectPublish("once");
            subscriber.expectPublish("another");
            subscriber.expectSilence();
        }
    }

    @Test
    void nothingIsAcknowledgedBeforeItIsDurableAndAllOfItOnceItIs() {
        TestClient subscriber = back("sub", false).subscribed("t", 1).subscribed("two", 2);
        try (TestClient publisher = back("pub", false);
                TestClient clean = TestClient.mqtt5(node, "clean").subscribed("clean", 1)) {
            disk.stall();
            publisher.publish("t", 1, 1, "one");
            publisher.publish("two", 2, 2, "two");
            // QoS 1 may leave before; QoS 2 may not, for it could come again after a crash.
            int one = subscriber.expectPublish("one").packetId();
            subscriber.expectSilence();
            publisher.expectSilence();
            subscriber.ack(MqttMessageType.PUBACK, one);
            // Clean sessions are served as ever.
            TestClient anybody = TestClient.mqtt5(node, "anybody");
            anybody.publish("clean", 1, 1, "x").expect(MqttMessageType.PUBACK);
            clean.expectPublish("x");
            anybody.close();

            disk.resume();
            publisher.expect(MqttMessageType.PUBACK);
            publisher.expect(MqttMessageType.PUBREC);
            int two = subscriber.expectPublish("two").packetId();
            await().untilAsserted(() -> assertThat(records(Family.QUEUES)).isEqualTo(1));

            disk.stall();
            subscriber.ack(MqttMessageType.PUBREC, two).expectSilence();
            publisher.ack(MqttMessageType.PUBREL, 2).expectSilence();
            disk.resume();
            assertThat(subscriber.expect(MqttMessageType.PUBREL).packetId()).isEqualTo(two);
            publisher.expect(MqttMessageType.PUBCOMP);
        }
        subscriber.close();
    }

    @ParameterizedTest
    @CsvSource({"1, false", "2, false", "0, true"})
    void onAFullDiskWhoeverPublishesWhatIsToBeKeptWaitsAndWhoeverMakesRoomDoesNot(int qos, boolean retain) {
        TestClient subscriber = back("sub", false).subscribed("t", 2);
        try (TestClient publisher = back("pub", false);
                TestClient anybody = TestClient.mqtt5(node, "anybody");
                TestClient clean = TestClient.mqtt5(node, "clean").subscribed("clean", 1)) {
            disk.fill();
            publisher.publish("t", qos, 1, "one", MqttProperties.NO_PROPERTIES, retain);
            if (qos > 0) {
                publisher.expect(qos == 1 ? MqttMessageType.PUBACK : MqttMessageType.PUBREC);
            }
            int one = subscriber.expectPublish("one").packetId();
            publisher.publish("t", 1, 2, "two"); // Not read.
            subscriber.expectSilence();
            if (qos == 1) { // Deletes its record.
                subscriber.ack(MqttMessageType.PUBACK, one);
                await().untilAsserted(() -> assertThat(records(Family.QUEUES)).isZero());
            }
            anybody.publish("clean", 1, 1, "x").expect(MqttMessageType.PUBACK);
            clean.expectPublish("x");

            disk.makeRoom();
            publisher.expect(MqttMessageType.PUBACK);
            subscriber.expectPublish("two");
        }
        subscriber.close();
    }

    @Test
    void connackSubackAndUnsubackWaitForTheStore() {
        disk.stall();
        TestClient client = new TestClient(node.port()).version(MqttVersion.MQTT_5);
        client.connect("sub", resume(HOUR));
        await().untilAsserted(() -> assertThat(disk.stalled()).isEqualTo(1));
        disk.resume();
        client.expectAccepted();
        disk.stall();
        client.send(MqttMessageBuilders.subscribe()
                        .messageId(1)
                        .addSubscription(MqttQoS.AT_LEAST_ONCE, "t")
                        .build())
                .expectSilence();
        disk.resume();
        client.expect(MqttMessageType.SUBACK);
        disk.stall();
        client.send(MqttMessageBuilders.unsubscribe()
                        .messageId(2)
                        .addTopicFilter("t")
                        .build())
                .expectSilence();
        disk.resume();
        client.expect(MqttMessageType.UNSUBACK);
        client.close();
    }

    @Test
    void whatWasNotAcknowledgedMayBeGoneButNothingIsHalfThere() {
        back("sub", false).subscribed("t", 2).close();
        awaitAway("sub");
        try (TestClient publisher = back("pub", false)) {
            disk.stall();
            publisher.publish("t", 2, 7, "lost").expectSilence();
            crash();
        }
        try (TestClient publisher = back("pub", true);
                TestClient subscriber = back("sub", true)) {
            // The client sends it again: it was not received, as neither identifier nor delivery is there.
            publisher.publish("t", 2, 7, "lost").expect(MqttMessageType.PUBREC);
            subscriber.expectPublish("lost");
            subscriber.expectSilence();
        }
    }

    @Test
    void nothingOfCleanSessionsIsWritten() {
        try (TestClient subscriber = TestClient.mqtt5(node, "sub").subscribed("t", 2);
                TestClient publisher = TestClient.mqtt3(node, "pub")) {
            publishAcknowledged(publisher, "t", 2, 1, "x");
            subscriber.expectPublish("x");
        }
        assertThat(disk.units()).isZero();
    }

    @Test
    void aSessionThatEndsLeavesNothing() {
        back("sub", false).subscribed("t", 2).close();
        awaitAway("sub");
        try (TestClient publisher = back("pub", false)) {
            publisher.publish("t", 2, 1, "x").expect(MqttMessageType.PUBREC);
            assertThat(records(Family.QUEUES)).isEqualTo(1);
            // Ended by its client, with a publish that it has not released.
            publisher.send(disconnect(expiry(0)));
        }
        await().untilAsserted(() -> assertThat(node.sessions.get("pub")).isNull());
        try (TestClient clean = TestClient.mqtt5(node, "sub")) {
            clean.expectSilence();
        }
        assertThat(records(Family.QUEUES)).isZero();
        assertThat(records(Family.SESSIONS)).isZero();
        assertThat(node.sessionCounters.dropped(DropReason.SESSION_ENDED)).isEqualTo(1);
    }

    @Test
    void aSessionThatIsToEndWithItsConnectionIsKeptNoLonger() {
        back("sub", false).subscribed("t", 1).close();
        awaitAway("sub");
        try (TestClient publisher = TestClient.mqtt5(node, "pub")) {
            publishAcknowledged(publisher, "t", 1, 1, "x");
            TestClient client = new TestClient(node.port()).version(MqttVersion.MQTT_5);
            client.connect("sub", resume(0)).expectAccepted();
            assertThat(records(Family.QUEUES)).isZero();
            assertThat(records(Family.SESSIONS)).isZero();
            client.expectPublish("x");
            publishAcknowledged(publisher, "t", 1, 2, "y");
            client.expectPublish("y");
            assertThat(records(Family.QUEUES)).isZero();
            crash();
            client.close();
        }
        back("sub", false).close();
    }

    @Test
    void aSessionExpiresWhileTheNodeIsDown() {
        TestClient client = new TestClient(node.port()).version(MqttVersion.MQTT_5);
        client.connect("sub", resume(60)).expectAccepted();
        client.subscribed("t", 1).close();
        TestClient stays = back("stays", false).subscribed("t", 1);
        stays.close();
        awaitAway("sub");
        awaitAway("stays");
        try (TestClient publisher = TestClient.mqtt5(node, "pub")) {
            publishAcknowledged(publisher, "t", 1, 1, "x");
        }
        disk.crash();
        node.close();
        epoch++;
        node = new LoopbackNode(disk.newLife(), epoch, 100_000);

        assertThat(node.sessions.get("sub")).isNull();
        assertThat(node.sessions.get("stays")).isNotNull();
        assertThat(node.sessionCounters.expiredSessions()).isEqualTo(1);
        assertThat(node.sessionCounters.dropped(DropReason.SESSION_ENDED)).isEqualTo(1);
        assertThat(node.sessionCounters.queued()).isEqualTo(1);
        assertThat(records(Family.QUEUES)).isEqualTo(1);
    }

    @Test
    void whatIsAcceptedIsDeliveredOrQueuedOrDroppedAcrossACrash() {
        TestClient subscriber = back("sub", false).subscribed("t", 1);
        try (TestClient publisher = TestClient.mqtt5(node, "pub")) {
            for (int i = 1; i <= 3; i++) {
                publishAcknowledged(publisher, "t", 1, i, "m" + i);
                subscriber.ack(
                        MqttMessageType.PUBACK,
                        subscriber.expectPublish("m" + i).packetId());
            }
            await().untilAsserted(() -> assertThat(records(Family.QUEUES)).isZero());
            subscriber.close();
            awaitAway("sub");
            MqttProperties soon = new MqttProperties();
            soon.add(new IntegerProperty(MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL.value(), 1));
            for (int i = 1; i <= 4; i++) {
                publisher
                        .publish("t", 1, i, "q" + i, i % 2 == 0 ? soon : MqttProperties.NO_PROPERTIES, false)
                        .expect(MqttMessageType.PUBACK);
            }
        }
        long delivered = node.sessionCounters.delivered(1);
        long queued = node.sessionCounters.queued();
        assertThat(delivered + queued + node.sessionCounters.dropped()).isEqualTo(7);
        disk.crash();
        node.close();
        epoch++;
        node = new LoopbackNode(disk.newLife(), epoch, 2_000);

        assertThat(node.sessionCounters.restored()).isEqualTo(queued);
        try (TestClient again = back("sub", true)) {
            again.expectPublish("q1");
            again.expectPublish("q3");
            again.expectSilence();
        }
        assertThat(node.sessionCounters.dropped(DropReason.EXPIRED)).isEqualTo(2);
        assertThat(node.sessionCounters.delivered(1) + node.sessionCounters.queued() + node.sessionCounters.dropped())
                .isEqualTo(node.sessionCounters.restored());
        await().untilAsserted(() -> assertThat(records(Family.QUEUES)).isEqualTo(2));
    }

    @Test
    void retainedMessagesAreThereAgainAndAcknowledgedOnceTheyAreKept() {
        try (TestClient publisher = TestClient.mqtt5(node, "pub")) {
            publisher.publish("r/0", 0, 0, "at most once", MqttProperties.NO_PROPERTIES, true);
            publisher
                    .publish("r/gone", 1, 1, "x", MqttProperties.NO_PROPERTIES, true)
                    .expect(MqttMessageType.PUBACK);
            publisher
                    .publish("r/gone", 1, 2, "", MqttProperties.NO_PROPERTIES, true)
                    .expect(MqttMessageType.PUBACK);
            disk.stall();
            publisher
                    .publish("r/1", 1, 3, "state", MqttProperties.NO_PROPERTIES, true)
                    .expectSilence();
            disk.resume();
            publisher.expect(MqttMessageType.PUBACK);
        }
        crash();
        try (TestClient subscriber = TestClient.mqtt5(node, "sub").subscribed("r/#", 1)) {
            List<String> found = List.of(
                    subscriber.expect(MqttMessageType.PUBLISH).text(),
                    subscriber.expect(MqttMessageType.PUBLISH).text());
            assertThat(found).containsExactlyInAnyOrder("at most once", "state");
            subscriber.expectSilence();
        }
    }

    @Test
    void publishersWaitWhileTheStoreIsBehindAndNobodyElseDoes() {
        back("sub", false).subscribed("t", 1).close();
        awaitAway("sub");
        String payload = "x".repeat(1 << 19);
        int messages = 110;
        disk.stall();
        try (TestClient publisher = TestClient.mqtt5(node, "pub");
                TestClient clean = TestClient.mqtt5(node, "clean").subscribed("clean", 1)) {
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                for (int i = 1; i <= messages; i++) {
                    publisher.publish("t", 1, i, payload);
                }
            });
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(disk.pendingBytes()).isGreaterThan(32 << 20));
            await().during(Duration.ofMillis(300))
                    .untilAsserted(() -> assertThat(disk.pendingBytes()).isLessThan(40 << 20));
            clean.publish("clean", 1, 1, "served").expectPublish("served");
            clean.expect(MqttMessageType.PUBACK);
            disk.resume();
            sending.join();
            for (int i = 1; i <= messages; i++) {
                publisher.expect(MqttMessageType.PUBACK);
            }
        }
        // What was acknowledged is on the disk; its session may still have to take it out of its mailbox.
        await().untilAsserted(() -> assertThat(node.sessionCounters.queued()).isEqualTo(messages));
    }

    private long records(Family family) {
        return disk.count(family);
    }

    private void awaitEmptyQueues() {
        await().untilAsserted(() -> assertThat(records(Family.QUEUES)).isZero());
    }

    private void awaitAway(String clientId) {
        await().untilAsserted(() ->
                assertThat(node.sessions.get(clientId).isConnected()).isFalse());
    }
}
