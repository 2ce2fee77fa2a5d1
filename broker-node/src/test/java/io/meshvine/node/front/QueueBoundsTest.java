package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.node.session.DropReason;
import io.meshvine.node.session.SessionLimits;
import io.meshvine.node.session.SessionLimits.Overflow;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What waits for a client that is away has a bound, and what goes beyond it is counted. */
class QueueBoundsTest {

    private static final long BYTES = 10_000;

    private LoopbackNode node;

    @AfterEach
    void stop() {
        node.close();
    }

    private void start(int maxQueuedMessages, Overflow overflow) {
        SessionLimits all = SessionLimits.defaults();
        SessionLimits limits = new SessionLimits(
                all.maxSessions(),
                all.maxSubscriptions(),
                all.maxInFlight(),
                maxQueuedMessages,
                BYTES,
                all.maxQos0Pending(),
                all.maxQos0PendingBytes(),
                overflow);
        node = new LoopbackNode(UnaryOperator.identity(), null, Authorizer.allowAll(), limits);
    }

    private static void resume(MqttMessageBuilders.ConnectBuilder connect) {
        MqttProperties properties = new MqttProperties();
        properties.add(new IntegerProperty(MqttPropertyType.SESSION_EXPIRY_INTERVAL.value(), 100));
        connect.cleanSession(false).properties(properties);
    }

    private void subscribeAndLeave() {
        try (TestClient subscriber = TestClient.mqtt5(node, "s", QueueBoundsTest::resume)) {
            subscriber.subscribed("q", 1);
        }
        await().untilAsserted(
                        () -> assertThat(node.sessions.get("s").isConnected()).isFalse());
    }

    // moquette.md: queues unbounded
    @ParameterizedTest
    @CsvSource({"REJECT_NEWEST, 1 2 3", "DROP_OLDEST, 3 4 5"})
    void keepsSoManyMessages(Overflow overflow, String kept) {
        start(3, overflow);
        subscribeAndLeave();
        try (TestClient publisher = TestClient.mqtt5(node, "p")) {
            for (int i = 1; i <= 5; i++) {
                publisher.publish("q", 1, i, Integer.toString(i)).expect(MqttMessageType.PUBACK);
            }
        }
        expect(List.of(kept.split(" ", -1)));
        assertThat(node.sessionCounters.dropped(DropReason.QUEUE_FULL)).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"REJECT_NEWEST, 1", "DROP_OLDEST, 2"})
    void keepsSoManyBytes(Overflow overflow, String kept) {
        start(1_000, overflow);
        subscribeAndLeave();
        String padding = "x".repeat((int) BYTES * 2 / 3);
        try (TestClient publisher = TestClient.mqtt5(node, "p")) {
            publisher.publish("q", 1, 1, "1" + padding).expect(MqttMessageType.PUBACK);
            publisher.publish("q", 1, 2, "2" + padding).expect(MqttMessageType.PUBACK);
        }
        expect(List.of(kept + padding));
        assertThat(node.sessionCounters.dropped(DropReason.QUEUE_FULL)).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"REJECT_NEWEST", "DROP_OLDEST"})
    void withoutAQueueWhatTheWindowTakesIsSent(Overflow overflow) {
        start(0, overflow);
        try (TestClient subscriber = TestClient.mqtt5(node, "s", QueueBoundsTest::resume);
                TestClient publisher = TestClient.mqtt5(node, "p")) {
            subscriber.subscribed("q", 2);
            for (int i = 1; i <= 5; i++) {
                publisher.publish("q", 2, i, Integer.toString(i)).expect(MqttMessageType.PUBREC);
                subscriber.expectPublish(Integer.toString(i));
            }
        }
        assertThat(node.sessionCounters.dropped(DropReason.QUEUE_FULL)).isZero();
    }

    private void expect(List<String> payloads) {
        try (TestClient subscriber = TestClient.mqtt5(node, "s", QueueBoundsTest::resume)) {
            payloads.forEach(subscriber::expectPublish);
            subscriber.expectSilence();
        }
    }
}
