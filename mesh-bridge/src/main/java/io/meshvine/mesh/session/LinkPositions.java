package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.Position;

/** Port: how far the publishes on the links to peers are. Called on the bridge loop. */
public interface LinkPositions {

    /** What was handed over for a peer so far ends here; {@link Position#NONE} if the peer has confirmed all of it. */
    Position handedOver(NodeId peer);

    /** Whether the local broker took over everything that a peer handed over for this node up to a position. */
    boolean isAccepted(NodeId peer, Position position);
}
