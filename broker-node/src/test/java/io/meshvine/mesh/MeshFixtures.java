package io.meshvine.mesh;

import io.meshvine.mesh.client.ClientName;
import io.meshvine.mesh.client.ClientPage;
import io.meshvine.mesh.client.ClientPart;
import io.meshvine.mesh.client.ClientQuery;
import io.meshvine.mesh.client.ClientReport;
import io.meshvine.mesh.client.ClientReport.Connection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Values of the mesh core as a bridge would give them, for tests of what shows them. */
public final class MeshFixtures {

    public static final NodeId SELF = new NodeId(1, 1);
    public static final NodeId PEER = new NodeId(2, 2);

    private MeshFixtures() {}

    /** Counters after two QoS 1 publishes went out and one QoS 0 publish was dropped for a slow peer. */
    public static MeshCounters counters() {
        MeshCounters counters = new MeshCounters();
        counters.countForwarded(1, 2);
        counters.countDropped(DropReason.PEER_SLOW, 1);
        counters.countFrameOut(1_000);
        return counters;
    }

    /** Both ends of the link between "a" and "b" answer. */
    public static MeshDiagnosis healthy() {
        return new MeshDiagnosis(
                List.of(
                        new MeshDiagnosis.Finding(SELF, PEER, MeshStatus.LinkState.CONNECTED, 400),
                        new MeshDiagnosis.Finding(PEER, SELF, MeshStatus.LinkState.CONNECTED, 500)),
                List.of());
    }

    /** Clients "pump-1" of user "ann", connected at "b", and "pump-2" and "valve", away, at "a". */
    public static CompletableFuture<ClientPage> clients(ClientQuery query, boolean wholeMesh) {
        Map<NodeId, ClientPart> parts = new HashMap<>();
        parts.put(SELF, part(query, client("pump-2", "", null), client("valve", "", null)));
        if (wholeMesh) {
            parts.put(
                    PEER,
                    part(query, client("pump-1", "ann", new Connection(5, "10.0.0.7:50000", "mqtt.tls", 60, 1_000))));
        }
        return CompletableFuture.completedFuture(ClientPage.of(parts, query.limit()));
    }

    private static ClientPart part(ClientQuery query, ClientReport... clients) {
        return new ClientPart(
                Stream.of(clients)
                        .filter(each -> query.matches(each.name(), each.isConnected()))
                        .toList(),
                false);
    }

    private static ClientReport client(String id, String user, @Nullable Connection connection) {
        return new ClientReport(
                new ClientName(id, user),
                true,
                connection,
                300,
                4,
                12,
                3_456,
                2,
                2,
                List.of(new ClientReport.Filter("plant/#", 1)));
    }

    /** A mesh of this node "a" and a connected peer "b". */
    public static MeshStatus status() {
        return new MeshStatus(
                "plant",
                new MeshStatus.Member(SELF, "a", 7, Map.of("mqtt", "127.0.0.1:1883")),
                List.of(new MeshStatus.Member(
                        PEER, "b", 9, Map.of("mqtt", "127.0.0.1:1884", "admin", "127.0.0.1:8081"))),
                List.of(new MeshStatus.Link(
                        PEER,
                        MeshStatus.LinkState.CONNECTED,
                        false,
                        10,
                        20,
                        3,
                        4,
                        1_000,
                        2_000,
                        5,
                        6,
                        700,
                        8,
                        900,
                        1_500,
                        250,
                        Map.of(DropReason.PEER_SLOW, 8L))),
                List.of(new MeshStatus.Refusal(new PeerAddress(3, 3), "belongs to mesh other")),
                Map.of(PEER, 42),
                17,
                new MeshStatus.Digests(1, 2, Map.of(PEER, -1L)));
    }
}
