package io.meshvine.node.front;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.meshvine.node.config.ListenException;
import io.meshvine.node.session.SessionLimits;
import io.meshvine.node.session.TestLimits;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** CONNECT and CONNACK (MQTT 5 and 3.1.1, 3.1 and 3.2). */
class ConnectTest {

    private LoopbackNode node;

    @AfterEach
    void stop() {
        if (node != null) {
            node.close();
        }
    }

    private void start() {
        start(UnaryOperator.identity());
    }

    private void start(UnaryOperator<FrontOptions.Builder> options) {
        node = new LoopbackNode(options);
    }

    private TestClient open(MqttVersion version) {
        return new TestClient(node.port()).version(version);
    }

    private static void assertRefused(TestClient client, MqttConnectReturnCode code) {
        MqttConnAckMessage connack = client.expect(MqttMessageType.CONNACK).connack();
        assertThat(connack.variableHeader().connectReturnCode()).isEqualTo(code);
        assertThat(connack.variableHeader().isSessionPresent()).isFalse(); // [MQTT-3.2.2-6]
        client.expectEnd();
        client.close();
    }

    private static MqttProperties properties(MqttProperties.MqttProperty<?>... all) {
        MqttProperties properties = new MqttProperties();
        for (MqttProperties.MqttProperty<?> property : all) {
            properties.add(property);
        }
        return properties;
    }

    private static IntegerProperty number(MqttPropertyType type, int value) {
        return new IntegerProperty(type.value(), value);
    }

    private static Integer granted(MqttConnAckMessage connack, MqttPropertyType type) {
        return connack.variableHeader().properties().getProperty(type.value()) instanceof IntegerProperty property
                ? property.value()
                : null;
    }

    // [MQTT-3.1.0-1]
    @Test
    void closesWhenTheFirstPacketIsNoConnect() {
        start();
        try (TestClient client = open(MqttVersion.MQTT_5)) {
            client.send(MqttMessage.PINGREQ).expectEnd();
        }
        assertThat(node.front.counters().disconnects()).containsEntry("protocol-error", 1L);
    }

    // [MQTT-3.1.0-2]; moquette.md: second CONNECT accepted
    @Test
    void disconnectsAtASecondConnect() {
        start();
        try (TestClient client = TestClient.mqtt5(node, "twice")) {
            client.connect("twice", connect -> {}).expectDisconnect(0x82);
        }
        try (TestClient client = TestClient.mqtt3(node, "twice")) {
            client.connect("twice", connect -> {}).expectEnd();
        }
    }

    @Test
    void closesAConnectionThatSendsNoConnect() {
        start(options -> options.connectTimeout(Duration.ofMillis(100)));
        try (TestClient client = open(MqttVersion.MQTT_5)) {
            client.expectEnd();
        }
        assertThat(node.front.counters().disconnects()).containsEntry("connect-timeout", 1L);
    }

    // [MQTT-3.1.2-2]
    @Test
    void refusesUnknownProtocolLevels() {
        start();
        try (TestClient client = open(MqttVersion.MQTT_3_1_1)) {
            client.sendHex("10 0d 0004 4d515454 02 02 003c 0001 61");
            assertRefused(client, MqttConnectReturnCode.CONNECTION_REFUSED_UNACCEPTABLE_PROTOCOL_VERSION);
        }
        try (TestClient client = open(MqttVersion.MQTT_5)) {
            client.sendHex("10 0e 0004 4d515454 06 02 003c 00 0001 61");
            assertRefused(client, MqttConnectReturnCode.CONNECTION_REFUSED_UNSUPPORTED_PROTOCOL_VERSION);
        }
        try (TestClient client = open(MqttVersion.MQTT_5)) {
            client.sendHex("10 0e 0004 4e515454 05 02 003c 00 0001 61").expectEnd(); // "NQTT"
        }
    }

    @Test
    void servesMqtt31() {
        start();
        try (TestClient client = open(MqttVersion.MQTT_3_1)) {
            client.connect("old", connect -> {}).expectAccepted();
            client.subscribed("a", 1).publish("a", 1, 1, "x");
            client.expect(MqttMessageType.PUBLISH);
            client.expect(MqttMessageType.PUBACK);
        }
    }

    // [MQTT-3.1.3-6], [MQTT-3.1.3-7]
    @Test
    void assignsAnIdToAClientWithoutOne() {
        start();
        try (TestClient client = open(MqttVersion.MQTT_5)) {
            client.connect("", connect -> {});
            MqttConnAckMessage connack = client.expectAccepted();
            StringProperty assigned = (StringProperty) connack.variableHeader()
                    .properties()
                    .getProperty(MqttPropertyType.ASSIGNED_CLIENT_IDENTIFIER.value());
            assertThat(node.sessions.get(assigned.value())).isNotNull();
        }
        try (TestClient client = open(MqttVersion.MQTT_3_1_1)) {
            client.connect("", connect -> {}).expectAccepted();
        }
    }

    // [MQTT-3.1.3-8] of MQTT 3.1.1
    @Test
    void refusesAnEmptyIdWithoutCleanSession() {
        start();
        TestClient client = open(MqttVersion.MQTT_3_1_1);
        client.connect("", connect -> connect.cleanSession(false));
        assertRefused(client, MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED);
    }

    @Test
    void refusesWhatTheAuthenticatorRefuses() {
        Authenticator authenticator = credentials -> CompletableFuture.completedFuture(
                "ann".equals(credentials.username())
                                && new String(credentials.password(), StandardCharsets.UTF_8).equals("right")
                        ? Authenticator.Decision.accepted(Principal.named("ann", null))
                        : credentials.username() == null
                                ? Authenticator.Decision.refused(Authenticator.Verdict.NOT_AUTHORIZED)
                                : Authenticator.Decision.refused(Authenticator.Verdict.BAD_CREDENTIALS));
        node = new LoopbackNode(
                UnaryOperator.identity(), authenticator, Authorizer.allowAll(), SessionLimits.defaults());
        TestClient wrong5 = open(MqttVersion.MQTT_5);
        wrong5.connect("a", connect -> connect.username("ann").password("wrong".getBytes(StandardCharsets.UTF_8)));
        assertRefused(wrong5, MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USERNAME_OR_PASSWORD);
        TestClient wrong3 = open(MqttVersion.MQTT_3_1_1);
        wrong3.connect("a", connect -> connect.username("ann").password("wrong".getBytes(StandardCharsets.UTF_8)));
        assertRefused(wrong3, MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USER_NAME_OR_PASSWORD);
        TestClient nobody5 = open(MqttVersion.MQTT_5);
        nobody5.connect("a", connect -> {});
        assertRefused(nobody5, MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5);
        TestClient nobody3 = open(MqttVersion.MQTT_3_1_1);
        nobody3.connect("a", connect -> {});
        assertRefused(nobody3, MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED);
        try (TestClient right = open(MqttVersion.MQTT_5)) {
            right.connect("a", connect -> connect.username("ann").password("right".getBytes(StandardCharsets.UTF_8)));
            right.expectAccepted();
        }
        assertThat(node.front.counters().connects())
                .containsEntry("accepted", 1L)
                .containsEntry("bad-credentials", 2L)
                .containsEntry("not-authorized", 2L);
    }

    @Test
    void waitsForAnAuthenticatorThatTakesItsTime() {
        CompletableFuture<Authenticator.Decision> verdict = new CompletableFuture<>();
        node = new LoopbackNode(
                UnaryOperator.identity(), credentials -> verdict, Authorizer.allowAll(), SessionLimits.defaults());
        try (TestClient client = open(MqttVersion.MQTT_5)) {
            client.connect("late", connect -> {});
            client.publish("a", 1, 1, "x"); // held back behind CONNECT
            verdict.complete(Authenticator.Decision.accepted(Principal.ANONYMOUS));
            client.expectAccepted();
            client.expect(MqttMessageType.PUBACK);
        }
    }

    @Test
    void refusesEverybodyWithoutAuthenticatorUnlessAnonymousIsAllowed() {
        start(options -> options.allowAnonymous(false));
        TestClient client = open(MqttVersion.MQTT_5);
        client.connect("a", connect -> {});
        assertRefused(client, MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5);
    }

    // moquette.md: AUTH and authentication method ignored
    @Test
    void refusesExtendedAuthentication() {
        start();
        TestClient client = open(MqttVersion.MQTT_5);
        client.connect(
                "a",
                connect -> connect.properties(
                        properties(new StringProperty(MqttPropertyType.AUTHENTICATION_METHOD.value(), "SCRAM"))));
        assertRefused(client, MqttConnectReturnCode.CONNECTION_REFUSED_BAD_AUTHENTICATION_METHOD);
        try (TestClient connected = TestClient.mqtt5(node, "b")) {
            connected.sendHex("f0 02 18 00").expectDisconnect(0x82); // [MQTT-4.12.0-7]
        }
    }

    @Test
    void refusesWillsThatBreakTheRules() {
        start();
        TestClient wildcard = open(MqttVersion.MQTT_5);
        wildcard.sendHex("10 17 0004 4d515454 05 06 003c 00 0001 61 00 0003 612f23 0001 78");
        assertRefused(wildcard, MqttConnectReturnCode.CONNECTION_REFUSED_TOPIC_NAME_INVALID);
        TestClient reserved = open(MqttVersion.MQTT_5);
        reserved.connect(
                "a", connect -> connect.willFlag(true).willTopic("$SYS/x").willMessage(new byte[0]));
        assertRefused(reserved, MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5);
        TestClient noText = open(MqttVersion.MQTT_5);
        noText.connect(
                "a",
                connect -> connect.willFlag(true)
                        .willTopic("w")
                        .willMessage(new byte[] {(byte) 0xFF})
                        .willProperties(properties(number(MqttPropertyType.PAYLOAD_FORMAT_INDICATOR, 1))));
        assertRefused(noText, MqttConnectReturnCode.CONNECTION_REFUSED_PAYLOAD_FORMAT_INVALID);
    }

    // moquette.md: wills are not ACL-checked
    @Test
    void refusesAWillThatItsClientMayNotPublish() {
        Authorizer allButSecret = TestPermissions.of(topic -> !topic.equals("secret"), filter -> true);
        node = new LoopbackNode(UnaryOperator.identity(), null, allButSecret, SessionLimits.defaults());
        TestClient client = open(MqttVersion.MQTT_5);
        client.connect(
                "a", connect -> connect.willFlag(true).willTopic("secret").willMessage(new byte[0]));
        assertRefused(client, MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5);
    }

    // [MQTT-3.1.2-12]; moquette.md: will QoS 3 kills the session loop
    @Test
    void refusesWillQos3() {
        start();
        TestClient client = open(MqttVersion.MQTT_5);
        client.sendHex("10 14 0004 4d515454 05 1e 003c 00 0001 61 00 0001 77 0001 78");
        assertRefused(client, MqttConnectReturnCode.CONNECTION_REFUSED_MALFORMED_PACKET);
        try (TestClient client3 = open(MqttVersion.MQTT_3_1_1)) {
            client3.sendHex("10 12 0004 4d515454 04 1e 003c 0001 61 0001 77 0001 78");
            client3.expectEnd();
        }
    }

    @Test
    void refusesReceiveMaximumAndPacketSizeOfZero() {
        start();
        for (MqttPropertyType type :
                new MqttPropertyType[] {MqttPropertyType.RECEIVE_MAXIMUM, MqttPropertyType.MAXIMUM_PACKET_SIZE}) {
            TestClient client = open(MqttVersion.MQTT_5);
            client.connect("a", connect -> connect.properties(properties(number(type, 0))));
            assertRefused(client, MqttConnectReturnCode.CONNECTION_REFUSED_PROTOCOL_ERROR);
        }
    }

    // moquette.md: server's maximum packet size not advertised; receive maximum 66560 is not legal
    @Test
    void tellsItsLimits() {
        start(options -> options.maxPacketSize(5000).receiveMaximum(17).topicAliasMaximum(9));
        try (TestClient client = open(MqttVersion.MQTT_5)) {
            client.connect("a", connect -> {});
            MqttConnAckMessage connack = client.expectAccepted();
            assertThat(granted(connack, MqttPropertyType.MAXIMUM_PACKET_SIZE)).isEqualTo(5000);
            assertThat(granted(connack, MqttPropertyType.RECEIVE_MAXIMUM)).isEqualTo(17);
            assertThat(granted(connack, MqttPropertyType.TOPIC_ALIAS_MAXIMUM)).isEqualTo(9);
            assertThat(granted(connack, MqttPropertyType.SERVER_KEEP_ALIVE)).isNull();
            assertThat(granted(connack, MqttPropertyType.SESSION_EXPIRY_INTERVAL))
                    .isNull();
        }
    }

    // [MQTT-3.1.2-21], [MQTT-3.2.2-22]
    @Test
    void capsTheKeepAliveOfMqtt5Clients() {
        start(options -> options.maxKeepAlive(Duration.ofSeconds(30)));
        try (TestClient client = open(MqttVersion.MQTT_5)) {
            client.connect("a", connect -> connect.keepAlive(0));
            assertThat(granted(client.expectAccepted(), MqttPropertyType.SERVER_KEEP_ALIVE))
                    .isEqualTo(30);
        }
        try (TestClient client = open(MqttVersion.MQTT_5)) {
            client.connect("a", connect -> connect.keepAlive(20));
            assertThat(granted(client.expectAccepted(), MqttPropertyType.SERVER_KEEP_ALIVE))
                    .isNull();
        }
    }

    // [MQTT-3.1.2-22]
    @Test
    void disconnectsAClientThatIsSilentForLongerThanItsKeepAlive() {
        start();
        try (TestClient client = TestClient.mqtt5(node, "a", connect -> connect.keepAlive(1));
                TestClient client3 = TestClient.mqtt3(node, "b", connect -> connect.keepAlive(1))) {
            client.expectDisconnect(0x8D);
            client3.expectEnd();
        }
        assertThat(node.front.counters().disconnects()).containsEntry("keep-alive-timeout", 2L);
    }

    @Test
    void givesAResponseTopicToWhoAsksForOne() {
        start();
        try (TestClient client = open(MqttVersion.MQTT_5)) {
            client.connect(
                    "a+b",
                    connect ->
                            connect.properties(properties(number(MqttPropertyType.REQUEST_RESPONSE_INFORMATION, 1))));
            StringProperty information = (StringProperty) client.expectAccepted()
                    .variableHeader()
                    .properties()
                    .getProperty(MqttPropertyType.RESPONSE_INFORMATION.value());
            assertThat(information.value()).isEqualTo("response/x612b62");
        }
    }

    // moquette.md: SUBSCRIBE pipelined behind CONNECT drops the connection, PUBLISH is partly lost
    @Test
    void holdsWhatIsPipelinedBehindConnect() {
        start();
        try (TestClient client = open(MqttVersion.MQTT_3_1_1)) {
            MqttMessage[] burst = new MqttMessage[102];
            burst[0] = client.connectPacket("pipeline", connect -> {});
            burst[1] = MqttMessageBuilders.subscribe()
                    .messageId(1)
                    .addSubscription(MqttQoS.AT_MOST_ONCE, "p")
                    .build();
            for (int i = 2; i < burst.length; i++) {
                burst[i] = TestClient.publishPacket("p", 1, i, "m" + i, MqttProperties.NO_PROPERTIES, false);
            }
            client.sendBytes(client.encode(burst));
            client.expectAccepted();
            client.expect(MqttMessageType.SUBACK);
            int nextPublish = 2;
            int nextAck = 2;
            while (nextPublish < burst.length || nextAck < burst.length) {
                TestClient.Packet packet = client.next();
                if (packet.type() == MqttMessageType.PUBLISH) {
                    assertThat(packet.text()).isEqualTo("m" + nextPublish++);
                } else {
                    assertThat(packet.packetId()).isEqualTo(nextAck++);
                }
            }
        }
    }

    @Test
    void turnsAwayConnectionsBeyondTheLimit() {
        start(options -> options.maxConnections(1));
        try (TestClient first = TestClient.mqtt5(node, "first")) {
            try (TestClient second = open(MqttVersion.MQTT_5)) {
                second.expectEnd();
            }
            first.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
        }
        await().untilAsserted(
                        () -> assertThat(node.front.counters().connections()).isZero());
    }

    @Test
    void refusesClientsWhenThereAreTooManySessions() {
        node = new LoopbackNode(UnaryOperator.identity(), null, Authorizer.allowAll(), TestLimits.ofSessions(1));
        try (TestClient first = TestClient.mqtt5(node, "first")) {
            TestClient second = open(MqttVersion.MQTT_5);
            second.connect("second", connect -> {});
            assertRefused(second, MqttConnectReturnCode.CONNECTION_REFUSED_QUOTA_EXCEEDED);
            first.send(MqttMessage.PINGREQ).expect(MqttMessageType.PINGRESP);
        }
    }

    @Test
    void saysWhichListenerFindsItsAddressTaken() {
        start(UnaryOperator.identity());
        assertThatThrownBy(() -> new LoopbackNode(options -> options.tcp("127.0.0.1", node.front.wsPort())))
                .hasCauseInstanceOf(ListenException.class)
                .hasMessageContaining("mqtt.tcp: cannot listen on 127.0.0.1:" + node.front.wsPort())
                .hasMessageContaining("set mqtt.tcp.port to another port");
        assertThatThrownBy(() -> new LoopbackNode(options -> options.webSocket("127.0.0.1", node.port())))
                .hasMessageContaining("mqtt.ws: cannot listen on 127.0.0.1:" + node.port());
    }
}
