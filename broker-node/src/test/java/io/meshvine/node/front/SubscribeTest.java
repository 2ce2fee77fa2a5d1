package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.node.session.SessionLimits;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption.RetainedHandlingPolicy;
import io.netty.handler.codec.mqtt.MqttUnsubAckMessage;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SUBSCRIBE, UNSUBSCRIBE and what comes of them (MQTT 5, 3.8 to 3.11, 4.8). */
class SubscribeTest {

    private static final Authorizer ALL_BUT_SECRET =
            TestPermissions.of(topic -> true, filter -> !filter.startsWith("secret"));

    private LoopbackNode node;
    private TestClient client;
    private TestClient client3;

    @BeforeEach
    void start() {
        SessionLimits all = SessionLimits.defaults();
        node = new LoopbackNode(
                UnaryOperator.identity(),
                null,
                ALL_BUT_SECRET,
                new SessionLimits(
                        100,
                        10,
                        all.maxInFlight(),
                        all.maxQueuedMessages(),
                        all.maxQueuedBytes(),
                        all.maxQos0Pending(),
                        all.maxQos0PendingBytes(),
                        all.overflow()));
        client = TestClient.mqtt5(node, "client");
        client3 = TestClient.mqtt3(node, "client3");
    }

    @AfterEach
    void stop() {
        client.close();
        client3.close();
        node.close();
    }

    private static MqttMessage subscribe(String... filters) {
        MqttMessageBuilders.SubscribeBuilder subscribe =
                MqttMessageBuilders.subscribe().messageId(1);
        for (String filter : filters) {
            subscribe.addSubscription(MqttQoS.AT_LEAST_ONCE, filter);
        }
        return subscribe.build();
    }

    private static MqttMessage subscribe(String filter, int identifier, MqttSubscriptionOption option) {
        MqttProperties properties = new MqttProperties();
        if (identifier > 0) {
            properties.add(new IntegerProperty(MqttPropertyType.SUBSCRIPTION_IDENTIFIER.value(), identifier));
        }
        return MqttMessageBuilders.subscribe()
                .messageId(1)
                .addSubscription(filter, option)
                .properties(properties)
                .build();
    }

    private static MqttSubscriptionOption option(
            int qos, boolean noLocal, boolean asPublished, RetainedHandlingPolicy retained) {
        return new MqttSubscriptionOption(MqttQoS.valueOf(qos), noLocal, asPublished, retained);
    }

    private static MqttMessage unsubscribe(String... filters) {
        MqttMessageBuilders.UnsubscribeBuilder unsubscribe =
                MqttMessageBuilders.unsubscribe().messageId(3);
        for (String filter : filters) {
            unsubscribe.addTopicFilter(filter);
        }
        return unsubscribe.build();
    }

    private List<Integer> codes(TestClient of) {
        return of.expect(MqttMessageType.SUBACK).codes();
    }

    private static List<Integer> identifiers(TestClient.Packet publish) {
        return publish.properties().getProperties(MqttPropertyType.SUBSCRIPTION_IDENTIFIER.value()).stream()
                .map(property -> ((IntegerProperty) property).value())
                .sorted()
                .toList();
    }

    // moquette.md: SUBACK 0x80 only
    @Test
    void answersEachFilterWithItsOwnCode() {
        client.send(subscribe("ok", "a/#/b", "secret/x", "$share/g/ok", "$share/g", "$share//x", "$share/g+/x"));
        assertThat(codes(client)).containsExactly(1, 0x8F, 0x87, 1, 0x8F, 0x8F, 0x8F);
        client3.send(subscribe("ok", "a+", "secret/x", "$share/g/ok", "$share/g"));
        assertThat(codes(client3)).containsExactly(1, 0x80, 0x80, 1, 0x80);
    }

    // moquette.md: a denied $share subscription answers 0x80 but is active
    @Test
    void deniesASharedSubscriptionByTheFilterBehindTheShareName() {
        client.send(subscribe("$share/g/secret/x"));
        assertThat(codes(client)).containsExactly(0x87);
        client3.publish("secret/x", 1, 1, "x").expect(MqttMessageType.PUBACK);
        client.expectSilence();
        assertThat(node.directory.size()).isZero();
    }

    // moquette.md: SUB/UNSUB `$share/grp`, UNSUB `$share/g/t` beside a plain `t`, 16,000-level filter kill the loop
    @Test
    void survivesTheFiltersThatKillSessionLoops() {
        String deep = "a/".repeat(16_000) + "z";
        client.send(subscribe("$share/grp", deep, "t"));
        assertThat(codes(client)).containsExactly(0x8F, 0x8F, 1);
        client.send(unsubscribe("$share/grp", "$share/g/t", deep));
        assertThat(((MqttUnsubAckMessage)
                                client.expect(MqttMessageType.UNSUBACK).message())
                        .payload()
                        .unsubscribeReasonCodes())
                .containsExactly((short) 0x8F, (short) 0x11, (short) 0x8F);
        client.publish("t", 1, 1, "alive");
        client.expectPublish("alive");
        assertThat(node.front.counters().failures()).isZero();
    }

    // moquette.md: UNSUBACK one code
    @Test
    void answersEachUnsubscribeWithItsOwnCode() {
        client.subscribed("a", 1);
        client.send(unsubscribe("a", "b", "c/#/d"));
        assertThat(((MqttUnsubAckMessage)
                                client.expect(MqttMessageType.UNSUBACK).message())
                        .payload()
                        .unsubscribeReasonCodes())
                .containsExactly((short) 0, (short) 0x11, (short) 0x8F);
        client3.send(unsubscribe("b")).expect(MqttMessageType.UNSUBACK);
        client.publish("a", 1, 1, "x");
        assertThat(client.expect(MqttMessageType.PUBACK).reason()).isEqualTo(0x10);
    }

    // moquette.md: trie: A's unsubscribe of `t` deletes B's `$share/g/t`; `a//` taken for `a/`
    @Test
    void endsOnlyTheSubscriptionThatIsNamed() {
        client.subscribed("$share/g/t", 1);
        client.subscribed("a/", 1);
        client3.subscribed("t", 1);
        client3.send(unsubscribe("t")).expect(MqttMessageType.UNSUBACK);
        client.send(unsubscribe("a//"));
        client.expect(MqttMessageType.UNSUBACK);
        client3.publish("t", 1, 1, "shared").expect(MqttMessageType.PUBACK);
        client.expectPublish("shared");
        client3.publish("a//", 1, 2, "other").publish("a/", 1, 3, "own");
        client.expectPublish("own");
    }

    // moquette.md: `$share` on 3.1.1: SUBACK success, nothing subscribed
    @Test
    void sharesWithMqtt3Clients() {
        client3.subscribed("$share/g/t", 1);
        client.publish("t", 1, 1, "x");
        client3.expectPublish("x");
    }

    @Test
    void refusesMoreSubscriptionsThanTheQuota() {
        String[] filters = new String[11];
        for (int i = 0; i < filters.length; i++) {
            filters[i] = "f" + i;
        }
        client.send(subscribe(filters));
        assertThat(codes(client)).containsExactly(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0x97);
        client.send(subscribe("f0"));
        assertThat(codes(client)).containsExactly(1);
    }

    // [MQTT-3.8.3-2], [MQTT-3.10.3-2]
    @Test
    void disconnectsAtAListWithoutFilter() {
        client.sendHex("82 03 0001 00").expectDisconnect(0x82);
        client3.sendHex("82 02 0001").expectEnd();
        try (TestClient other = TestClient.mqtt5(node, "other")) {
            other.sendHex("a2 03 0001 00").expectDisconnect(0x82);
        }
    }

    // [MQTT-3.8.3-4]
    @Test
    void disconnectsAtNoLocalOnASharedSubscription() {
        client.send(subscribe("$share/g/a", 0, option(1, true, false, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE)))
                .expectDisconnect(0x82);
    }

    // MQTT 5, 3.8.2.1.2
    @ParameterizedTest
    @ValueSource(strings = {"82 09 0001 02 0b00 0001 61 00", "82 0b 0001 04 0b01 0b02 0001 61 00"})
    void disconnectsAtABadSubscriptionIdentifier(String subscribe) {
        client.sendHex(subscribe).expectDisconnect(0x82);
    }

    // [MQTT-3.8.3-5]; of MQTT 3.1.1 [MQTT-3-8.3-4]
    @Test
    void disconnectsAtReservedSubscriptionBits() {
        client.sendHex("82 07 0001 00 0001 61 40").expectDisconnect(0x81);
        client3.sendHex("82 06 0001 0001 61 04").expectEnd();
    }

    // moquette.md: one subscription identifier only on overlap
    @Test
    void tellsAllIdentifiersOfOverlappingSubscriptions() {
        client.send(subscribe("a/#", 3, option(0, false, false, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE)));
        codes(client);
        client.send(subscribe("a/+", 200_000, option(2, false, false, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE)));
        codes(client);
        client3.publish("a/b", 2, 1, "x").expect(MqttMessageType.PUBREC);
        TestClient.Packet publish = client.expectPublish("x");
        assertThat(identifiers(publish)).containsExactly(3, 200_000);
        assertThat(publish.qos()).isEqualTo(2);
        client.ack(MqttMessageType.PUBREC, publish.packetId()).expect(MqttMessageType.PUBREL);
        client.expectSilence();
    }

    // moquette.md: overlapping no-local suppresses all
    @Test
    void leavesOutOnlyTheSubscriptionThatIsNoLocal() {
        client.send(subscribe("a/#", 1, option(1, true, false, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE)));
        codes(client);
        client.publish("a/b", 1, 1, "own").expect(MqttMessageType.PUBACK);
        client.expectSilence();
        client.send(subscribe("a/+", 2, option(1, false, false, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE)));
        codes(client);
        client.publish("a/b", 0, 0, "own");
        assertThat(identifiers(client.expectPublish("own"))).containsExactly(2);
    }

    // moquette.md: re-subscribe with lower QoS ignored
    @Test
    void replacesASubscription() {
        client.subscribed("a", 2);
        client.subscribed("a", 0);
        client3.publish("a", 1, 1, "x").expect(MqttMessageType.PUBACK);
        assertThat(client.expectPublish("x").qos()).isZero();
        client.expectSilence();
    }

    // moquette.md: retain handling 1 wrong
    @Test
    void sendsRetainedMessagesAsRetainHandlingAsks() {
        client3.publish("r", 1, 1, "kept", MqttProperties.NO_PROPERTIES, true).expect(MqttMessageType.PUBACK);
        client.send(subscribe("r", 0, option(1, false, false, RetainedHandlingPolicy.DONT_SEND_AT_SUBSCRIBE)));
        codes(client);
        client.expectSilence();
        client.send(
                subscribe("r", 0, option(1, false, false, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE_IF_NOT_YET_EXISTS)));
        codes(client);
        client.expectSilence();
        client.send(subscribe("r", 9, option(1, false, false, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE)));
        codes(client);
        TestClient.Packet replayed = client.expectPublish("kept");
        assertThat(replayed.message().fixedHeader().isRetain()).isTrue();
        assertThat(identifiers(replayed)).containsExactly(9);
        client.send(unsubscribe("r")).expect(MqttMessageType.UNSUBACK);
        client.send(
                subscribe("r", 0, option(1, false, false, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE_IF_NOT_YET_EXISTS)));
        codes(client);
        client.expectPublish("kept");
    }

    @Test
    void keepsTheRetainFlagWhereAsked() {
        client.send(subscribe("a", 0, option(0, false, true, RetainedHandlingPolicy.SEND_AT_SUBSCRIBE)));
        codes(client);
        try (TestClient plain = TestClient.mqtt5(node, "plain").subscribed("a", 0)) {
            client3.publish("a", 0, 0, "x", MqttProperties.NO_PROPERTIES, true);
            assertThat(client.expectPublish("x").message().fixedHeader().isRetain())
                    .isTrue();
            assertThat(plain.expectPublish("x").message().fixedHeader().isRetain())
                    .isFalse();
        }
    }

    // S3: SUBACK means that a publish anywhere after it arrives.
    @Test
    void answersOnceTheMeshKnows() {
        node.mesh.keep();
        client.send(subscribe("a"));
        client.expectSilence();
        node.mesh.letGo();
        assertThat(codes(client)).containsExactly(1);
    }
}
