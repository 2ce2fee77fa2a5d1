package io.meshvine.mesh.link;

import io.meshvine.mesh.NodeId;
import java.nio.ByteBuffer;

/**
 * Keys of what links keep in the {@link io.meshvine.mesh.RecordStore}. An outbox record has the peer, then the position;
 * so the records of a peer follow each other in the order in which they are sent. A watermark has the origin.
 */
final class LinkRecords {
    private static final int PEER_BYTES = 2 * Long.BYTES;

    private LinkRecords() {}

    /** The key of a publish for a peer. */
    static byte[] outboxKey(NodeId peer, long epoch, long sequence) {
        return peer(PEER_BYTES + 2 * Long.BYTES, peer)
                .putLong(epoch)
                .putLong(sequence)
                .array();
    }

    /** The key of how far the publishes of a peer were taken over. */
    static byte[] watermarkKey(NodeId origin) {
        return peer(PEER_BYTES, origin).array();
    }

    private static ByteBuffer peer(int bytes, NodeId peer) {
        return ByteBuffer.allocate(bytes).putLong(peer.high()).putLong(peer.low());
    }
}
