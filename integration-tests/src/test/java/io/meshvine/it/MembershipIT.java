package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.it.harness.Admin;
import io.meshvine.it.harness.Mesh;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Packet;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.TcpConnection;
import io.meshvine.it.wire.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nodes that come and go while clients publish. */
class MembershipIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final AtomicInteger CLIENTS = new AtomicInteger();

    /** What the JVM reports when a signal ended it: 128 + SIGTERM. */
    private static final int SIGTERM_EXIT = 143;

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
        assertThat(state)
                .allMatch(Packet::retain)
                .noneMatch(packet -> packet.topic().equals("state/0"));
        late.publish(Publish.to("news/today").payload("hello").qos(1));
        assertThat(early.receive().text()).isEqualTo("hello");
    }

    @Test
    void nodesThatAreGoneAttractNothingAndTheOthersGoOn() {
        mesh = Mesh.of("gone", 4);
        RawClient publisher = connect(0);
        RawClient staying = connect(1);
        staying.subscribe("t/#", 1);
        connect(2).subscribe("t/#", 1);
        connect(3).subscribe("t/#", 1);
        publisher.publish(Publish.to("t/before").payload("x").qos(1));
        assertThat(staying.receive().topic()).isEqualTo("t/before");

        mesh.node(3).kill();
        mesh.awaitConnected();
        assertForwarded(publisher, staying, 2);

        assertThat(mesh.node(2).terminate()).isIn(0, SIGTERM_EXIT);
        mesh.awaitConnected();
        assertForwarded(publisher, staying, 1);
    }

    /** Each of 100 publishes goes to so many peers, and arrives where somebody is. */
    private void assertForwarded(RawClient publisher, RawClient staying, int peers) {
        long before = meshCounter(0, "forwarded", "qos1");
        for (int i = 0; i < 100; i++) {
            publisher.publish(Publish.to("t/" + i).payload("x").qos(1));
        }
        staying.receive(100);
        assertThat(meshCounter(0, "forwarded", "qos1") - before).isEqualTo(100L * peers);
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
}
