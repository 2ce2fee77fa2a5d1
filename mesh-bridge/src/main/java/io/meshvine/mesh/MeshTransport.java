package io.meshvine.mesh;

import java.nio.ByteBuffer;
import java.util.Set;

/**
 * Port: carries frames between members and tells who can be reached. It may lose, repeat or reorder frames when the
 * set of members changes; the links above it mend that.
 */
public interface MeshTransport extends AutoCloseable {

    /** Joins the mesh and starts to report to the listener. Called once. */
    void start(Listener listener);

    /** This member's own address; known once started. */
    PeerAddress self();

    /**
     * Hands over a frame for one peer, FIFO per peer, and never blocks. The frame must not be changed afterwards.
     *
     * @return false if the peer is absent or its send queue is full; then nothing was taken, and
     *     {@link Listener#onWritable} follows once there is room again
     */
    boolean send(PeerAddress peer, ByteBuffer frame);

    /** Leaves the mesh gracefully. */
    @Override
    void close();

    /** Called on transport threads: implementations copy, enqueue to their {@link EventLoop} and return. */
    interface Listener {

        /** The members that can be reached now, this one included. */
        void onView(Set<PeerAddress> members);

        /** A frame of a peer. The buffer is the listener's own. */
        void onFrame(PeerAddress from, ByteBuffer frame);

        /** A peer whose send queue refused a frame has room again. */
        void onWritable(PeerAddress peer);
    }
}
