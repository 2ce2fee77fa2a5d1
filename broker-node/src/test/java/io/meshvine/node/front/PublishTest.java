package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.node.session.SessionLimits;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperty;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.nio.charset.StandardCharsets;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients publish (MQTT 5, 3.3 to 3.7, 4.3, 4.6). */
class PublishTest {

    private static final Authorizer ALL_BUT_SECRET =
            TestPermissions.of(topic -> !topic.startsWith("secret"), filter -> true);

    private LoopbackNode node;
    private TestClient subscriber;
    private TestClient publisher;
    private TestClient publisher3;

    @BeforeEach
    void start() {
        node = new LoopbackNode(
                options -> options.topicAliasMaximum(5), null, ALL_BUT_SECRET, SessionLimits.defaults());
        subscriber = TestClient.mqtt5(node, "subscriber").subscribed("#", 2);
        publisher = TestClient.mqtt5(node, "publisher");
        publisher3 = TestClient.mqtt3(node, "publisher3");
    }

    @AfterEach
    void stop() {
        subscriber.close();
        publisher.close();
        publisher3.close();
        node.close();
    }

    private static MqttProperties with(MqttProperties.MqttProperty<?>... all) {
        MqttProperties properties = new MqttProperties();
        for (MqttProperties.MqttProperty<?> property : all) {
            properties.add(property);
        }
        return properties;
    }

    private static IntegerProperty alias(int alias) {
        return new IntegerProperty(MqttPropertyType.TOPIC_ALIAS.value(), alias);
    }

    private static MqttMessage packet(String topic, int qos, int packetId, boolean dup, byte[] payload, int flag) {
        return new MqttPublishMessage(
                new MqttFixedHeader(MqttMessageType.PUBLISH, dup, MqttQoS.valueOf(qos), false, 0),
                new MqttPublishVariableHeader(
                        topic,
                        packetId,
                        flag < 0
                                ? MqttProperties.NO_PROPERTIES
                                : with(new IntegerProperty(MqttPropertyType.PAYLOAD_FORMAT_INDICATOR.value(), flag))),
                Unpooled.wrappedBuffer(payload));
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    // moquette.md: DUP=1 QoS 1/2 never seen before: acknowledged, not routed
    @Test
    void routesWhatComesWithDupForTheFirstTime() {
        publisher.send(packet("a", 1, 1, true, text("one"), -1)).expect(MqttMessageType.PUBACK);
        publisher.send(packet("a", 2, 2, true, text("two"), -1)).expect(MqttMessageType.PUBREC);
        assertThat(subscriber.expectPublish("one").message().fixedHeader().isDup())
                .isFalse(); // [MQTT-3.3.1-3]
        assertThat(subscriber.expectPublish("two").message().fixedHeader().isDup())
                .isFalse();
    }

    // [MQTT-4.3.3-10]
    @Test
    void routesAQos2PublishOnceUntilItIsReleased() {
        publisher.publish("a", 2, 9, "first").expect(MqttMessageType.PUBREC);
        publisher.send(packet("a", 2, 9, true, text("first"), -1)).expect(MqttMessageType.PUBREC);
        publisher.ack(MqttMessageType.PUBREL, 9);
        assertThat(publisher.expect(MqttMessageType.PUBCOMP).reason()).isZero();
        publisher.publish("a", 2, 9, "second").expect(MqttMessageType.PUBREC);
        subscriber.expectPublish("first");
        subscriber.expectPublish("second");
    }

    // moquette.md: PUBREL of an unknown id succeeds
    @Test
    void saysWhenAPacketIdIsUnknown() {
        publisher.ack(MqttMessageType.PUBREL, 77);
        assertThat(publisher.expect(MqttMessageType.PUBCOMP).reason()).isEqualTo(0x92);
        publisher.ack(MqttMessageType.PUBREC, 78);
        assertThat(publisher.expect(MqttMessageType.PUBREL).reason()).isEqualTo(0x92);
        publisher3.ack(MqttMessageType.PUBREL, 77).expect(MqttMessageType.PUBCOMP);
    }

    // moquette.md: no 0x10
    @Test
    void saysWhenNobodyIsInterested() {
        subscriber.close();
        await().untilAsserted(() -> assertThat(node.directory.size()).isZero());
        publisher.publish("a", 1, 1, "x");
        assertThat(publisher.expect(MqttMessageType.PUBACK).reason()).isEqualTo(0x10);
        publisher.publish("a", 2, 2, "x");
        assertThat(publisher.expect(MqttMessageType.PUBREC).reason()).isEqualTo(0x10);
        publisher.ack(MqttMessageType.PUBREL, 2);
        assertThat(publisher.expect(MqttMessageType.PUBCOMP).reason()).isZero();
        publisher3.publish("a", 1, 1, "x").expect(MqttMessageType.PUBACK);
    }

    // moquette.md: unauthorized or $ topic publish: no ack at all
    @ParameterizedTest
    @ValueSource(strings = {"secret/a", "$SYS/a", "$share/g/a"})
    void acknowledgesWhatIsNotAllowed(String topic) {
        publisher.publish(topic, 1, 1, "x");
        assertThat(publisher.expect(MqttMessageType.PUBACK).reason()).isEqualTo(0x87);
        publisher.publish(topic, 2, 2, "x");
        assertThat(publisher.expect(MqttMessageType.PUBREC).reason()).isEqualTo(0x87);
        publisher.publish(topic, 0, 0, "x");
        publisher3.publish(topic, 1, 1, "x").expect(MqttMessageType.PUBACK);
        publisher3.publish(topic, 2, 2, "x").expect(MqttMessageType.PUBREC);
        subscriber.expectSilence();
        publisher.expectSilence();
        assertThat(node.front.counters().dropped(FrontCounters.Drop.NOT_AUTHORIZED))
                .isEqualTo(5);
    }

    @Test
    void refusesTopicsThatAreTooDeep() {
        String deep = "a/".repeat(200) + "z";
        publisher.publish(deep, 1, 1, "x");
        assertThat(publisher.expect(MqttMessageType.PUBACK).reason()).isEqualTo(0x90);
        assertThat(node.front.counters().dropped(FrontCounters.Drop.TOPIC_INVALID))
                .isEqualTo(1);
    }

    // [MQTT-3.3.2-2]
    @Test
    void disconnectsAtAWildcardInATopic() {
        publisher.sendHex("30 05 0002 2f2b 00").expectDisconnect(0x81);
        publisher3.sendHex("30 04 0002 2f23").expectEnd();
    }

    @Test
    void disconnectsAtAPublishWithoutTopic() {
        publisher.sendHex("30 03 0000 00").expectDisconnect(0x82);
        publisher3.sendHex("30 02 0000").expectEnd();
    }

    // MQTT 5, 3.3.2.3.2
    @Test
    void checksPayloadsThatClaimToBeText() {
        publisher.send(packet("a", 1, 1, false, new byte[] {(byte) 0xC3}, 1));
        assertThat(publisher.expect(MqttMessageType.PUBACK).reason()).isEqualTo(0x99);
        publisher.send(packet("a", 1, 2, false, text("grün"), 1));
        assertThat(publisher.expect(MqttMessageType.PUBACK).reason()).isZero();
        subscriber.expectPublish("grün");
        publisher.send(packet("a", 1, 3, false, text("x"), 2)).expectDisconnect(0x82);
    }

    // [MQTT-3.3.2-14]
    @Test
    void disconnectsAtAWildcardInAResponseTopic() {
        publisher
                .publish(
                        "a", 0, 0, "x", with(new StringProperty(MqttPropertyType.RESPONSE_TOPIC.value(), "r/#")), false)
                .expectDisconnect(0x82);
    }

    // [MQTT-3.3.4-6]
    @Test
    void disconnectsAtASubscriptionIdentifierOfAClient() {
        publisher
                .publish(
                        "a",
                        0,
                        0,
                        "x",
                        with(new IntegerProperty(MqttPropertyType.SUBSCRIPTION_IDENTIFIER.value(), 1)),
                        false)
                .expectDisconnect(0x82);
    }

    @Test
    void passesApplicationPropertiesOnUnchangedAndInOrder() {
        MqttProperties properties = with(
                new UserProperty("b", "1"),
                new UserProperty("a", "2"),
                new UserProperty("b", "3"),
                new StringProperty(MqttPropertyType.CONTENT_TYPE.value(), "ct"),
                new MqttProperties.BinaryProperty(MqttPropertyType.CORRELATION_DATA.value(), new byte[] {1, 2, 3}),
                new StringProperty(MqttPropertyType.RESPONSE_TOPIC.value(), "re"),
                new IntegerProperty(MqttPropertyType.PAYLOAD_FORMAT_INDICATOR.value(), 1),
                new IntegerProperty(MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL.value(), 0xFFFF_FFF0));
        publisher.publish("a", 0, 0, "x", properties, false);
        TestClient.Packet received = subscriber.expectPublish("x");
        assertThat(received.properties().getProperties(MqttPropertyType.USER_PROPERTY.value()))
                .extracting(property -> ((MqttProperties.StringPair) property.value()).key
                        + ((MqttProperties.StringPair) property.value()).value)
                .containsExactly("b1", "a2", "b3"); // [MQTT-3.3.2-18]
        PropertyReader reader = new PropertyReader(received.properties());
        assertThat(reader.string(MqttPropertyType.CONTENT_TYPE)).isEqualTo("ct");
        assertThat(reader.string(MqttPropertyType.RESPONSE_TOPIC)).isEqualTo("re");
        assertThat(reader.integer(MqttPropertyType.PAYLOAD_FORMAT_INDICATOR, 0)).isEqualTo(1);
        assertThat(reader.unsignedInt(MqttPropertyType.PUBLICATION_EXPIRY_INTERVAL, 0))
                .isBetween(0xFFFF_FFE0L, 0xFFFF_FFF0L);
        assertThat((byte[]) received.properties()
                        .getProperty(MqttPropertyType.CORRELATION_DATA.value())
                        .value())
                .containsExactly(1, 2, 3);
    }

    // ---- Topic aliases; moquette.md: third use disconnects, a re-mapped alias publishes to the OLD topic

    @Test
    void resolvesAnAliasAsOftenAsItIsUsedAndAfterItWasSetAnew() {
        publisher.publish("one", 0, 0, "1", with(alias(5)), false);
        for (int i = 0; i < 3; i++) {
            publisher.publish("", 0, 0, "2", with(alias(5)), false);
        }
        publisher.publish("two", 0, 0, "3", with(alias(5)), false);
        publisher.publish("", 0, 0, "4", with(alias(5)), false);
        assertThat(subscriber.expectPublish("1").topic()).isEqualTo("one");
        for (int i = 0; i < 3; i++) {
            assertThat(subscriber.expectPublish("2").topic()).isEqualTo("one");
        }
        assertThat(subscriber.expectPublish("3").topic()).isEqualTo("two");
        TestClient.Packet last = subscriber.expectPublish("4");
        assertThat(last.topic()).isEqualTo("two");
        assertThat(last.properties().isEmpty()).isTrue(); // [MQTT-3.3.2-7]: the alias stays here.
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 6})
    void disconnectsAtAnAliasOutOfRange(int alias) {
        publisher.publish("one", 0, 0, "1", with(alias(alias)), false).expectDisconnect(0x94);
    }

    @Test
    void disconnectsAtAnAliasThatWasNeverSet() {
        publisher.publish("", 0, 0, "1", with(alias(3)), false).expectDisconnect(0x82);
    }

    // ---- Retained; moquette.md: QoS 0 retained publish deletes the retained message

    @Test
    void retainsWhatWasPublishedAtQos0() {
        publisher.publish("r", 1, 1, "old", MqttProperties.NO_PROPERTIES, true).expect(MqttMessageType.PUBACK);
        publisher.publish("r", 0, 0, "new", MqttProperties.NO_PROPERTIES, true);
        subscriber.expectPublish("old");
        subscriber.expectPublish("new");
        try (TestClient later = TestClient.mqtt3(node, "later")) {
            later.subscribed("r", 1);
            assertThat(later.expectPublish("new").message().fixedHeader().isRetain())
                    .isTrue();
        }
    }

    // ---- When acknowledgements leave

    @Test
    void acknowledgesInOrderAndOnlyWhatIsSettled() {
        node.mesh.keep();
        publisher.publish("r", 1, 1, "1", MqttProperties.NO_PROPERTIES, true); // retained: goes to the mesh
        publisher.publish("a", 1, 2, "2"); // stays here, settled at once
        publisher.publish("a", 2, 3, "3");
        subscriber.expectPublish("1");
        subscriber.expectPublish("2");
        subscriber.expectPublish("3");
        publisher.expectSilence();
        assertThat(node.mesh.kept()).isEqualTo(1);
        node.mesh.letGo();
        assertThat(publisher.expect(MqttMessageType.PUBACK).packetId()).isEqualTo(1); // [MQTT-4.6.0-2]
        assertThat(publisher.expect(MqttMessageType.PUBACK).packetId()).isEqualTo(2);
        assertThat(publisher.expect(MqttMessageType.PUBREC).packetId()).isEqualTo(3);
    }

    // S1: PUBREC means that the message is in safe hands, whichever connection it is for.
    @Test
    void acknowledgesARepeatedQos2PublishOnceTheFirstIsSettled() {
        node.mesh.keep();
        try (TestClient durable = TestClient.mqtt3(node, "durable", connect -> connect.cleanSession(false))) {
            durable.publish("r", 2, 5, "once", MqttProperties.NO_PROPERTIES, true);
            subscriber.expectPublish("once");
        }
        await().untilAsserted(() ->
                assertThat(node.sessions.get("durable").isConnected()).isFalse());
        try (TestClient again = TestClient.mqtt3(node, "durable", connect -> connect.cleanSession(false))) {
            again.send(packet("r", 2, 5, true, text("once"), -1));
            again.expectSilence();
            node.mesh.letGo();
            assertThat(again.expect(MqttMessageType.PUBREC).packetId()).isEqualTo(5);
            again.ack(MqttMessageType.PUBREL, 5).expect(MqttMessageType.PUBCOMP);
        }
        subscriber.expectSilence();
    }

    // moquette.md: bursts: PUBACKs and QoS 0 dropped (5,411 acks for 20,000)
    @Test
    void acknowledgesEveryPublishOfABurst() throws InterruptedException {
        int burst = 20_000;
        subscriber.close();
        Thread sender = new Thread(() -> {
            MqttMessage[] packets = new MqttMessage[100];
            for (int id = 1; id <= burst; id += packets.length) {
                for (int i = 0; i < packets.length; i++) {
                    packets[i] = TestClient.publishPacket("b", 1, id + i, "x", MqttProperties.NO_PROPERTIES, false);
                }
                publisher3.send(packets);
            }
        });
        sender.start();
        for (int id = 1; id <= burst; id++) {
            assertThat(publisher3.expect(MqttMessageType.PUBACK).packetId()).isEqualTo(id);
        }
        sender.join();
        assertThat(node.front.counters().publishesIn(1)).isEqualTo(burst);
        assertThat(node.front.counters().packetsOut(MqttMessageType.PUBACK)).isEqualTo(burst);
    }

    @Test
    void countsWhatGoesInAndOut() {
        publisher.publish("a", 0, 0, "x").publish("a", 1, 1, "x").expect(MqttMessageType.PUBACK);
        subscriber.expect(MqttMessageType.PUBLISH);
        subscriber.expect(MqttMessageType.PUBLISH);
        FrontCounters counters = node.front.counters();
        assertThat(counters.publishesIn(0)).isEqualTo(1);
        assertThat(counters.publishesIn(1)).isEqualTo(1);
        assertThat(counters.publishesOut(0)).isEqualTo(1);
        assertThat(counters.publishesOut(1)).isEqualTo(1);
        assertThat(counters.packetsIn(MqttMessageType.CONNECT)).isEqualTo(3);
        assertThat(counters.packetsOut(MqttMessageType.CONNACK)).isEqualTo(3);
        assertThat(counters.connections()).isEqualTo(3);
        assertThat(counters.bytesIn()).isPositive();
        assertThat(counters.bytesOut()).isPositive();
    }

    @Test
    void servesOthersWhileAnAuthorizerOfOneThrows() {
        UnaryOperator<FrontOptions.Builder> same = UnaryOperator.identity();
        Authorizer broken = TestPermissions.of(
                topic -> {
                    throw new IllegalStateException("broken on purpose");
                },
                filter -> true);
        try (LoopbackNode other = new LoopbackNode(same, null, broken, SessionLimits.defaults());
                TestClient victim = TestClient.mqtt5(other, "victim");
                TestClient bystander = TestClient.mqtt5(other, "bystander")) {
            victim.publish("a", 1, 1, "x").expectDisconnect(0x83);
            bystander.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
            assertThat(other.front.counters().failures()).isEqualTo(1);
        }
    }
}
