package io.meshvine.mesh.link;

import io.meshvine.mesh.DropReason;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.StoredPublish;

/** What links report to the bridge. Called on the bridge loop. */
public interface LinkListener {

    /** The link has something to send or to settle: {@link PeerLink#flush} is to be called at the end of this turn. */
    void onWork(PeerLink link);

    /** A frame was handed to the transport. */
    void onFrameSent(int bytes);

    /** Publishes were sent once more. */
    void onResent(int publishes);

    /** Publishes went no further. */
    void onDropped(DropReason reason, long publishes);

    /**
     * A publish for members of shared subscriptions was read back from the store: it has not been confirmed.
     *
     * @param stored has the ticket under which it was given to the peer
     */
    void onReadBack(NodeId peer, StoredPublish stored);

    /** More waits for a peer than its window holds, or no longer. */
    void onSaturation(NodeId peer, boolean saturated);
}
