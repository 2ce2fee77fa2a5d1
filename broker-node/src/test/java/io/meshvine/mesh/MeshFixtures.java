package io.meshvine.mesh;

import java.util.List;
import java.util.Map;

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
