package io.meshvine.mesh.wire;

import io.meshvine.mesh.Interest;
import io.meshvine.mesh.interest.TopicFilters;
import java.util.ArrayList;
import java.util.List;

/** The frames that carry interest. Stateless. */
public final class InterestCodec {
    private static final int LEVEL_MASK = 0x07;
    private static final int QOS_MASK = 0x03;
    private static final int DURABLE_QOS_0 = 0x04;
    private static final int SHARED = 0x08;
    private static final int REMOVED = 0x10;

    private static final int FIRST = 0x01;
    private static final int LAST = 0x02;

    private InterestCodec() {}

    /**
     * A chunk of a table.
     *
     * @param sequence the table includes all changes up to here
     */
    public record Chunk(long sequence, boolean first, boolean last, List<Interest> interests) {}

    /**
     * A change of a table. A changed QoS is a removal and an addition.
     *
     * @param sequence its number, one more than the change before
     */
    public record Change(long sequence, List<Interest> added, List<Interest> removed) {}

    /** What an interest adds to the hash of its table; the sum does not depend on the order. */
    public static long hash(Interest interest) {
        long hash = WireFormat.hash(WireFormat.hash(0, interest.group()), interest.filter());
        return WireFormat.mix(hash + interest.level() + 1);
    }

    /** Most bytes that an interest takes in a frame, about. */
    public static int size(Interest interest) {
        return 8 + 3 * (interest.filter().length() + interest.group().length());
    }

    public static byte[] encode(Chunk chunk) {
        WireWriter out = new WireWriter(64 + 32 * chunk.interests.size())
                .writeVarLong(chunk.sequence)
                .writeByte((chunk.first ? FIRST : 0) | (chunk.last ? LAST : 0));
        chunk.interests.forEach(interest -> write(out, interest, 0));
        return out.toByteArray();
    }

    public static Chunk decodeChunk(WireReader in) throws WireException {
        long sequence = in.readSequence();
        int flags = in.readByte();
        List<Interest> interests = new ArrayList<>();
        while (in.remaining() > 0) {
            interests.add(read(in, in.readByte()));
        }
        return new Chunk(sequence, (flags & FIRST) != 0, (flags & LAST) != 0, interests);
    }

    public static byte[] encode(Change change) {
        WireWriter out =
                new WireWriter(64 + 32 * (change.added.size() + change.removed.size())).writeVarLong(change.sequence);
        change.added.forEach(interest -> write(out, interest, 0));
        change.removed.forEach(interest -> write(out, interest, REMOVED));
        return out.toByteArray();
    }

    public static Change decodeChange(WireReader in) throws WireException {
        long sequence = in.readSequence();
        List<Interest> added = new ArrayList<>();
        List<Interest> removed = new ArrayList<>();
        while (in.remaining() > 0) {
            int flags = in.readByte();
            ((flags & REMOVED) != 0 ? removed : added).add(read(in, flags));
        }
        return new Change(sequence, added, removed);
    }

    static void write(WireWriter out, Interest interest, int flags) {
        out.writeByte(interest.level() | (interest.isShared() ? SHARED : 0) | flags);
        if (interest.isShared()) {
            out.writeString(interest.group());
        }
        out.writeString(interest.filter());
    }

    static Interest read(WireReader in, int flags) throws WireException {
        int level = flags & LEVEL_MASK;
        if ((level & QOS_MASK) > 2 || level == DURABLE_QOS_0 || flags > (LEVEL_MASK | SHARED | REMOVED)) {
            throw new WireException("interest with flags " + flags);
        }
        String group = (flags & SHARED) != 0 ? in.readString(WireFormat.MAX_TOPIC_BYTES) : Interest.NO_GROUP;
        String filter = in.readString(WireFormat.MAX_TOPIC_BYTES);
        if (!TopicFilters.isValidFilter(filter)) {
            throw new WireException("interest in an invalid topic filter");
        }
        return Interest.ofLevel(group, filter, level);
    }
}
