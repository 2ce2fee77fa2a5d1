package io.meshvine.mesh.link;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireFormat;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Keys and small values of what links keep in the {@link RecordStore}. An outbox record has the peer, then the position:
 * so the records of a peer follow each other in the order in which they are sent. Before them, at position 0, stands how
 * many there are. A watermark has the origin. Stateless.
 */
public final class LinkRecords {
    private static final int PEER_BYTES = 2 * Long.BYTES;
    private static final int KEY_BYTES = PEER_BYTES + 2 * Long.BYTES;
    private static final Position LAST = new Position(Long.MAX_VALUE, Long.MAX_VALUE);

    private LinkRecords() {}

    /**
     * How many records a peer's outbox has.
     *
     * @param bytes size of their values
     */
    record Summary(long count, long bytes) {
        byte[] encode() {
            return new WireWriter(1 + 2 * WireWriter.MAX_VAR_LONG_BYTES)
                    .writeByte(WireFormat.VERSION)
                    .writeVarLong(count)
                    .writeVarLong(bytes)
                    .toByteArray();
        }
    }

    /** The key of a publish for a peer. */
    static byte[] outboxKey(NodeId peer, Position position) {
        return key(KEY_BYTES, peer)
                .putLong(position.epoch())
                .putLong(position.sequence())
                .array();
    }

    /** The key of the number of a peer's records. */
    static byte[] summaryKey(NodeId peer) {
        return outboxKey(peer, Position.NONE);
    }

    /** A key behind all records of a peer. */
    static byte[] outboxEnd(NodeId peer) {
        return outboxKey(peer, LAST);
    }

    /** The position of the record with this key. */
    static Position position(byte[] outboxKey) {
        ByteBuffer key = ByteBuffer.wrap(outboxKey, PEER_BYTES, 2 * Long.BYTES);
        return new Position(key.getLong(), key.getLong());
    }

    /** The key of how far the publishes of a peer were taken over. */
    static byte[] watermarkKey(NodeId origin) {
        return key(PEER_BYTES, origin).array();
    }

    private static ByteBuffer key(int bytes, NodeId peer) {
        return ByteBuffer.allocate(bytes).putLong(peer.high()).putLong(peer.low());
    }

    static byte[] encodeWatermark(Position through) {
        return through.write(new WireWriter(1 + 2 * WireWriter.MAX_VAR_LONG_BYTES).writeByte(WireFormat.VERSION))
                .toByteArray();
    }

    /** How far the publishes of a peer were taken over in earlier lives of this node. */
    static Position watermark(RecordStore store, NodeId origin) {
        byte[] stored = store.get(Family.WATERMARKS, watermarkKey(origin));
        if (stored == null) {
            return Position.NONE;
        }
        try {
            return Position.read(reader(stored));
        } catch (WireException unreadable) {
            throw new IllegalStateException("the watermark of " + origin + " cannot be read", unreadable);
        }
    }

    static Summary summary(RecordStore store, NodeId peer) {
        byte[] stored = store.get(Family.OUTBOX, summaryKey(peer));
        if (stored == null) {
            return new Summary(0, 0);
        }
        try {
            WireReader in = reader(stored);
            return new Summary(in.readVarLong(), in.readVarLong());
        } catch (WireException unreadable) {
            throw new IllegalStateException("the outbox for " + peer + " cannot be read", unreadable);
        }
    }

    private static WireReader reader(byte[] record) throws WireException {
        WireReader in = WireReader.of(record);
        int version = in.readByte();
        if (version < WireFormat.OLDEST_VERSION || version > WireFormat.VERSION) {
            throw new WireException("record of version " + version);
        }
        return in;
    }

    /** The peers for whom an earlier life of this node left publishes. */
    public static List<NodeId> peersWithOutbox(RecordStore store) {
        List<NodeId> peers = new ArrayList<>();
        byte[] from = new byte[0];
        while (true) {
            NodeId[] found = new NodeId[1];
            store.scan(Family.OUTBOX, from, null, (key, value) -> {
                ByteBuffer bytes = ByteBuffer.wrap(key);
                found[0] = new NodeId(bytes.getLong(), bytes.getLong());
                return false;
            });
            NodeId peer = found[0];
            if (peer == null) {
                return peers;
            }
            peers.add(peer);
            from = outboxEnd(peer);
        }
    }
}
