package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.Position;
import java.util.Collection;

/** Port: how far the publishes on the links to peers are, and what peers know of each other. Called on the bridge loop. */
public interface LinkPositions {

    /** What was handed over for a peer so far ends here; {@link Position#NONE} if the peer has confirmed all of it. */
    Position handedOver(NodeId peer);

    /** Whether the local broker took over everything that a peer handed over for this node up to a position. */
    boolean isAccepted(NodeId peer, Position position);

    /**
     * How new what this node knows of another one's interest is, and will know after a crash, as that one numbers it; of
     * this node, how its own stands. {@link Position#NONE} if it knows nothing.
     */
    Position interest(NodeId owner);

    /** Peers that this node knows, in reach or not: what they keep for it, they will send. */
    Collection<NodeId> known();
}
