package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import io.meshvine.it.harness.Admin;
import io.meshvine.it.harness.Mesh;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.TcpConnection;
import io.meshvine.it.wire.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What makes three nodes one mesh. The tests share one. */
class MeshIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final AtomicInteger CLIENTS = new AtomicInteger();

    private static Mesh mesh;

    private final List<RawClient> clients = new ArrayList<>();
    private final List<Mqtt5AsyncClient> hives = new ArrayList<>();

    @BeforeAll
    static void start() {
        mesh = Mesh.of("mesh", 3);
    }

    @AfterAll
    static void stop() {
        if (mesh != null) {
            mesh.close();
        }
    }

    @AfterEach
    void closeClients() {
        clients.forEach(RawClient::close);
        hives.forEach(hive -> hive.disconnect().join());
        mesh.assertAlive();
    }

    @Test
    void carriesEveryPublisherInOrderToEveryNode() throws Exception {
        int perQos = 2_000;
        List<List<String>> received = new ArrayList<>();
        for (int node = 0; node < 3; node++) {
            List<String> here = new CopyOnWriteArrayList<>();
            received.add(here);
            Mqtt5AsyncClient subscriber = hive(node);
            subscriber
                    .subscribeWith()
                    .topicFilter("order/#")
                    .qos(MqttQos.EXACTLY_ONCE)
                    .callback(message -> here.add(
                            message.getTopic() + " " + new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8)))
                    .send()
                    .get();
        }
        for (MqttQos qos : List.of(MqttQos.AT_LEAST_ONCE, MqttQos.EXACTLY_ONCE)) {
            List<CompletableFuture<?>> sent = new ArrayList<>();
            for (int node = 0; node < 3; node++) {
                Mqtt5AsyncClient publisher = hive(node);
                for (int i = 0; i < perQos / 2; i++) {
                    sent.add(publisher
                            .publishWith()
                            .topic("order/" + node + "/" + qos.getCode())
                            .qos(qos)
                            .payload(Integer.toString(i).getBytes(StandardCharsets.UTF_8))
                            .send());
                }
            }
            CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new)).get();
        }
        int expected = 3 * perQos;
        for (List<String> here : received) {
            await().atMost(PATIENCE).until(() -> here.size() >= expected);
            assertThat(here).hasSize(expected);
            for (int node = 0; node < 3; node++) {
                for (int qos = 1; qos <= 2; qos++) {
                    String topic = "order/" + node + "/" + qos + " ";
                    List<Integer> numbers = here.stream()
                            .filter(text -> text.startsWith(topic))
                            .map(text -> Integer.valueOf(text.substring(topic.length())))
                            .toList();
                    assertThat(numbers).hasSize(perQos / 2).isSorted();
                }
            }
        }
    }

    @Test
    void aSubscriptionThatWasAcknowledgedGetsWhatIsPublishedAnywhereAfterwards() {
        RawClient publisher = connect(0);
        RawClient subscriber = connect(2);
        for (int i = 0; i < 200; i++) {
            subscriber.subscribe("s3/" + i, 1);
            publisher.publish(Publish.to("s3/" + i).payload("x").qos(1));
            assertThat(subscriber.receive().topic()).isEqualTo("s3/" + i);
        }
    }

    @Test
    void aNodeWithoutInterestIsSentNothing() {
        RawClient publisher = connect(0);
        RawClient subscriber = connect(1);
        subscriber.subscribe("wanted/#", 1);
        long received = meshCounter(1, "received", "qos1");
        long unwanted = meshCounter(2, "received", "qos1");
        long forwarded = meshCounter(0, "forwarded", "qos1");
        for (int i = 0; i < 500; i++) {
            publisher.publish(Publish.to("wanted/" + i).payload("x").qos(1));
            publisher.publish(Publish.to("unwanted/" + i).payload("x").qos(1));
        }
        subscriber.receive(500);

        assertThat(meshCounter(1, "received", "qos1") - received).isEqualTo(500);
        assertThat(meshCounter(2, "received", "qos1") - unwanted).isZero();
        assertThat(meshCounter(0, "forwarded", "qos1") - forwarded).isEqualTo(500);
        assertThat(Admin.of(mesh.node(0))
                        .mesh()
                        .path("counters")
                        .path("mesh")
                        .path("sentWithoutInterest")
                        .asLong())
                .isZero();
    }

    @Test
    void willsAreSeenOnAllNodes() {
        List<RawClient> listeners = List.of(connect(0), connect(1), connect(2));
        listeners.forEach(listener -> listener.subscribe("wills/#", 1));
        Publish will = Publish.to("wills/device").payload("gone").qos(1);
        connect(1, Connect.as(Version.V5, clientId()).will(will)).close();
        for (RawClient listener : listeners) {
            assertThat(listener.receive().text()).isEqualTo("gone");
        }
    }

    @Test
    void aSharedSubscriptionGetsEachMessageOnceMeshWide() throws Exception {
        List<String> received = new CopyOnWriteArrayList<>();
        for (int node = 0; node < 3; node++) {
            Mqtt5AsyncClient member = hive(node);
            member.subscribeWith()
                    .topicFilter("$share/workers/jobs/#")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .callback(message -> received.add(message.getTopic().toString()))
                    .send()
                    .get();
        }
        for (int node = 0; node < 3; node++) {
            RawClient publisher = connect(node);
            for (int i = 0; i < 200; i++) {
                publisher.publish(
                        Publish.to("jobs/" + node + "/" + i).payload("x").qos(1));
            }
        }
        await().atMost(PATIENCE).until(() -> received.size() >= 600);
        assertThat(received).hasSize(600).doesNotHaveDuplicates();
    }

    private long meshCounter(int node, String group, String name) {
        return Admin.of(mesh.node(node))
                .mesh()
                .path("counters")
                .path("mesh")
                .path(group)
                .path(name)
                .asLong();
    }

    private static String clientId() {
        return "mesh" + CLIENTS.incrementAndGet();
    }

    private RawClient connect(int node) {
        return connect(node, Connect.as(Version.V5, clientId()));
    }

    private RawClient connect(int node, Connect connect) {
        try {
            RawClient client = new RawClient(TcpConnection.open(mesh.mqtt(node), PATIENCE), connect.version());
            clients.add(client);
            assertThat(client.connect(connect).reasonCode()).isZero();
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Mqtt5AsyncClient hive(int node) {
        Mqtt5AsyncClient client = MqttClient.builder()
                .useMqttVersion5()
                .identifier(clientId())
                .serverHost(mesh.mqtt(node).getHostString())
                .serverPort(mesh.mqtt(node).getPort())
                .buildAsync();
        client.connect().join();
        hives.add(client);
        return client;
    }
}
