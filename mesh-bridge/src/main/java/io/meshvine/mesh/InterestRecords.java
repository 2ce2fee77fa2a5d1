package io.meshvine.mesh;

import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireFormat;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.util.Arrays;

/**
 * What peers want durably, in the store: per owner a head, then one record per group and filter. Confined to the bridge
 * loop.
 */
final class InterestRecords {
    private static final int HEAD = 0;
    private static final int INTEREST = 1;
    private static final int END = 2;
    private static final int MAX_NAME_BYTES = 4 * MeshOptions.MAX_NAME_LENGTH;
    private static final int OWNER_KEY_BYTES = 2 * Long.BYTES + 1;

    private final RecordStore store;

    InterestRecords(RecordStore store) {
        this.store = store;
    }

    /**
     * What is known of an owner.
     *
     * @param version its life, and the number of the last change of its table that is known
     * @param absentSinceMillis wall-clock time since when it is away; 0 if it was there
     * @param name its display name, "" if not known
     */
    record Head(Position version, long absentSinceMillis, String name) {}

    /** Takes what was stored. */
    interface Visitor {
        /** Comes before the owner's interests. */
        void onOwner(NodeId owner, Head head);

        void onInterest(NodeId owner, Interest interest);
    }

    void put(WriteUnit unit, NodeId owner, Interest interest) {
        byte[] level = {WireFormat.VERSION, (byte) interest.level()};
        unit.put(Family.INTEREST, key(owner, interest.group(), interest.filter()), level);
    }

    void delete(WriteUnit unit, NodeId owner, Interest interest) {
        unit.delete(Family.INTEREST, key(owner, interest.group(), interest.filter()));
    }

    void put(WriteUnit unit, NodeId owner, Head head) {
        WireWriter value = new WireWriter(64).writeByte(WireFormat.VERSION);
        head.version.write(value).writeVarLong(head.absentSinceMillis).writeString(head.name);
        unit.put(Family.INTEREST, key(owner, HEAD), value.toByteArray());
    }

    void write(WriteUnit unit) {
        store.write(unit);
    }

    /** Forgets an owner. */
    void deleteAll(NodeId owner) {
        store.write(new WriteUnit().deleteRange(Family.INTEREST, key(owner, HEAD), key(owner, END)));
    }

    /** Reads everything back. */
    void restore(Visitor visitor) {
        store.scan(Family.INTEREST, new byte[0], null, (key, value) -> {
            try {
                read(WireReader.of(key), WireReader.of(value), visitor);
            } catch (WireException | IllegalArgumentException unreadable) {
                throw new IllegalStateException(
                        "what peers want cannot be read at " + Arrays.toString(key), unreadable);
            }
            return true;
        });
    }

    private static void read(WireReader key, WireReader value, Visitor visitor) throws WireException {
        NodeId owner = key.readNodeId();
        int kind = key.readByte();
        int version = value.readByte();
        if (version < WireFormat.OLDEST_VERSION || version > WireFormat.VERSION) {
            throw new WireException("record of version " + version);
        }
        if (kind == HEAD) {
            Position known = Position.read(value);
            visitor.onOwner(owner, new Head(known, value.readVarLong(), value.readString(MAX_NAME_BYTES)));
        } else {
            String group = key.readString(WireFormat.MAX_TOPIC_BYTES);
            String filter = key.readString(WireFormat.MAX_TOPIC_BYTES);
            visitor.onInterest(owner, Interest.ofLevel(group, filter, value.readByte()));
        }
    }

    private static byte[] key(NodeId owner, int kind) {
        return new WireWriter(OWNER_KEY_BYTES)
                .writeNodeId(owner)
                .writeByte(kind)
                .toByteArray();
    }

    private static byte[] key(NodeId owner, String group, String filter) {
        return new WireWriter(OWNER_KEY_BYTES + group.length() + filter.length() + 8)
                .writeNodeId(owner)
                .writeByte(INTEREST)
                .writeString(group)
                .writeString(filter)
                .toByteArray();
    }
}
