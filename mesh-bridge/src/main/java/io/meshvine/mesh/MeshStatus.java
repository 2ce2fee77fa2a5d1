package io.meshvine.mesh;

import java.util.List;
import java.util.Map;

/**
 * What a {@link MeshBridge} knows of the mesh at one moment. Immutable, ordered by node id, made for operators.
 *
 * @param meshName name of the mesh
 * @param self this node
 * @param members the other nodes that were seen since this one started
 * @param links how it stands with each of them
 * @param refused who tried to connect and was refused
 * @param routes number of filters that each connected peer asks for
 * @param advertised number of filters that this node asks its peers for
 * @param digests stand for what this node holds, to see from outside whether nodes agree
 */
public record MeshStatus(
        String meshName,
        Member self,
        List<Member> members,
        List<Link> links,
        List<Refusal> refused,
        Map<NodeId, Integer> routes,
        int advertised,
        Digests digests) {

    public MeshStatus {
        members = List.copyOf(members);
        links = List.copyOf(links);
        refused = List.copyOf(refused);
        routes = Map.copyOf(routes);
    }

    /**
     * Nodes that hold the same have the same digests.
     *
     * @param retained of all retained messages, tombstones included
     * @param interest of the filters that this node asks its peers for
     * @param peers of the filters that each peer asks for, as far as this node knows: equals {@code interest} there
     */
    public record Digests(long retained, long interest, Map<NodeId, Long> peers) {
        public Digests {
            peers = Map.copyOf(peers);
        }
    }

    /**
     * A node.
     *
     * @param name display name
     * @param epoch counts its lives
     * @param addresses where clients reach it, as it says itself
     */
    public record Member(NodeId id, String name, long epoch, Map<String, String> addresses) {
        public Member {
            addresses = Map.copyOf(addresses);
        }
    }

    /** How it stands with a peer. */
    public enum LinkState {
        /** Not in the view, or it said goodbye. */
        ABSENT,
        /** In the view; who it is and what each side has is being agreed. */
        GREETING,
        /** Publishes flow. */
        CONNECTED,
        /**
         * As connected, but the peer has not answered for a while: it stands still, or the way there or back is cut while
         * others reach it. What is sent to it is kept until it answers.
         */
        SILENT
    }

    /**
     * The link to a peer.
     *
     * @param saturated whether publishers should pause
     * @param sentPublishes publishes sent, resends included
     * @param receivedPublishes publishes received, repeats excluded
     * @param unackedPublishes QoS 1 and 2: sent and not confirmed
     * @param queuedPublishes not sent yet, in memory or on disk; with those before, the lag of the peer
     * @param queuedBytes size in memory of what is unacknowledged or not sent yet
     * @param spilledPublishes QoS 1 and 2: kept on disk until they are confirmed
     * @param spilledBytes their size on disk
     * @param oldestUnackedMillis age of the oldest publish that waits for a confirmation, 0 if none
     * @param rttMicros last measured round trip, -1 before the first
     * @param dropped publishes dropped, by reason; only reasons that occurred
     */
    public record Link(
            NodeId peer,
            LinkState state,
            boolean saturated,
            long sentPublishes,
            long receivedPublishes,
            long sentFrames,
            long receivedFrames,
            long sentBytes,
            long receivedBytes,
            int unackedPublishes,
            long queuedPublishes,
            long queuedBytes,
            long spilledPublishes,
            long spilledBytes,
            long oldestUnackedMillis,
            long rttMicros,
            Map<DropReason, Long> dropped) {
        public Link {
            dropped = Map.copyOf(dropped);
        }
    }

    /**
     * A member of the transport that is not taken for a peer.
     *
     * @param reason for operators: what is wrong and with whom
     */
    public record Refusal(PeerAddress address, String reason) {}
}
