package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.it.harness.Admin;
import io.meshvine.it.harness.Mesh;
import io.meshvine.it.wire.Connect;
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
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Traffic of clients whose sessions end with their connections, on a mesh that is well, does not touch a disk. */
class CleanTrafficIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int NODES = 3;
    private static final int MESSAGES = 200;

    /** No peer is so slow that a publish has to be stored, whatever else the machine does. */
    private static final Map<String, String> PATIENT = Map.of("mesh.spill-after", "60s");

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
    void cleanSessionsWriteNothing() {
        mesh = Mesh.empty("clean", PATIENT);
        for (int i = 0; i < NODES; i++) {
            mesh.add();
        }
        mesh.awaitConnected();
        traffic("before");
        awaitQuietStores();

        List<Map<String, Double>> before = written();
        traffic("after");
        assertThat(written()).isEqualTo(before);

        // The counters do count.
        RawClient durable = connect(0, Connect.as(Version.V5, "durable").durable());
        durable.subscribe("durable/#", 1);
        assertThat(written().get(0)).isNotEqualTo(before.get(0));
    }

    /** Clients come, subscribe at every node, publish at every node at every QoS, with a will, and go. */
    private void traffic(String name) {
        List<RawClient> subscribers = new ArrayList<>();
        for (int node = 0; node < NODES; node++) {
            RawClient subscriber = connect(node, clean(node, name + "-s" + node));
            subscriber.subscribe(name + "/#", 2);
            subscribers.add(subscriber);
        }
        for (int node = 0; node < NODES; node++) {
            Publish will = Publish.to("will/" + name).payload("never").qos(1);
            RawClient publisher = connect(node, clean(node, name + "-p" + node).will(will));
            for (int i = 0; i < MESSAGES; i++) {
                publisher.publish(Publish.to(name + "/" + node).payload("m" + i).qos(i % 3));
            }
            subscribers.forEach(
                    subscriber -> assertThat(subscriber.receive(MESSAGES)).hasSize(MESSAGES));
            publisher.disconnect();
        }
        subscribers.forEach(RawClient::disconnect);
    }

    private static Connect clean(int node, String clientId) {
        return Connect.as(node % 2 == 0 ? Version.V5 : Version.V3_1_1, clientId);
    }

    private void awaitQuietStores() {
        await().atMost(PATIENCE).pollInterval(Duration.ofSeconds(1)).until(() -> {
            List<Map<String, Double>> once = written();
            await().pollDelay(Duration.ofMillis(500)).until(() -> true);
            return once.equals(written());
        });
    }

    /** What each node's store has written since it started. */
    private List<Map<String, Double>> written() {
        List<Map<String, Double>> all = new ArrayList<>();
        for (int node = 0; node < NODES; node++) {
            Map<String, Double> counters = Admin.of(mesh.node(node))
                    .get("/metrics")
                    .body()
                    .lines()
                    .filter(line ->
                            line.matches("meshvine_store_(units_total|written_bytes_total|commit_seconds_count)\\b.*"))
                    .collect(Collectors.toMap(
                            line -> line.replaceAll("[ {].*", ""),
                            line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)),
                            Double::sum,
                            TreeMap::new));
            assertThat(counters).hasSize(3);
            all.add(counters);
        }
        return all;
    }

    private RawClient connect(int node, Connect as) {
        try {
            RawClient client = new RawClient(TcpConnection.open(mesh.mqtt(node), PATIENCE), as.version());
            clients.add(client);
            assertThat(client.connect(as).reasonCode()).isZero();
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
