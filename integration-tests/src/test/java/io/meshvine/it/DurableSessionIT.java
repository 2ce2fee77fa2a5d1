package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import io.meshvine.it.harness.Mesh;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.PacketType;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.TcpConnection;
import io.meshvine.it.wire.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nodes that are killed without warning and start again on their data: what was acknowledged is there. */
class DurableSessionIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<RawClient> clients = new ArrayList<>();
    private Mesh mesh;

    @AfterEach
    void stop() {
        clients.forEach(RawClient::close);
        if (mesh != null) {
            mesh.close();
        }
    }

    private void killAndRestart() {
        mesh.node(0).kill();
        mesh.restart(0);
    }

    private RawClient connect(Version version, String clientId) {
        try {
            RawClient client = new RawClient(TcpConnection.open(mesh.mqtt(0), PATIENCE), version);
            clients.add(client);
            assertThat(client.connect(Connect.as(version, clientId).durable()).reasonCode())
                    .isZero();
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void whatWaitedForAClientStillDoesInItsOrder(Version version) {
        mesh = Mesh.of("queue", 1);
        RawClient away = connect(version, "sub");
        away.subscribe("t/#", 2);
        away.close();
        RawClient publisher = connect(version, "pub");
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            publisher.publish(Publish.to("t/" + i % 3).payload("m" + i).qos(1 + i % 2));
            expected.add("m" + i);
        }
        publisher.publish(Publish.to("t/state").payload("kept").qos(1).retained());
        expected.add("kept");

        killAndRestart();

        RawClient back = connect(version, "sub");
        assertThat(back.receive(101)).extracting(Packet::text).isEqualTo(expected);
        RawClient newcomer = connect(version, "new");
        newcomer.subscribe("t/state", 1);
        assertThat(newcomer.receive().text()).isEqualTo("kept");

        killAndRestart();
        connect(version, "sub").assertNothingReceived();
    }

    @Test
    void whatWasSentAndNotAcknowledgedIsSentAgainUnderItsIdentifier() {
        mesh = Mesh.of("flight", 1);
        RawClient subscriber = connect(Version.V5, "sub");
        subscriber.subscribe("t", 1);
        RawClient publisher = connect(Version.V5, "pub");
        List<Packet> sent = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            publisher.publish(Publish.to("t").payload("m" + i).qos(1));
            sent.add(subscriber.next(PacketType.PUBLISH));
        }

        killAndRestart();

        RawClient back = connect(Version.V5, "sub");
        for (Packet before : sent) {
            Packet again = back.receive();
            assertThat(again.text()).isEqualTo(before.text());
            assertThat(again.packetId()).isEqualTo(before.packetId());
            assertThat(again.dup()).isTrue();
        }
        back.assertNothingReceived();
    }

    @Test
    void publisherAndSubscriberGoOnThroughKillsExactlyOnce() throws Exception {
        mesh = Mesh.of("kills", 1);
        List<Integer> once = new CopyOnWriteArrayList<>();
        List<Integer> leastOnce = new CopyOnWriteArrayList<>();
        Mqtt5AsyncClient subscriber = hive("sub");
        connect(subscriber);
        subscribe(subscriber, "once", MqttQos.EXACTLY_ONCE, once);
        subscribe(subscriber, "least", MqttQos.AT_LEAST_ONCE, leastOnce);
        Mqtt5AsyncClient publisher = hive("pub");
        connect(publisher);
        int messages = 1_500;
        CompletableFuture<Void> publishing = CompletableFuture.runAsync(() -> {
            Semaphore outstanding = new Semaphore(100);
            List<CompletableFuture<Mqtt5PublishResult>> all = new ArrayList<>();
            for (int i = 0; i < messages; i++) {
                all.add(publish(publisher, "once", MqttQos.EXACTLY_ONCE, i, outstanding));
                all.add(publish(publisher, "least", MqttQos.AT_LEAST_ONCE, i, outstanding));
            }
            all.forEach(CompletableFuture::join);
        });
        for (int kill = 1; kill <= 3; kill++) {
            int reached = kill * messages / 5;
            await().atMost(PATIENCE).until(() -> once.size() >= reached);
            killAndRestart();
        }
        publishing.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

        List<Integer> expected = IntStream.range(0, messages).boxed().toList();
        await().atMost(PATIENCE).until(() -> once.size() >= messages && leastOnce.contains(messages - 1));
        assertThat(once).isEqualTo(expected);
        assertThat(new ArrayList<>(new LinkedHashSet<>(leastOnce))).isEqualTo(expected);
        publisher.disconnect().get();
        subscriber.disconnect().get();
    }

    private Mqtt5AsyncClient hive(String clientId) {
        InetSocketAddress address = mesh.mqtt(0);
        return MqttClient.builder()
                .useMqttVersion5()
                .identifier(clientId)
                .serverHost(address.getHostString())
                .serverPort(address.getPort())
                .automaticReconnect()
                .initialDelay(50, TimeUnit.MILLISECONDS)
                .maxDelay(200, TimeUnit.MILLISECONDS)
                .applyAutomaticReconnect()
                .buildAsync();
    }

    private static void connect(Mqtt5AsyncClient client) throws Exception {
        client.connectWith()
                .cleanStart(false)
                .sessionExpiryInterval(3_600)
                .send()
                .get();
    }

    private static void subscribe(Mqtt5AsyncClient client, String topic, MqttQos qos, List<Integer> received)
            throws Exception {
        client.subscribeWith()
                .topicFilter(topic)
                .qos(qos)
                .callback(message ->
                        received.add(Integer.parseInt(new String(message.getPayloadAsBytes(), StandardCharsets.UTF_8))))
                .send()
                .get();
    }

    private static CompletableFuture<Mqtt5PublishResult> publish(
            Mqtt5AsyncClient client, String topic, MqttQos qos, int number, Semaphore outstanding) {
        outstanding.acquireUninterruptibly();
        return client.publishWith()
                .topic(topic)
                .qos(qos)
                .payload(Integer.toString(number).getBytes(StandardCharsets.UTF_8))
                .send()
                .whenComplete((result, failure) -> outstanding.release());
    }
}
