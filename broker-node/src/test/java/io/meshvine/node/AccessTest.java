package io.meshvine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.exceptions.Mqtt3ConnAckException;
import com.hivemq.client.mqtt.mqtt3.message.connect.connack.Mqtt3ConnAckReturnCode;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5PubAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.meshvine.node.config.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may connect to a node and do what, by files of users and rules, through clients that others wrote. */
class AccessTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** mosquitto_passwd's, for "secret". */
    private static final String SECRET = "$7$101$ujKhZu5Bca1EhAoF$"
            + "YqkOlOrceZerjjKIhXKtO1ML6ZAYZUZYzPz0yfPbVlzwfRYREawPn/o3YwXg88EyzyV4OK9SAVsjyviql/smxg==";

    @TempDir
    Path folder;

    private final List<Mqtt5BlockingClient> clients = new ArrayList<>();
    private TestNode node;

    @AfterEach
    void stop() {
        clients.forEach(client -> {
            try {
                client.disconnect();
            } catch (RuntimeException alreadyGone) {
                // Most tests end with connections that the node has closed.
            }
        });
        if (node != null) {
            node.close();
        }
    }

    private void start(String... settings) {
        node = TestNode.start(folder, TestNode.settings(settings));
    }

    private Path passwords(String... users) throws IOException {
        StringBuilder lines = new StringBuilder();
        for (String user : users) {
            lines.append(user).append(':').append(SECRET).append('\n');
        }
        return Files.writeString(folder.resolve("passwords"), lines);
    }

    private Path acl(String... lines) throws IOException {
        return Files.write(folder.resolve("acl"), List.of(lines));
    }

    private Mqtt5BlockingClient client(@Nullable String user, String clientId) {
        var builder = MqttClient.builder()
                .useMqttVersion5()
                .identifier(clientId)
                .serverHost("127.0.0.1")
                .serverPort(node.port("mqtt"));
        if (user != null) {
            builder.simpleAuth().username(user).password(bytes("secret")).applySimpleAuth();
        }
        Mqtt5BlockingClient client = builder.buildBlocking();
        clients.add(client);
        return client;
    }

    private Mqtt5BlockingClient connected(@Nullable String user, String clientId) {
        Mqtt5BlockingClient client = client(user, clientId);
        client.connect();
        return client;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private Mqtt5ConnAckReasonCode refusal(Mqtt5BlockingClient client) {
        return catchThrowableOfType(Mqtt5ConnAckException.class, client::connect)
                .getMqttMessage()
                .getReasonCode();
    }

    // ---- Authentication

    @Test
    void passwordsOfTheFileCountAndNoOthers() throws Exception {
        start("security.password-file", passwords("ann", "bob").toString());

        assertThat(connected("ann", "a").getState().isConnected()).isTrue();
        assertThat(connected("bob", "b").getState().isConnected()).isTrue();
        assertThat(refusal(client("eve", "e"))).isEqualTo(Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD);
        assertThat(refusal(client(null, "n"))).isEqualTo(Mqtt5ConnAckReasonCode.NOT_AUTHORIZED);
        assertThat(refusal3("ann", "wrong")).isEqualTo(Mqtt3ConnAckReturnCode.BAD_USER_NAME_OR_PASSWORD);
        assertThat(refusal3(null, "")).isEqualTo(Mqtt3ConnAckReturnCode.NOT_AUTHORIZED);
        assertThat(node.scrape()).contains("meshvine_security_logins_failed_total 2.0");
    }

    private Mqtt3ConnAckReturnCode refusal3(@Nullable String user, String password) {
        var builder =
                MqttClient.builder().useMqttVersion3().serverHost("127.0.0.1").serverPort(node.port("mqtt"));
        if (user != null) {
            builder.simpleAuth().username(user).password(bytes(password)).applySimpleAuth();
        }
        return catchThrowableOfType(
                        Mqtt3ConnAckException.class,
                        () -> builder.buildBlocking().connect())
                .getMqttMessage()
                .getReturnCode();
    }

    @Test
    void anonymousClientsAreServedBesideUsersIfAskedForByName() throws Exception {
        start("security.password-file", passwords("ann").toString(), "security.allow-anonymous", "true");
        assertThat(connected(null, "n").getState().isConnected()).isTrue();
        assertThat(refusal(client("eve", "e"))).isEqualTo(Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD);
    }

    @Test
    void whoGuessesHasToWaitAndWhoIsKnownHasNot() throws Exception {
        start("security.password-file", passwords("ann").toString());
        connected("ann", "a");
        for (int i = 0; i < 5; i++) {
            assertThat(refusal(client("eve", "e" + i))).isEqualTo(Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD);
        }
        assertThat(refusal(client("eve", "e"))).isEqualTo(Mqtt5ConnAckReasonCode.CONNECTION_RATE_EXCEEDED);
        assertThat(connected("ann", "a2").getState().isConnected()).isTrue();
    }

    @Test
    void usersWhoAreRemovedAreDisconnected() throws Exception {
        start("security.password-file", passwords("ann", "bob").toString());
        Mqtt5BlockingClient ann = connected("ann", "a");
        Mqtt5BlockingClient bob = client("bob", "b");
        bob.connectWith()
                .willPublish()
                .topic("will/bob")
                .payload(bytes("gone"))
                .applyWillPublish()
                .send();
        try (Mqtt5BlockingClient.Mqtt5Publishes wills = ann.publishes(MqttGlobalPublishFilter.ALL)) {
            ann.subscribeWith().topicFilter("will/#").send();

            passwords("ann");

            await().atMost(PATIENCE).until(() -> !bob.getState().isConnected());
            assertThat(ann.getState().isConnected()).isTrue();
            assertThat(wills.receive(1, TimeUnit.SECONDS)).isEmpty();
        }
        assertThat(node.scrape()).contains("meshvine_wills_forbidden_total 1.0");
        assertThat(refusal(client("bob", "b"))).isEqualTo(Mqtt5ConnAckReasonCode.BAD_USER_NAME_OR_PASSWORD);
    }

    @Test
    void aClientIdOfAnotherUserIsAnotherClient() throws Exception {
        start("security.password-file", passwords("ann", "eve").toString(), "durability", "os");
        Mqtt5BlockingClient ann = client("ann", "meter");
        ann.connectWith().cleanStart(false).sessionExpiryInterval(600).send();
        ann.subscribeWith().topicFilter("t").qos(MqttQos.AT_LEAST_ONCE).send();

        Mqtt5BlockingClient eve = client("eve", "meter");
        assertThat(eve.connectWith().cleanStart(false).send().isSessionPresent())
                .isFalse();
        assertThat(ann.getState().isConnected())
                .as("eve has ended no connection")
                .isTrue();
        ann.disconnect();
        publish(eve, "t", "queued for ann");
        eve.disconnect();
        try (Mqtt5BlockingClient.Mqtt5Publishes stolen = eve.publishes(MqttGlobalPublishFilter.ALL)) {
            assertThat(eve.connectWith().cleanStart(true).send().isSessionPresent())
                    .isFalse();
            assertThat(stolen.receive(1, TimeUnit.SECONDS)).isEmpty();
        }
        try (Mqtt5BlockingClient.Mqtt5Publishes received = ann.publishes(MqttGlobalPublishFilter.ALL)) {
            assertThat(ann.connectWith().cleanStart(false).send().isSessionPresent())
                    .isTrue();
            assertThat(texts(received, 1)).containsExactly("queued for ann");
        }
        Mqtt5BlockingClient again = client("ann", "meter");
        again.connect();
        await().atMost(PATIENCE).until(() -> !ann.getState().isConnected()); // [MQTT-3.1.4-3], for the same user
    }

    @Test
    void sessionsAreTheirUsersAfterARestart() throws Exception {
        String file = passwords("ann", "eve").toString();
        start("security.password-file", file, "durability", "os");
        client("ann", "meter")
                .connectWith()
                .cleanStart(false)
                .sessionExpiryInterval(600)
                .send();
        node.close();
        start("security.password-file", file, "durability", "os");
        assertThat(client("eve", "meter").connectWith().cleanStart(false).send().isSessionPresent())
                .isFalse();
        assertThat(client("ann", "meter").connectWith().cleanStart(false).send().isSessionPresent())
                .isTrue();
    }

    @Test
    void mosquittosToolsWorkWithMosquittosFile() throws Exception {
        Path file = folder.resolve("mosquitto");
        MosquittoClient.run("mosquitto_passwd", "-b", "-c", file.toString(), "carl", "pass word");
        start("security.password-file", file.toString());
        String port = Integer.toString(node.port("mqtt"));
        MosquittoClient.run(
                "mosquitto_pub", "-h", "127.0.0.1", "-p", port, "-u", "carl", "-P", "pass word", "-t", "t", "-m", "x");
        assertThat(MosquittoClient.tryTo(
                                "mosquitto_pub",
                                "-h",
                                "127.0.0.1",
                                "-p",
                                port,
                                "-u",
                                "carl",
                                "-P",
                                "password",
                                "-t",
                                "t",
                                "-m",
                                "x")
                        .output())
                .containsIgnoringCase("bad user name or password");
    }

    // ---- Authorization

    private static final String[] RULES = {
        "user ann", "topic readwrite plant/#", "user bob", "topic read plant/public/#", "topic write plant/bob"
    };

    @Test
    void publishesAndSubscriptionsAreChecked() throws Exception {
        start(
                "security.password-file",
                passwords("ann", "bob").toString(),
                "security.acl-file",
                acl(RULES).toString());
        Mqtt5BlockingClient bob = connected("bob", "b");
        assertThat(catchThrowableOfType(Mqtt5PubAckException.class, () -> publish(bob, "plant/oven", "x"))
                        .getMqttMessage()
                        .getReasonCode()
                        .getCode())
                .isEqualTo(0x87);
        publish(bob, "plant/bob", "x");
        assertThat(catchThrowableOfType(
                                Mqtt5SubAckException.class,
                                () -> bob.subscribeWith().topicFilter("other/#").send())
                        .getMqttMessage()
                        .getReasonCodes()
                        .get(0)
                        .getCode())
                .isEqualTo(0x87);
        bob.subscribeWith().topicFilter("$share/g/plant/#").send();
    }

    @Test
    void aWideSubscriptionGetsOnlyWhatMayBeRead() throws Exception {
        start(
                "security.password-file",
                passwords("ann", "bob").toString(),
                "security.acl-file",
                acl(RULES).toString());
        Mqtt5BlockingClient ann = connected("ann", "a");
        retain(ann, "plant/secret/1", "secret, retained");
        retain(ann, "plant/public/1", "public, retained");
        Mqtt5BlockingClient bob = connected("bob", "b");
        try (Mqtt5BlockingClient.Mqtt5Publishes received = bob.publishes(MqttGlobalPublishFilter.ALL)) {
            bob.subscribeWith().topicFilter("#").qos(MqttQos.AT_LEAST_ONCE).send();
            publish(ann, "plant/secret/2", "secret");
            publish(ann, "plant/public/2", "public");
            assertThat(texts(received, 2)).containsExactly("public, retained", "public");
        }
    }

    @Test
    void membersOfASharedSubscriptionWhoMayNotReadAreNotChosen() throws Exception {
        start(
                "security.password-file",
                passwords("ann", "bob").toString(),
                "security.acl-file",
                acl(RULES).toString());
        Mqtt5BlockingClient ann = connected("ann", "a");
        Mqtt5BlockingClient bob = connected("bob", "b");
        bob.subscribeWith()
                .topicFilter("$share/g/plant/#")
                .qos(MqttQos.AT_LEAST_ONCE)
                .send();
        try (Mqtt5BlockingClient.Mqtt5Publishes received = ann.publishes(MqttGlobalPublishFilter.ALL)) {
            ann.subscribeWith()
                    .topicFilter("$share/g/plant/#")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .send();
            for (int i = 0; i < 20; i++) {
                publish(ann, "plant/secret", Integer.toString(i));
            }
            assertThat(texts(received, 20)).hasSize(20);
        }
    }

    @Test
    void rulesThatChangeCountForConnectedClientsAndForWhatIsQueued() throws Exception {
        start(
                "security.password-file",
                passwords("ann", "bob").toString(),
                "security.acl-file",
                acl(RULES).toString());
        Mqtt5BlockingClient ann = connected("ann", "a");
        Mqtt5BlockingClient watching = connected("bob", "watching");
        watching.subscribeWith().topicFilter("plant/public/#").send();
        Mqtt5BlockingClient away = client("bob", "away");
        away.connectWith().cleanStart(false).sessionExpiryInterval(600).send();
        away.subscribeWith()
                .topicFilter("plant/public/#")
                .qos(MqttQos.EXACTLY_ONCE)
                .send();
        away.disconnect();
        publish(ann, "plant/public/revoked", "queued, then revoked");
        publish(ann, "plant/public/kept", "queued");

        acl("user ann", "topic readwrite plant/#", "user bob", "topic read plant/public/kept");

        try (Mqtt5BlockingClient.Mqtt5Publishes live = watching.publishes(MqttGlobalPublishFilter.ALL)) {
            AtomicInteger round = new AtomicInteger();
            await().atMost(PATIENCE).until(() -> {
                int number = round.incrementAndGet();
                publish(ann, "plant/public/revoked", "revoked " + number);
                publish(ann, "plant/public/kept", "kept " + number);
                return !textsUpTo(live, "kept " + number).contains("revoked " + number);
            });
        }
        try (Mqtt5BlockingClient.Mqtt5Publishes received = away.publishes(MqttGlobalPublishFilter.ALL)) {
            away.connectWith().cleanStart(false).sessionExpiryInterval(600).send();
            assertThat(textsUpTo(received, "queued")).containsExactly("queued");
        }
        assertThat(node.scrape()).contains("meshvine_sessions_dropped_total{reason=\"not-authorized\"}");
    }

    @Test
    void garbledRulesChangeNothingAndLaterOnesDo() throws Exception {
        start(
                "security.password-file",
                passwords("ann", "bob").toString(),
                "security.acl-file",
                acl(RULES).toString());
        Mqtt5BlockingClient ann = connected("ann", "a");
        acl("user ann", "topic perhaps plant/#");
        await().pollDelay(Duration.ofSeconds(6)).atMost(PATIENCE).untilAsserted(() -> publish(ann, "plant/x", "x"));
        acl("user bob", "topic plant/#");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThatThrownBy(() -> publish(ann, "plant/x", "x"))
                        .isInstanceOf(Mqtt5PubAckException.class));
    }

    @Test
    void refusesToStartWithFilesThatCannotBeRead() throws Exception {
        String absent = folder.resolve("absent").toString();
        assertThatThrownBy(() -> start("security.acl-file", absent))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("security.acl-file=" + absent)
                .hasMessageContaining("cannot be read");
        assertThatThrownBy(() -> start(
                        "security.acl-file", acl("user ann", "topic nonsense x").toString()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("line 2: nonsense is no access");
        assertThatThrownBy(() -> start("security.password-file", acl("ann").toString()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("line 1: expected name:hash");
    }

    @Test
    void nobodyListensBeyondLoopbackWithoutCredentials() throws Exception {
        assertThatThrownBy(() -> start("mqtt.tcp.host", "0.0.0.0"))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("mqtt.tcp.host=0.0.0.0")
                .hasMessageContaining("security.password-file")
                .hasMessageContaining("security.allow-anonymous=true");
        start(
                "mqtt.tcp.host",
                "0.0.0.0",
                "security.password-file",
                passwords("ann").toString());
        assertThat(connected("ann", "a").getState().isConnected()).isTrue();
    }

    private static void publish(Mqtt5BlockingClient client, String topic, String text) {
        client.publishWith()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload(bytes(text))
                .send();
    }

    private static void retain(Mqtt5BlockingClient client, String topic, String text) {
        client.publishWith()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .retain(true)
                .payload(bytes(text))
                .send();
    }

    /** The payloads up to that one. */
    private static List<String> textsUpTo(Mqtt5BlockingClient.Mqtt5Publishes received, String last)
            throws InterruptedException {
        List<String> texts = new ArrayList<>();
        while (!texts.contains(last)) {
            Optional<Mqtt5Publish> next = received.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(next).as("%s comes", last).isPresent();
            next.ifPresent(publish -> texts.add(new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8)));
        }
        return texts;
    }

    /** So many payloads, and one more if it comes. */
    private static List<String> texts(Mqtt5BlockingClient.Mqtt5Publishes received, int count)
            throws InterruptedException {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i <= count; i++) {
            Optional<Mqtt5Publish> next =
                    i < count ? received.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS) : received.receiveNow();
            next.ifPresent(publish -> texts.add(new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8)));
        }
        return texts;
    }
}
