package io.meshvine.mesh.lane;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A part of the node that talks with its like at the peers. Messages of one connection arrive in order and once; when
 * the connection is interrupted, some may be lost, and the next one begins anew. Called on the bridge loop only.
 */
public interface PeerService {

    /** Largest message, about: one that is longer is sent all the same, but holds up what is behind it. */
    int MESSAGE_BYTES = 16 * 1024;

    /**
     * Called once, before anything else.
     *
     * @param wake to be called, on the bridge loop, when there is something to say to a peer
     */
    void attached(Consumer<NodeId> wake);

    /**
     * A peer can be talked to; what was said before may be lost.
     *
     * @param epoch the life of the peer
     */
    void onConnected(NodeId peer, long epoch);

    /** The conversation is interrupted; if the peer is not gone, the next one is about to begin. */
    void onInterrupted(NodeId peer);

    /** The peer is out of reach, or began a new life. */
    void onGone(NodeId peer);

    /** The next message for a peer, asked for when there is room and after a wake; null if there is none. */
    byte @Nullable [] next(NodeId peer);

    /** A message of a peer. */
    void onMessage(NodeId peer, WireReader message) throws WireException;

    /** Some time went by, a fraction of a second. */
    void onTick();
}
