package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5SubAckException;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import io.meshvine.it.harness.Mesh;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users and rules across the nodes of a mesh that have the same files. */
class AccessIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** mosquitto_passwd's, for "secret". */
    private static final String SECRET = "$7$101$ujKhZu5Bca1EhAoF$"
            + "YqkOlOrceZerjjKIhXKtO1ML6ZAYZUZYzPz0yfPbVlzwfRYREawPn/o3YwXg88EyzyV4OK9SAVsjyviql/smxg==";

    private static final List<String> RULES =
            List.of("user ann", "topic readwrite #", "user bob", "topic read public/#", "topic write will/bob");

    @TempDir
    Path folder;

    private final List<Mqtt5BlockingClient> clients = new ArrayList<>();
    private Path rules;
    private Mesh mesh;

    @BeforeEach
    void start() throws IOException {
        Path users = Files.writeString(
                folder.resolve("users"), "ann:" + SECRET + "\nbob:" + SECRET + "\neve:" + SECRET + "\n");
        rules = Files.write(folder.resolve("acl"), RULES);
        mesh = Mesh.empty(
                "access",
                Map.of(
                        "security.password-file", users.toString(),
                        "security.acl-file", rules.toString(),
                        "will.grace", "0s"));
        for (int i = 0; i < 3; i++) {
            mesh.add();
        }
        mesh.awaitConnected();
    }

    @AfterEach
    void stop() {
        clients.stream().filter(client -> client.getState().isConnected()).forEach(Mqtt5BlockingClient::disconnect);
        mesh.close();
    }

    private Mqtt5BlockingClient client(int node, String user, String clientId) {
        Mqtt5BlockingClient client = MqttClient.builder()
                .useMqttVersion5()
                .identifier(clientId)
                .serverAddress(mesh.mqtt(node))
                .simpleAuth()
                .username(user)
                .password("secret".getBytes(StandardCharsets.UTF_8))
                .applySimpleAuth()
                .buildBlocking();
        clients.add(client);
        return client;
    }

    private Mqtt5BlockingClient connected(int node, String user, String clientId) {
        Mqtt5BlockingClient client = client(node, user, clientId);
        client.connect();
        return client;
    }

    private static void publish(Mqtt5BlockingClient client, String topic, boolean retain) {
        client.publishWith()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .retain(retain)
                .payload(topic.getBytes(StandardCharsets.UTF_8))
                .send();
    }

    /** Topics up to that one. */
    private static List<String> upTo(Mqtt5BlockingClient.Mqtt5Publishes received, String last)
            throws InterruptedException {
        List<String> topics = new ArrayList<>();
        while (!topics.contains(last)) {
            Optional<Mqtt5Publish> next = received.receive(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            assertThat(next).as("%s comes, after %s", last, topics).isPresent();
            next.ifPresent(publish -> topics.add(publish.getTopic().toString()));
        }
        return topics;
    }

    @Test
    void whatPeersForwardIsDeliveredByTheRulesOfTheSubscriber() throws Exception {
        Mqtt5BlockingClient ann = connected(0, "ann", "a");
        publish(ann, "secret/retained", true);
        publish(ann, "public/retained", true);
        Mqtt5BlockingClient bob = client(1, "bob", "b");
        try (Mqtt5BlockingClient.Mqtt5Publishes received = bob.publishes(MqttGlobalPublishFilter.ALL)) {
            bob.connect();
            bob.subscribeWith().topicFilter("+/#").qos(MqttQos.EXACTLY_ONCE).send();
            publish(ann, "secret/1", false);
            publish(ann, "public/1", false);
            publish(ann, "public/last", false);
            assertThat(upTo(received, "public/last")).containsOnly("public/retained", "public/1", "public/last");
        }
    }

    @Test
    void aSessionFollowsItsUserAndNobodyElse() throws Exception {
        Mqtt5BlockingClient bob = client(1, "bob", "meter");
        bob.connectWith().cleanStart(false).sessionExpiryInterval(600).send();
        bob.subscribeWith().topicFilter("public/#").qos(MqttQos.AT_LEAST_ONCE).send();

        Mqtt5BlockingClient eve = client(2, "eve", "meter");
        assertThat(eve.connectWith().cleanStart(false).send().isSessionPresent())
                .isFalse();
        eve.disconnect();
        assertThat(client(0, "eve", "meter")
                        .connectWith()
                        .cleanStart(true)
                        .send()
                        .isSessionPresent())
                .isFalse();
        assertThat(bob.getState().isConnected())
                .as("eve ends no connection, at no node")
                .isTrue();

        bob.disconnect();
        Mqtt5BlockingClient ann = connected(0, "ann", "a");
        publish(ann, "public/revoked", false);
        publish(ann, "public/kept", false);
        Files.write(rules, List.of("user ann", "topic readwrite #", "user bob", "topic read public/kept"));
        await().atMost(PATIENCE).until(() -> !mayRead(2, "public/revoked"));
        Mqtt5BlockingClient moved = client(2, "bob", "meter");
        try (Mqtt5BlockingClient.Mqtt5Publishes received = moved.publishes(MqttGlobalPublishFilter.ALL)) {
            assertThat(moved.connectWith().cleanStart(false).send().isSessionPresent())
                    .isTrue();
            assertThat(upTo(received, "public/kept")).containsExactly("public/kept");
        }
    }

    /** By a subscription, which is refused where nothing of it may be read. */
    private boolean mayRead(int node, String topic) {
        Mqtt5BlockingClient probe = connected(node, "bob", "probe");
        try {
            probe.subscribeWith().topicFilter(topic).send();
            return true;
        } catch (Mqtt5SubAckException refused) {
            return false;
        } finally {
            probe.disconnect();
        }
    }

    @Test
    void survivorsPublishOnlyWillsThatAreStillAllowed() throws Exception {
        withWill(client(1, "ann", "allowed"), "will/ann");
        withWill(client(1, "bob", "revoked"), "will/bob");
        Mqtt5BlockingClient watching = client(0, "ann", "watching");
        try (Mqtt5BlockingClient.Mqtt5Publishes received = watching.publishes(MqttGlobalPublishFilter.ALL)) {
            watching.connect();
            watching.subscribeWith()
                    .topicFilter("will/#")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .send();
            Files.write(rules, List.of("user ann", "topic readwrite #", "user bob", "topic read nothing"));
            await().atMost(PATIENCE).until(() -> !mayRead(0, "public/x") && !mayRead(2, "public/x"));

            mesh.node(1).kill();

            assertThat(upTo(received, "will/ann")).containsExactly("will/ann");
            assertThat(received.receive(3, TimeUnit.SECONDS)).isEmpty();
        }
    }

    private static void withWill(Mqtt5BlockingClient client, String topic) {
        client.connectWith()
                .willPublish()
                .topic(topic)
                .qos(MqttQos.AT_LEAST_ONCE)
                .payload("gone".getBytes(StandardCharsets.UTF_8))
                .applyWillPublish()
                .send();
    }
}
