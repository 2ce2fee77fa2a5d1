package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5PublishResult;
import io.meshvine.it.harness.Admin;
import io.meshvine.it.harness.Mesh;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.PacketType;
import io.meshvine.it.wire.Property;
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
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Members of shared subscriptions that come, go and die with their nodes, on a mesh of three. */
class SharedRedeliveryIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /** Any node is as likely as the others, so that most of what is published crosses the mesh. */
    private static final Map<String, String> RANDOM = Map.of("shared.strategy", "random");

    /** Of the tests that leave all nodes alone. */
    private static Mesh unharmed;

    private static int tests;

    private final List<RawClient> clients = new ArrayList<>();
    private final List<Mqtt5AsyncClient> hives = new ArrayList<>();
    private final String name = "t" + ++tests;
    private final String group = "$share/g/" + name + "/#";
    private Mesh mesh;

    @AfterEach
    @SuppressWarnings("FutureReturnValueIgnored") // they are left behind
    void stop() {
        clients.forEach(RawClient::close);
        hives.forEach(Mqtt5AsyncClient::disconnect);
        if (mesh != null && mesh != unharmed) {
            mesh.close();
        }
    }

    @AfterAll
    static void stopUnharmed() {
        if (unharmed != null) {
            unharmed.close();
        }
    }

    private void useUnharmed() {
        if (unharmed == null) {
            startMesh("shared", 3);
            unharmed = mesh;
        }
        mesh = unharmed;
    }

    private void startMesh(String meshName, int nodes) {
        mesh = Mesh.empty(meshName, RANDOM);
        for (int i = 0; i < nodes; i++) {
            mesh.add();
        }
        mesh.awaitConnected();
    }

    @Test
    void everyMessageReachesOneMemberOnceWhileAllAreWell() {
        useUnharmed();
        Queue<String> received = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < 6; i++) {
            subscribe(hive(i % 3, "member" + i), received);
        }
        List<Integer> waitingBefore =
                IntStream.range(0, 3).mapToObj(node -> count(node, "waiting")).toList();
        int messages = 10_000;
        List<CompletableFuture<List<String>>> publishing = new ArrayList<>();
        for (int node = 0; node < 3; node++) {
            publishing.add(publish(hive(node, "publisher" + node), "n" + node + "-", messages / 3));
        }
        publishing.add(publish(hive(0, "last"), "last-", messages % 3));
        List<String> accepted = new ArrayList<>();
        publishing.forEach(each -> accepted.addAll(each.join()));
        assertThat(accepted).hasSize(messages);

        await("all messages").atMost(PATIENCE).until(() -> received.size() >= messages);
        for (int node = 0; node < 3; node++) {
            int at = node;
            await("acknowledgements at node " + at)
                    .atMost(PATIENCE)
                    .until(() -> count(at, "waiting") <= waitingBefore.get(at));
            assertThat(count(node, "redelivered")).isZero();
        }
        assertThat(received).containsExactlyInAnyOrderElementsOf(accepted);
    }

    @Test
    void whatADeadNodesMembersDidNotAcknowledgeReachesOthers() {
        startMesh("shared-kill", 3);
        RawClient silent = connect(1, Connect.as(Version.V5, name + "silent"));
        silent.subscribe(group, 1);
        Queue<String> received = new ConcurrentLinkedQueue<>();
        subscribe(hive(2, "member"), received);
        Mqtt5AsyncClient publisher = hive(0, "publisher");
        List<String> accepted =
                new ArrayList<>(publish(publisher, "before-", 500).join());
        CompletableFuture<List<String>> publishing = publish(publisher, "during-", 4_000);
        await("load at the other node").atMost(PATIENCE).until(() -> received.size() > 500);

        mesh.node(1).kill();

        accepted.addAll(publishing.join());
        assertThat(accepted).hasSize(4_500);
        await("what the dead node had")
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(received).containsAll(accepted));
        assertThat(count(0, "redelivered")).isPositive();
    }

    @Test
    void aMemberThatLeavesGivesBackWhatItDidNotAcknowledge() {
        useUnharmed();
        for (Connect leaving : List.of(
                Connect.as(Version.V5, name + "clean"), durable("durable"), Connect.as(Version.V3_1_1, name + "old"))) {
            RawClient member = connect(1, leaving);
            member.subscribe(group, 1);
            RawClient publisher = connect(0, Connect.as(Version.V5, name + "publisher-" + leaving.clientId()));
            publishAll(publisher, "m", 50);
            for (int i = 0; i < 50; i++) {
                member.next(PacketType.PUBLISH);
            }
            RawClient other = connect(2, Connect.as(Version.V5, name + "other-" + leaving.clientId()));
            other.subscribe(group, 1);

            member.close();

            assertThat(other.receive(50)).extracting(Packet::text).containsExactlyInAnyOrderElementsOf(names("m", 50));
            other.assertNothingReceived();
            RawClient again = connect(1, leaving);
            again.assertNothingReceived();
            again.unsubscribe(group);
            again.disconnect();
            other.unsubscribe(group);
            other.disconnect();
        }
    }

    @Test
    void aMemberThatIsAwayGetsNothingWhileOneIsThereAtAnotherNode() {
        useUnharmed();
        RawClient away = connect(1, durable("away"));
        away.subscribe(group, 1);
        away.disconnect();
        RawClient there = connect(2, Connect.as(Version.V5, name + "there"));
        there.subscribe(group, 1);

        // From the node of the one that is away, too.
        for (int node = 0; node < 3; node++) {
            publishAll(connect(node, Connect.as(Version.V5, name + "publisher" + node)), "n" + node + "-", 30);
            assertThat(there.receive(30))
                    .extracting(Packet::text)
                    .containsExactlyInAnyOrderElementsOf(names("n" + node + "-", 30));
        }
        there.assertNothingReceived();
        connect(1, durable("away")).assertNothingReceived();
    }

    @Test
    void whatWaitsWhileAllAreAwayGoesToTheFirstThatIsBack() {
        useUnharmed();
        for (int node = 0; node < 3; node++) {
            RawClient member = connect(node, durable("member" + node));
            member.subscribe(group, 2);
            member.disconnect();
        }
        List<String> expected = new ArrayList<>();
        for (int node = 0; node < 3; node++) {
            RawClient publisher = connect(node, Connect.as(Version.V5, name + "publisher" + node));
            for (int i = 0; i < 30; i++) {
                publisher.publish(
                        Publish.to(name + "/t").payload("n" + node + "-" + i).qos(1 + i % 2));
                expected.add("n" + node + "-" + i);
            }
        }

        RawClient back = connect(2, durable("member2"));

        assertThat(back.receive(90)).extracting(Packet::text).containsExactlyInAnyOrderElementsOf(expected);
        back.assertNothingReceived();
        connect(0, durable("member0")).assertNothingReceived();
        connect(1, durable("member1")).assertNothingReceived();
    }

    /** What waits for a dead node outlives the node that accepted it, and does not wait for the dead one. */
    @Test
    void whatWaitsForADeadNodeGoesToOthersEvenAfterTheAcceptingNodeWasKilled() {
        startMesh("shared-origin", 3);
        RawClient member = connect(1, durable("member"));
        member.subscribe(group, 1);
        member.disconnect();
        mesh.node(1).kill();
        Admin.of(mesh.node(0)).awaitMembers(2);
        publishAll(connect(0, Connect.as(Version.V5, name + "publisher")), "m", 200);
        mesh.node(0).kill();
        mesh.restart(0);
        mesh.awaitConnected();

        RawClient other = connect(2, Connect.as(Version.V5, name + "other"));
        other.subscribe(group, 1);

        assertThat(other.receive(200)).extracting(Packet::text).containsExactlyInAnyOrderElementsOf(names("m", 200));
        mesh.restart(1);
        mesh.awaitConnected();
        other.disconnect();
        RawClient back = connect(1, durable("member"));
        publishAll(connect(0, Connect.as(Version.V5, name + "publisher2")), "after", 1);
        assertThat(back.receive().text()).isEqualTo("after0");
        back.assertNothingReceived();
    }

    /** Publisher and member are at the node that dies: there is no copy but on its disk. */
    @Test
    void whatAMemberOnThePublishersOwnNodeDidNotAcknowledgeReachesOthersAfterARestart() {
        mesh = Mesh.empty("shared-own", Map.of());
        mesh.add();
        mesh.add();
        mesh.awaitConnected();
        RawClient silent = connect(0, Connect.as(Version.V5, name + "silent"));
        silent.subscribe(group, 1);
        RawClient other = connect(1, Connect.as(Version.V5, name + "other"));
        other.subscribe(group, 1);
        publishAll(connect(0, Connect.as(Version.V5, name + "publisher")), "m", 50);
        other.assertNothingReceived();

        mesh.node(0).kill();
        mesh.restart(0);

        assertThat(other.receive(50)).extracting(Packet::text).containsExactlyInAnyOrderElementsOf(names("m", 50));
        mesh.awaitConnected();
        other.assertNothingReceived();
    }

    /** A node that leaves in order hands on what its members did not acknowledge. */
    @Test
    void aNodeThatIsStoppedHandsOnWhatItsMembersHad() {
        startMesh("shared-stop", 2);
        RawClient member = connect(1, durable("member"));
        member.subscribe(group, 1);
        publishAll(connect(1, Connect.as(Version.V5, name + "publisher")), "m", 50);
        RawClient other = connect(0, Connect.as(Version.V5, name + "other"));
        other.subscribe(group, 1);

        assertThat(mesh.node(1).terminate()).isIn(0, 143);

        assertThat(other.receive(50)).extracting(Packet::text).containsExactlyInAnyOrderElementsOf(names("m", 50));
        mesh.restart(1);
        mesh.awaitConnected();
        connect(1, durable("member")).assertNothingReceived();
        other.assertNothingReceived();
    }

    /** What was taken into custody and acknowledged, or handed on, is over with a node that is stopped. */
    @Test
    void aStoppedNodeGivesNothingAgainThatItsPassingMembersHad() {
        mesh = Mesh.empty("shared-passing", Map.of("mesh.spill-after", "10ms"));
        mesh.add();
        mesh.add();
        mesh.awaitConnected();
        RawClient passing = connect(0, Connect.as(Version.V5, name + "passing"));
        passing.subscribe(group, 1);
        RawClient other = connect(1, Connect.as(Version.V5, name + "other"));
        other.subscribe(group, 1);
        publishAll(connect(0, Connect.as(Version.V5, name + "publisher")), "m", 50);
        passing.receive(20);
        passing.ping();

        assertThat(mesh.node(0).terminate()).isIn(0, 143);

        assertThat(other.receive(30))
                .extracting(Packet::text)
                .containsExactlyInAnyOrderElementsOf(names("m", 50).subList(20, 50));
        mesh.restart(0);
        mesh.awaitConnected();
        RawClient back = connect(0, Connect.as(Version.V5, name + "back"));
        back.subscribe(group, 1);
        publishAll(connect(0, Connect.as(Version.V5, name + "publisher2")), "after", 1);
        assertThat(back.receive().text()).isEqualTo("after0");
        back.assertNothingReceived();
        other.assertNothingReceived();
    }

    private Connect durable(String clientId) {
        return Connect.as(Version.V5, name + clientId).resuming().with(Property.SESSION_EXPIRY_INTERVAL, 600);
    }

    private static List<String> names(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i).toList();
    }

    private void publishAll(RawClient publisher, String prefix, int count) {
        for (String message : names(prefix, count)) {
            publisher.publish(Publish.to(name + "/t").payload(message).qos(1));
        }
    }

    private int count(int node, String what) {
        return Admin.of(mesh.node(node))
                .mesh()
                .path("counters")
                .path("shared")
                .path(what)
                .asInt(-1);
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

    private Mqtt5AsyncClient hive(int node, String clientId) {
        InetSocketAddress address = mesh.mqtt(node);
        Mqtt5AsyncClient client = MqttClient.builder()
                .useMqttVersion5()
                .identifier(name + clientId)
                .serverHost(address.getHostString())
                .serverPort(address.getPort())
                .buildAsync();
        client.connect().join();
        hives.add(client);
        return client;
    }

    private void subscribe(Mqtt5AsyncClient member, Queue<String> received) {
        member.subscribeWith()
                .topicFilter(group)
                .qos(MqttQos.AT_LEAST_ONCE)
                .callback(publish -> received.add(new String(publish.getPayloadAsBytes(), StandardCharsets.UTF_8)))
                .send()
                .join();
    }

    /** Publishes at QoS 1; gives the names of those that were acknowledged. */
    private CompletableFuture<List<String>> publish(Mqtt5AsyncClient publisher, String prefix, int count) {
        return CompletableFuture.supplyAsync(
                () -> {
                    Semaphore open = new Semaphore(100);
                    Queue<String> accepted = new ConcurrentLinkedQueue<>();
                    List<CompletableFuture<Mqtt5PublishResult>> all = new ArrayList<>();
                    for (String message : names(prefix, count)) {
                        open.acquireUninterruptibly();
                        all.add(publisher
                                .publishWith()
                                .topic(name + "/" + message)
                                .qos(MqttQos.AT_LEAST_ONCE)
                                .payload(message.getBytes(StandardCharsets.UTF_8))
                                .send()
                                .whenComplete((result, failed) -> {
                                    open.release();
                                    if (failed == null && result.getError().isEmpty()) {
                                        accepted.add(message);
                                    }
                                }));
                    }
                    all.forEach(CompletableFuture::join);
                    return List.copyOf(accepted);
                },
                task -> new Thread(task, "publisher").start());
    }
}
