package io.meshvine.it;

import static io.meshvine.it.wire.PacketType.CONNACK;
import static io.meshvine.it.wire.PacketType.PUBACK;
import static io.meshvine.it.wire.PacketType.SUBACK;
import static io.meshvine.it.wire.Property.ASSIGNED_CLIENT_IDENTIFIER;
import static io.meshvine.it.wire.Property.AUTHENTICATION_DATA;
import static io.meshvine.it.wire.Property.AUTHENTICATION_METHOD;
import static io.meshvine.it.wire.Property.MAXIMUM_PACKET_SIZE;
import static io.meshvine.it.wire.Property.MAXIMUM_QOS;
import static io.meshvine.it.wire.Property.RECEIVE_MAXIMUM;
import static io.meshvine.it.wire.Property.REQUEST_PROBLEM_INFORMATION;
import static io.meshvine.it.wire.Property.REQUEST_RESPONSE_INFORMATION;
import static io.meshvine.it.wire.Property.RESPONSE_INFORMATION;
import static io.meshvine.it.wire.Property.RETAIN_AVAILABLE;
import static io.meshvine.it.wire.Property.SERVER_KEEP_ALIVE;
import static io.meshvine.it.wire.Property.SESSION_EXPIRY_INTERVAL;
import static io.meshvine.it.wire.Property.SHARED_SUBSCRIPTION_AVAILABLE;
import static io.meshvine.it.wire.Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE;
import static io.meshvine.it.wire.Property.TOPIC_ALIAS;
import static io.meshvine.it.wire.Property.WILDCARD_SUBSCRIPTION_AVAILABLE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.meshvine.it.harness.Clause;
import io.meshvine.it.harness.EachVersion;
import io.meshvine.it.harness.MosquittoDeviates;
import io.meshvine.it.wire.ByteWriter;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.PacketType;
import io.meshvine.it.wire.Packets;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.Subscribe;
import io.meshvine.it.wire.Version;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CONNECT and CONNACK: who gets in, under which name, and what the server says of itself. */
class ConnectIT extends BrokerTest {

    private static final int WILL_QOS_1_FLAG = 0x08;
    private static final int WILL_QOS_FLAGS = 0x18;
    private static final int WILL_RETAIN_FLAG = 0x20;
    private static final int PASSWORD_FLAG = 0x40;
    private static final int USER_NAME_FLAG = 0x80;

    @EachVersion
    @Clause(
            value = {"MQTT-3.1.4-5", "MQTT-3.2.0-1", "MQTT-3.2.2-1", "MQTT-3.2.2-2"},
            v311 = {"MQTT-3.1.4-4", "MQTT-3.2.0-1", "MQTT-3.2.2-1"})
    void acceptsCleanConnectionWithoutSession(Version version) {
        Packet connack = open(0, version).connect(newClient(version));

        assertThat(connack.reasonCode()).isZero();
        assertThat(connack.sessionPresent()).isFalse();
    }

    @Test
    @Clause({"MQTT-3.2.2-9", "3.2.2.3.11", "3.2.2.3.12", "3.2.2.3.13", "MQTT-4.12.0-6"})
    void offersEverythingThatTheStandardKnows() {
        Packet connack = open(0, Version.V5).connect(newClient(Version.V5));

        assertThat(connack.properties().number(MAXIMUM_QOS)).isEmpty();
        assertThat(connack.properties().number(RETAIN_AVAILABLE).orElse(1L)).isEqualTo(1);
        assertThat(connack.properties().number(WILDCARD_SUBSCRIPTION_AVAILABLE).orElse(1L))
                .isEqualTo(1);
        assertThat(connack.properties()
                        .number(SUBSCRIPTION_IDENTIFIER_AVAILABLE)
                        .orElse(1L))
                .isEqualTo(1);
        assertThat(connack.properties().number(SHARED_SUBSCRIPTION_AVAILABLE).orElse(1L))
                .isEqualTo(1);
        assertThat(connack.properties().has(AUTHENTICATION_METHOD)).isFalse();
    }

    @EachVersion
    @Clause(
            value = {"MQTT-3.1.0-1", "MQTT-3.14.0-1"},
            v311 = "MQTT-3.1.0-1")
    void closesWhenTheFirstPacketIsNotConnect(Version version) {
        RawClient client = open(0, version);
        client.send(Packets.pingreq());

        assertThat(client.awaitClose()).isEmpty(); // [MQTT-3.14.0-1]: no DISCONNECT before CONNACK
    }

    @Test
    @Clause("MQTT-3.1.0-2")
    @MosquittoDeviates("closes without DISCONNECT")
    void answersSecondConnectWithProtocolError() {
        Connect connect = newClient(Version.V5);
        RawClient client = connect(0, connect);
        client.send(connect.toBytes());

        assertThat(client.awaitDisconnect()).isEqualTo(0x82);
    }

    @Test
    @Clause(v311 = "MQTT-3.1.0-2")
    void closesOnSecondConnect() {
        Connect connect = newClient(Version.V3_1_1);
        RawClient client = connect(0, connect);
        client.send(connect.toBytes());

        assertThat(client.awaitClose()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"MQTTX", "mqtt", "HTTP", ""})
    @Clause(value = "MQTT-3.1.2-1", v311 = "MQTT-3.1.2-1")
    void refusesOtherProtocolNames(String name) {
        RawClient client = open(0, Version.V5);
        client.send(newClient(Version.V5).protocol(name, 5).toBytes());

        assertRefused(client, 0x01, 0x81, 0x82, 0x84);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 6, 255})
    @Clause(value = "MQTT-3.1.2-2", v311 = "MQTT-3.1.2-2")
    void refusesOtherProtocolLevels(int level) {
        RawClient client = open(0, Version.V5);
        client.send(newClient(Version.V3_1_1).protocol("MQTT", level).toBytes());

        assertRefused(client, 0x01, 0x84);
    }

    static Stream<Arguments> connectsThatAreNotInForm() {
        Publish will = Publish.to("it/never").payload("will").qos(1);
        return Stream.of(
                illegal("reserved flag set", connect -> connect.flippingFlags(0x01)), // [MQTT-3.1.2-3]
                illegal("will QoS without will", connect -> connect.flippingFlags(WILL_QOS_1_FLAG)), // 3.1.2-11
                illegal("will retain without will", connect -> connect.flippingFlags(WILL_RETAIN_FLAG)), // 3.1.2-13
                illegal("will QoS 3", connect -> connect.will(will).flippingFlags(WILL_QOS_FLAGS ^ WILL_QOS_1_FLAG)),
                illegal("user name missing", connect -> connect.flippingFlags(USER_NAME_FLAG)), // [MQTT-3.1.2-17]
                illegal("password missing", connect -> connect.userName("u").flippingFlags(PASSWORD_FLAG)), // 3.1.2-19
                illegal("user name too many", connect -> connect.userName("u").flippingFlags(USER_NAME_FLAG)),
                illegal("will topic with wildcard", connect -> connect.will(Publish.to("it/#"))));
    }

    private static Arguments illegal(String name, UnaryOperator<Connect> change) {
        return arguments(Named.of(name, change));
    }

    @ParameterizedTest
    @MethodSource("connectsThatAreNotInForm")
    @Clause({
        "MQTT-3.1.2-3",
        "MQTT-3.1.2-11",
        "MQTT-3.1.2-12",
        "MQTT-3.1.2-13",
        "MQTT-3.1.2-16",
        "MQTT-3.1.2-17",
        "MQTT-3.1.2-19",
        "MQTT-3.1.4-1",
        "MQTT-3.2.2-7"
    })
    void refusesConnectThatIsNotInForm(UnaryOperator<Connect> change) {
        RawClient client = open(0, Version.V5);
        client.send(change.apply(newClient(Version.V5)).toBytes());

        assertRefused(client, 0x81, 0x82, 0x90);
    }

    @ParameterizedTest
    @MethodSource("connectsThatAreNotInForm")
    @Clause(
            v311 = {
                "MQTT-3.1.2-3",
                "MQTT-3.1.2-13",
                "MQTT-3.1.2-14",
                "MQTT-3.1.2-15",
                "MQTT-3.1.2-18",
                "MQTT-3.1.2-19",
                "MQTT-3.1.2-21",
                "MQTT-3.1.4-1"
            })
    void closesOnConnectThatIsNotInForm(UnaryOperator<Connect> change) {
        RawClient client = open(0, Version.V3_1_1);
        client.send(change.apply(newClient(Version.V3_1_1)).toBytes());

        assertThat(client.awaitClose()).isEmpty();
    }

    @Test
    @Clause(v311 = "MQTT-3.1.2-22")
    void closesOnPasswordWithoutUserName() {
        RawClient client = open(0, Version.V3_1_1);
        client.send(newClient(Version.V3_1_1).password("secret").toBytes());

        assertThat(client.awaitClose()).isEmpty();
    }

    static Stream<Arguments> connectsWithIllegalProperties() {
        return Stream.of(
                illegal("receive maximum 0", connect -> connect.with(RECEIVE_MAXIMUM, 0)),
                illegal("maximum packet size 0", connect -> connect.with(MAXIMUM_PACKET_SIZE, 0)),
                illegal("problem information 2", connect -> connect.with(REQUEST_PROBLEM_INFORMATION, 2)),
                illegal("response information 2", connect -> connect.with(REQUEST_RESPONSE_INFORMATION, 2)),
                illegal("property of another packet", connect -> connect.with(TOPIC_ALIAS, 1)),
                illegal(
                        "session expiry twice",
                        connect -> connect.with(SESSION_EXPIRY_INTERVAL, 1).with(SESSION_EXPIRY_INTERVAL, 1)));
    }

    @ParameterizedTest
    @MethodSource("connectsWithIllegalProperties")
    @Clause({"3.1.2.11", "MQTT-3.1.4-1", "MQTT-4.13.1-1", "MQTT-3.2.2-8"})
    void refusesIllegalProperties(UnaryOperator<Connect> change) {
        RawClient client = open(0, Version.V5);
        client.send(change.apply(newClient(Version.V5)).toBytes());

        assertRefused(client, 0x81, 0x82);
    }

    @Test
    @Clause("3.1.2.11.10")
    @MosquittoDeviates("accepts it")
    void refusesAuthenticationDataWithoutMethod() {
        RawClient client = open(0, Version.V5);
        client.send(newClient(Version.V5)
                .withBinary(AUTHENTICATION_DATA, new byte[] {1})
                .toBytes());

        assertRefused(client, 0x81, 0x82);
    }

    @Test
    @Clause("MQTT-4.12.0-1")
    void refusesUnknownAuthenticationMethod() {
        RawClient client = open(0, Version.V5);
        client.send(newClient(Version.V5)
                .with(AUTHENTICATION_METHOD, "no-such-method")
                .toBytes());

        assertRefused(client, 0x8c, 0x87);
    }

    @Test
    @Clause({"MQTT-3.1.3-6", "MQTT-3.1.3-7", "MQTT-3.2.2-16"})
    void assignsClientIdentifiers() {
        String first = assignedClientId(Connect.as(Version.V5, ""));
        String second = assignedClientId(Connect.as(Version.V5, "").resuming());

        assertThat(first).isNotEqualTo(second);
    }

    private String assignedClientId(Connect connect) {
        Packet connack = open(0, Version.V5).connect(connect);
        assertThat(connack.reasonCode()).isZero();
        return connack.properties().string(ASSIGNED_CLIENT_IDENTIFIER).orElseThrow();
    }

    @Test
    @Clause({"MQTT-3.1.3-7", "MQTT-3.1.3-2"})
    void keepsSessionUnderAssignedClientIdentifier() {
        RawClient nameless = open(0, Version.V5);
        String assigned = nameless.connect(Connect.as(Version.V5, "").with(SESSION_EXPIRY_INTERVAL, 60))
                .properties()
                .string(ASSIGNED_CLIENT_IDENTIFIER)
                .orElseThrow();
        nameless.disconnect();

        Packet connack =
                open(0, Version.V5).connect(Connect.as(Version.V5, assigned).resuming());

        assertThat(connack.sessionPresent()).isTrue();
        assertThat(connack.properties().has(ASSIGNED_CLIENT_IDENTIFIER)).isFalse();
    }

    @Test
    @Clause(v311 = {"MQTT-3.1.3-6", "MQTT-3.1.3-7"})
    void acceptsEmptyClientIdentifierOfCleanSession() {
        connect(0, Connect.as(Version.V3_1_1, "")).ping();
    }

    @Test
    @Clause(v311 = {"MQTT-3.1.3-8", "MQTT-3.2.2-4", "MQTT-3.2.2-5"})
    void rejectsEmptyClientIdentifierOfDurableSession() {
        RawClient client = open(0, Version.V3_1_1);

        assertThat(client.connect(Connect.as(Version.V3_1_1, "").resuming()).reasonCode())
                .isEqualTo(2);
        assertThat(client.awaitClose()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0",
                "ABCDEFGHIJKLMNOPQRSTUVW",
                "abcdefghijklmnopqrstuvw",
                "xyzXYZ0123456789",
                "\u00e4/ \ud83d\ude80"
            })
    @Clause(value = "MQTT-3.1.3-5", v311 = "MQTT-3.1.3-5")
    void acceptsClientIdentifiers(String clientId) {
        connect(0, Connect.as(Version.V5, clientId)).disconnect();
        connect(0, Connect.as(Version.V3_1_1, clientId)).disconnect();
    }

    @EachVersion
    @Clause(value = "MQTT-3.12.4-1", v311 = "MQTT-3.12.4-1")
    void answersPing(Version version) {
        RawClient client = connect(0, version);
        client.send(Packets.pingreq(), Packets.pingreq());

        client.next(PacketType.PINGRESP);
        client.next(PacketType.PINGRESP);
    }

    @EachVersion
    @Clause(value = "3.1.4", v311 = "3.1.4")
    void servesPacketsThatFollowConnectAtOnce(Version version) {
        RawClient client = open(0, version);
        Subscribe subscribe = Subscribe.to(topic(), 1).packetId(7);
        Publish publish = Publish.to(topic()).payload("early").qos(1).packetId(8);
        client.send(new ByteWriter()
                .raw(newClient(version).toBytes())
                .raw(subscribe.toBytes(version))
                .raw(publish.toBytes(version))
                .raw(Packets.pingreq())
                .toBytes());

        client.next(CONNACK);
        assertThat(client.await(SUBACK).packetId()).isEqualTo(7);
        assertThat(client.await(PUBACK).packetId()).isEqualTo(8);
        assertThat(client.receive().text()).isEqualTo("early");
        client.await(PacketType.PINGRESP);
    }

    @Test
    @Clause(value = "MQTT-3.1.4-6", v311 = "MQTT-3.1.4-5")
    void processesNothingBehindRejectedConnect() {
        RawClient subscriber = connect(0, Version.V3_1_1);
        subscriber.subscribe(topic(), 0);
        RawClient rejected = open(0, Version.V3_1_1);
        rejected.send(new ByteWriter()
                .raw(Connect.as(Version.V3_1_1, "").resuming().toBytes())
                .raw(Publish.to(topic()).payload("rejected").toBytes(Version.V3_1_1))
                .toBytes());
        rejected.awaitClose();

        connect(0, Version.V3_1_1).send(Publish.to(topic()).payload("marker"));

        assertThat(subscriber.receiveUntil("marker")).isEmpty();
    }

    @Test
    @Clause("MQTT-3.1.4-3")
    @MosquittoDeviates("closes without DISCONNECT")
    void tellsTheOldConnectionThatItsSessionWasTakenOver() {
        Connect connect = newClient(Version.V5);
        RawClient old = connect(0, connect);
        RawClient young = connect(0, connect);

        assertThat(old.awaitDisconnect()).isEqualTo(0x8e);
        young.ping();
    }

    @Test
    @Clause(v311 = "MQTT-3.1.4-2")
    void closesTheOldConnectionOfAClientIdentifier() {
        Connect connect = newClient(Version.V3_1_1);
        RawClient old = connect(0, connect);
        RawClient young = connect(0, connect);

        assertThat(old.awaitClose()).isEmpty();
        young.ping();
    }

    @Test
    @Clause("MQTT-3.1.2-28")
    void sendsNoResponseInformationUnlessRequested() {
        Packet connack = open(0, Version.V5).connect(newClient(Version.V5).with(REQUEST_RESPONSE_INFORMATION, 0));

        assertThat(connack.properties().has(RESPONSE_INFORMATION)).isFalse();
    }

    @Test
    @Clause("MQTT-3.2.2-22")
    void usesKeepAliveOfTheClientUnlessItSendsItsOwn() {
        Packet connack = open(0, Version.V5).connect(newClient(Version.V5).keepAlive(30));

        assertThat(connack.properties().number(SERVER_KEEP_ALIVE).orElse(30L)).isEqualTo(30);
    }

    @Test
    @Clause("3.2.2.3.2")
    void saysSoIfItShortensTheSession() {
        Packet connack = open(0, Version.V5).connect(newClient(Version.V5).with(SESSION_EXPIRY_INTERVAL, 100));

        assertThat(connack.properties().number(SESSION_EXPIRY_INTERVAL).orElse(100L))
                .isEqualTo(100);
    }

    @Test
    @Clause({"MQTT-3.2.0-2", "MQTT-3.1.2-29"})
    void ignoresUserPropertiesOfConnect() {
        RawClient client = connect(
                0, newClient(Version.V5).withUser("a", "1").withUser("a", "2").with(REQUEST_PROBLEM_INFORMATION, 0));

        client.assertNothingReceived();
    }

    /** A refusal is a CONNACK with one of the codes and then the end, or the end alone. */
    private static void assertRefused(RawClient client, Integer... codes) {
        Optional<Packet> disconnect = client.awaitClose();
        assertThat(disconnect).as("DISCONNECT before CONNACK").isEmpty(); // [MQTT-3.14.0-1]
        client.unread().forEach(packet -> {
            assertThat(packet.type()).isEqualTo(CONNACK);
            assertThat(packet.reasonCode()).isIn((Object[]) codes);
        });
    }
}
