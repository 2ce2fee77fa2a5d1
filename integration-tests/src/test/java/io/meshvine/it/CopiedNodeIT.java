package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.meshvine.it.harness.Admin;
import io.meshvine.it.harness.Mesh;
import io.meshvine.it.harness.NodeProcess;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.TcpConnection;
import io.meshvine.it.wire.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node whose data folder is a copy of that of a node that runs, as of a cloned machine. */
class CopiedNodeIT {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Mesh mesh;

    @AfterEach
    void stop() {
        if (mesh != null) {
            mesh.close();
        }
    }

    @Test
    void theFirstKeepsItsPlaceAndTheCopyLeavesAndSaysWhy() {
        mesh = Mesh.of("copied", 2);
        try (RawClient durable = connect(0, Connect.as(Version.V5, "durable").durable())) {
            durable.subscribe("first/#", 1);
        }
        JsonNode first = Admin.of(mesh.node(0)).mesh().path("self");

        NodeProcess copy = mesh.addCopyOf(0);

        await().atMost(PATIENCE).untilAsserted(() -> {
            var ready = Admin.of(copy).get("/health/ready");
            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body())
                    .contains("was there first with this node's identity", "start it with an empty one");
            assertThat(Admin.of(copy).get("/health/live").statusCode()).isEqualTo(200);
        });
        assertThat(copy.output()).anyMatch(line -> line.contains("ERROR") && line.contains("left the mesh"));
        assertThat(Admin.of(copy).mesh().path("refused").findValuesAsText("reason"))
                .anyMatch(reason -> reason.contains("was there first"));
        await().atMost(PATIENCE).until(() -> !accepts(copy));
        assertIsFirst(first.path("epoch").asLong());

        // The first one starts again, beside the copy that is still there.
        mesh.node(0).kill();
        mesh.restart(0);
        awaitConnected();
        assertIsFirst(Admin.of(mesh.node(0)).mesh().at("/self/epoch").asLong());
        assertThat(copy.isAlive()).isTrue();

        // A copy that starts again is refused again.
        copy.terminate();
        NodeProcess again = mesh.restart(2);
        await().atMost(PATIENCE)
                .until(() -> Admin.of(again).get("/health/ready").body().contains("was there first"));
        assertIsFirst(Admin.of(mesh.node(0)).mesh().at("/self/epoch").asLong());
    }

    /** The other node knows the first one, in its own life, and what is meant for it arrives there. */
    private void assertIsFirst(long epoch) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode seen = Admin.of(mesh.node(1)).mesh();
            assertThat(seen.path("members")).hasSize(1);
            assertThat(seen.at("/members/0/name").asText()).isEqualTo("n1");
            assertThat(seen.at("/members/0/epoch").asLong()).isEqualTo(epoch);
            assertThat(seen.at("/links/0/state").asText()).isEqualTo("connected"); // or silent, for a moment
        });
        try (RawClient publisher = connect(1, Connect.as(Version.V5, "publisher"))) {
            publisher.publish(Publish.to("first/" + epoch).payload("x").qos(1));
        }
        try (RawClient durable =
                connect(0, Connect.as(Version.V5, "durable").durable().resuming())) {
            // What was acknowledged right before the node was killed may come once more.
            await().atMost(PATIENCE).until(() -> durable.receive().topic(), ("first/" + epoch)::equals);
            durable.assertNothingReceived();
        }
    }

    private void awaitConnected() {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(List.of(
                                Admin.of(mesh.node(0)).mesh(),
                                Admin.of(mesh.node(1)).mesh()))
                        .allSatisfy(seen ->
                                assertThat(seen.at("/links/0/state").asText()).isEqualTo("connected")));
    }

    private boolean accepts(NodeProcess node) {
        try (TcpConnection connection = TcpConnection.open(node.mqtt(), Duration.ofSeconds(1))) {
            return true;
        } catch (IOException refused) {
            return false;
        }
    }

    private RawClient connect(int node, Connect as) {
        try {
            RawClient client = new RawClient(TcpConnection.open(mesh.mqtt(node), PATIENCE), as.version());
            assertThat(client.connect(as).reasonCode()).isZero();
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
