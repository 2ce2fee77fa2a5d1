package io.meshvine.it;

import static io.meshvine.it.wire.Property.SESSION_EXPIRY_INTERVAL;
import static io.meshvine.it.wire.Property.WILL_DELAY_INTERVAL;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Wills of clients whose node is killed (kill -9), on a mesh of three. */
class WillOfADeadNodeIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** From the death of the node on. */
    private static final Duration BAR = Duration.ofSeconds(15);

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
    void arePublishedOnceByASurvivorUnlessTheClientIsBack() {
        mesh = Mesh.of("wills", 3);
        RawClient near = connect(1, Connect.as(Version.V5, "near"));
        RawClient far = connect(2, Connect.as(Version.V3_1_1, "far"));
        near.subscribe("gone/#", 2);
        far.subscribe("gone/#", 1);
        int lost = 40;
        for (int i = 0; i < lost; i++) {
            Publish will = Publish.to("gone/" + i)
                    .payload("will " + i)
                    .qos(1)
                    .retained()
                    .withUser("why", "lost");
            connect(
                    0,
                    Connect.as(i % 2 == 0 ? Version.V5 : Version.V3_1_1, "lost" + i)
                            .will(
                                    i % 2 == 0
                                            ? will
                                            : Publish.to("gone/" + i)
                                                    .payload("will " + i)
                                                    .qos(1)
                                                    .retained()));
        }
        Publish void1 = Publish.to("gone/back").payload("void").qos(1);
        connect(0, Connect.as(Version.V5, "back").will(void1));
        connect(
                        0,
                        Connect.as(Version.V5, "left")
                                .will(Publish.to("gone/left").payload("void").qos(1)))
                .disconnect();
        connect(
                        0,
                        Connect.as(Version.V5, "moved")
                                .will(Publish.to("gone/moved").payload("moves").qos(1)))
                .close();
        assertThat(near.receive().text()).isEqualTo("moves");
        assertThat(far.receive().text()).isEqualTo("moves");
        awaitHeld(2L * (lost + 1));

        mesh.node(0).kill();
        long killed = System.nanoTime();
        connect(2, Connect.as(Version.V5, "back"));

        List<Packet> atNear = near.receive(lost);
        List<Packet> atFar = far.receive(lost);
        assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(BAR);
        assertThat(atNear).extracting(Packet::text).doesNotHaveDuplicates().doesNotContain("void");
        assertThat(atFar).extracting(Packet::text).doesNotHaveDuplicates().doesNotContain("void");
        assertThat(atNear)
                .filteredOn(packet -> packet.topic().equals("gone/0"))
                .allSatisfy(packet ->
                        assertThat(packet.properties().userProperties()).hasSize(1));
        RawClient late = connect(1, Connect.as(Version.V5, "late"));
        late.subscribe("gone/#", 1);
        assertThat(late.receive(lost)).allMatch(Packet::retain);
        await().pollDelay(BAR.minusNanos(System.nanoTime() - killed).plusMillis(1))
                .atMost(PATIENCE)
                .until(() -> true);
        near.assertNothingReceived();
        far.assertNothingReceived();
        assertThat(count(1, "published") + count(2, "published")).isEqualTo(lost);
        assertThat(count(1, "averted") + count(2, "averted")).isPositive();
    }

    @Test
    void waitForTheirDelayAndAreVoidOnceTheClientIsBackAtAnyNode() {
        mesh = Mesh.of("will-delay", 3);
        RawClient listener = connect(1, Connect.as(Version.V5, "listener"));
        listener.subscribe("gone/#", 1);
        Publish delayed = Publish.to("gone/delayed").payload("delayed").qos(1).with(WILL_DELAY_INTERVAL, 4);
        connect(
                        0,
                        Connect.as(Version.V5, "delayed")
                                .with(SESSION_EXPIRY_INTERVAL, 300)
                                .will(delayed))
                .close();
        Publish averted = Publish.to("gone/averted").payload("averted").qos(1).with(WILL_DELAY_INTERVAL, 4);
        connect(
                        0,
                        Connect.as(Version.V5, "averted")
                                .with(SESSION_EXPIRY_INTERVAL, 300)
                                .will(averted))
                .close();
        // Resumes: a clean start would end the session, and that the delay [MQTT-3.1.3-9].
        connect(2, Connect.as(Version.V5, "averted").resuming().with(SESSION_EXPIRY_INTERVAL, 300));

        assertThat(listener.receive().text()).isEqualTo("delayed");
        await("what comes without need").pollDelay(Duration.ofSeconds(3)).until(() -> true);
        listener.assertNothingReceived();
    }

    private void awaitHeld(long wills) {
        await("leases of the wills at the peers")
                .atMost(PATIENCE)
                .until(() -> count(1, "held") + count(2, "held") == wills);
    }

    private long count(int node, String name) {
        return Admin.of(mesh.node(node))
                .mesh()
                .path("counters")
                .path("wills")
                .path(name)
                .asLong();
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
