package io.meshvine.it;

import static io.meshvine.it.wire.PacketType.PUBACK;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.it.harness.Admin;
import io.meshvine.it.harness.Mesh;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.Property;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.TcpConnection;
import io.meshvine.it.wire.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client at one node does not read as fast as another node sends. */
class SlowSubscriberIT {
    private static final Duration IN_TIME = Duration.ofSeconds(60);

    /** Four times what may wait for a client, and twice what may be on its way between nodes. */
    private static final int MESSAGES = 2_000;

    private static final int QUEUE = 500;
    private static final int WINDOW = 250;
    private static final String FILLING = "x".repeat(4_000);

    private final List<RawClient> clients = new ArrayList<>();
    private Mesh mesh;

    private void start(String patience) {
        mesh = Mesh.empty(
                "slow",
                Map.of(
                        "session.max-queued-messages",
                        Integer.toString(QUEUE),
                        "mesh.session-patience",
                        patience,
                        "durability",
                        "os"));
        mesh.add();
        mesh.add();
        mesh.awaitConnected();
    }

    @AfterEach
    void stop() {
        clients.forEach(RawClient::close);
        mesh.close();
    }

    @Test
    void theLinkWaitsForItAndNothingIsLostOrReordered() {
        start("10m");
        RawClient reader = subscriber(Connect.as(Version.V5, "reader").with(Property.RECEIVE_MAXIMUM, 10), "slow");

        publish(connect(0, Connect.as(Version.V5, "publisher")), "slow", MESSAGES);
        await("the link waits").atMost(IN_TIME).until(() -> count(0, "link_queued_publishes{") > 0);
        for (int i = 0; i < MESSAGES; i++) {
            assertThat(reader.receive().text()).startsWith(i + " ");
        }

        assertThat(count(1, "sessions_dropped_total{")).isZero();
        await("the wait is over").atMost(IN_TIME).until(() -> count(1, "mesh_waited_milliseconds_total") > 0);
        assertThat(count(1, "mesh_waited_in_vain_total")).isZero();
    }

    @Test
    void othersDoNotWaitForOneThatNeverReads() {
        start("2s");
        RawClient stuck = subscriber(Connect.as(Version.V5, "stuck").with(Property.RECEIVE_MAXIMUM, 10), "slow");
        RawClient other = subscriber(Connect.as(Version.V5, "other"), "other");
        RawClient publisher = connect(0, Connect.as(Version.V5, "publisher"));

        publish(publisher, "slow", MESSAGES);
        publish(publisher, "other", 1);

        assertThat(other.receive().text()).startsWith("0 ");
        assertThat(count(1, "mesh_waited_in_vain_total")).isEqualTo(1);
        await("all are counted")
                .atMost(IN_TIME)
                .until(() -> count(1, "sessions_dropped_total{reason=\"queue-full\"") >= MESSAGES - QUEUE - 10);
        assertThat(count(1, "sessions_dropped_total{")).isEqualTo(MESSAGES - QUEUE - 10);
        Stream.iterate(0, i -> i + 1)
                .limit(QUEUE)
                .forEach(i -> assertThat(stuck.receive().text()).startsWith(i + " "));
    }

    @Test
    void nobodyWaitsForOneThatIsAway() {
        start("10m");
        RawClient away = subscriber(Connect.as(Version.V5, "away").durable(), "slow");
        away.disconnect();
        RawClient other = subscriber(Connect.as(Version.V5, "other"), "other");
        RawClient publisher = connect(0, Connect.as(Version.V5, "publisher"));

        publish(publisher, "slow", MESSAGES);
        publish(publisher, "other", 1);

        assertThat(other.receive().text()).startsWith("0 ");
        assertThat(count(1, "mesh_waited_milliseconds_total")).isZero();
        assertThat(count(1, "sessions_dropped_total{")).isEqualTo(MESSAGES - QUEUE);
    }

    /** Numbered messages; returns once all are acknowledged. */
    private static void publish(RawClient publisher, String topic, int count) {
        for (int sent = 0; sent < count; sent += WINDOW) {
            int most = Math.min(WINDOW, count - sent);
            for (int i = 0; i < most; i++) {
                publisher.send(
                        Publish.to(topic).payload((sent + i) + " " + FILLING).qos(1));
            }
            for (int i = 0; i < most; i++) {
                Packet acknowledged = publisher.await(PUBACK);
                assertThat(acknowledged.reasonCode()).isZero();
            }
        }
    }

    private RawClient subscriber(Connect connect, String filter) {
        RawClient client = connect(1, connect);
        client.subscribe(filter, 1);
        return client;
    }

    private RawClient connect(int node, Connect connect) {
        try {
            RawClient client = new RawClient(TcpConnection.open(mesh.mqtt(node), IN_TIME), Version.V5);
            clients.add(client);
            assertThat(client.connect(connect).reasonCode()).isZero();
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The sum of the metrics of a node that begin so. */
    private long count(int node, String name) {
        return Admin.of(mesh.node(node))
                .get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("meshvine_" + name) || line.startsWith("meshvine_mesh_" + name))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }
}
