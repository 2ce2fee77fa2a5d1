package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import io.meshvine.it.harness.Admin;
import io.meshvine.it.harness.Mesh;
import io.meshvine.it.harness.NodeProcess;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What makes three nodes one mesh, and what happens as nodes come and go. Each test has a mesh of its own. */
class MeshIT {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final AtomicInteger CLIENTS = new AtomicInteger();

    private final List<RawClient> clients = new ArrayList<>();
    private Mesh mesh;

    @AfterEach
    void stop() {
        clients.forEach(RawClient::close);
        if (mesh != null) {
            mesh.close();
        }
    }

    @Test
    void carriesEveryPublisherInOrderToEveryNode() throws Exception {
        mesh = Mesh.of("order", 3);
        int perQos = 2_000;
        List<List<String>> received = new ArrayList<>();
        for (int node = 0; node < 3; node++) {
            List<String> here = new CopyOnWriteArrayList<>();
            received.add(here);
            Mqtt5BlockingClient subscriber = hive(node).toBlocking();
            subscriber.connect();
            subscriber
                    .toAsync()
                    .subscribeWith()
                    .topicFilter("order/#")
                    .qos(MqttQos.EXACTLY_ONCE)
                    .callback(message -> here.add(message.getTopic() + " " + new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8)))
                    .send()
                    .get();
        }
        for (MqttQos qos : List.of(MqttQos.AT_LEAST_ONCE, MqttQos.EXACTLY_ONCE)) {
            List<CompletableFuture<?>> sent = new ArrayList<>();
            for (int node = 0; node < 3; node++) {
                Mqtt5AsyncClient publisher = hive(node);
                publisher.connect().get();
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
        mesh = Mesh.of("suback", 3);
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
        mesh = Mesh.of("interest", 3);
        RawClient publisher = connect(0);
        RawClient subscriber = connect(1);
        subscriber.subscribe("wanted/#", 1);
        for (int i = 0; i < 500; i++) {
            publisher.publish(Publish.to("wanted/" + i).payload("x").qos(1));
            publisher.publish(Publish.to("unwanted/" + i).payload("x").qos(1));
        }
        subscriber.receive(500);

        assertThat(meshCounter(1, "received", "qos1")).isEqualTo(500);
        assertThat(meshCounter(2, "received", "qos1")).isZero();
        assertThat(meshCounter(0, "forwarded", "qos1")).isEqualTo(500);
        assertThat(Admin.of(mesh.node(0))
                        .mesh()
                        .path("counters")
                        .path("mesh")
                        .path("sentWithoutInterest")
                        .asLong())
                .isZero();
    }

    @Test
    void aNodeThatJoinsLaterHasRetainedMessagesAndRoutes() {
        mesh = Mesh.of("join", 2);
        RawClient early = connect(0);
        early.subscribe("news/#", 1);
        for (int i = 0; i < 300; i++) {
            early.publish(Publish.to("state/" + i).payload("value " + i).qos(1).retained());
        }
        early.publish(Publish.to("state/0").qos(1).retained());

        mesh.add();
        mesh.awaitConnected();
        await().atMost(PATIENCE)
                .until(() -> Admin.of(mesh.node(2))
                                .mesh()
                                .path("counters")
                                .path("retained")
                                .path("messages")
                                .asLong()
                        == 299);
        RawClient late = connect(2);
        late.subscribe("state/#", 1);
        List<Packet> state = late.receive(299);
        assertThat(state).allMatch(Packet::retain).noneMatch(packet -> packet.topic().equals("state/0"));
        late.publish(Publish.to("news/today").payload("hello").qos(1));
        assertThat(early.receive().text()).isEqualTo("hello");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aNodeThatIsGoneAttractsNothingAndTheOthersGoOn(boolean killed) {
        mesh = Mesh.of("gone", 3);
        RawClient publisher = connect(0);
        RawClient staying = connect(1);
        connect(2).subscribe("t/#", 1);
        staying.subscribe("t/#", 1);
        publisher.publish(Publish.to("t/before").payload("x").qos(1));
        assertThat(staying.receive().topic()).isEqualTo("t/before");

        NodeProcess leaving = mesh.node(2);
        if (killed) {
            leaving.kill();
        } else {
            assertThat(leaving.terminate()).isIn(0, 143);
        }
        mesh.awaitConnected();
        long before = meshCounter(0, "forwarded", "qos1");
        for (int i = 0; i < 100; i++) {
            publisher.publish(Publish.to("t/" + i).payload("x").qos(1));
        }
        staying.receive(100);
        assertThat(meshCounter(0, "forwarded", "qos1") - before).isEqualTo(100);
    }

    @Test
    void willsAreSeenOnAllNodes() {
        mesh = Mesh.of("will", 3);
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
        mesh = Mesh.of("shared", 3);
        List<String> received = new CopyOnWriteArrayList<>();
        for (int node = 0; node < 3; node++) {
            Mqtt5AsyncClient member = hive(node);
            member.connect().get();
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
                publisher.publish(Publish.to("jobs/" + node + "/" + i).payload("x").qos(1));
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
        return MqttClient.builder()
                .useMqttVersion5()
                .identifier(clientId())
                .serverHost(mesh.mqtt(node).getHostString())
                .serverPort(mesh.mqtt(node).getPort())
                .buildAsync();
    }
}
