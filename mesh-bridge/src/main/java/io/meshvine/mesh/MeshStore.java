package io.meshvine.mesh;

/**
 * Port: what a node remembers of its links. Called on the bridge loop. {@code sync} is the only promise of durability;
 * what an implementation keeps across a restart it says itself.
 */
public interface MeshStore extends AutoCloseable {

    /** Appends a publish, in wire form, that a peer has not confirmed yet. Sequences grow by one per peer. */
    void append(NodeId peer, long sequence, byte[] publish);

    /** Forgets everything up to a sequence that the peer confirmed. */
    void acknowledge(NodeId peer, long throughSequence);

    /** Reads back what is not acknowledged, from a sequence on, in order, until the reader returns false. */
    void scan(NodeId peer, long fromSequence, Reader reader);

    /** Remembers up to where the publishes of a peer's life were delivered here. */
    void watermark(NodeId origin, long epoch, long sequence);

    /** The last remembered watermark of a peer in that epoch, or 0. */
    long watermark(NodeId origin, long epoch);

    /** Runs the task once everything written before is as durable as configured. */
    void sync(Runnable durable);

    @Override
    void close();

    /** Takes stored publishes. */
    @FunctionalInterface
    interface Reader {
        /** Returns whether to go on. */
        boolean accept(long sequence, byte[] publish);
    }
}
