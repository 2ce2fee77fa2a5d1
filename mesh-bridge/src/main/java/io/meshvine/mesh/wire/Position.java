package io.meshvine.mesh.wire;

/**
 * Where a publish stands in the order of a link. Positions of one sender grow over all its lives: a receiver that
 * remembers the last one it took over knows all repeats, whoever of the two was restarted in between.
 *
 * @param epoch life of the sender in which the publish got its number
 * @param sequence number in that life, from 1 on
 */
public record Position(long epoch, long sequence) implements Comparable<Position> {

    /** Before every publish. */
    public static final Position NONE = new Position(0, 0);

    /** Most bytes on the wire. */
    static final int MAX_BYTES = 2 * WireWriter.MAX_VAR_LONG_BYTES;

    /** The position that follows in the same life. */
    public Position next() {
        return new Position(epoch, sequence + 1);
    }

    /** Whether this is the next number of the same life. */
    public boolean follows(Position other) {
        return epoch == other.epoch && sequence == other.sequence + 1;
    }

    public boolean isAfter(Position other) {
        return compareTo(other) > 0;
    }

    /** The later of two. */
    public static Position max(Position one, Position other) {
        return one.isAfter(other) ? one : other;
    }

    @Override
    public int compareTo(Position other) {
        return epoch != other.epoch ? Long.compare(epoch, other.epoch) : Long.compare(sequence, other.sequence);
    }

    public WireWriter write(WireWriter out) {
        return out.writeVarLong(epoch).writeVarLong(sequence);
    }

    public byte[] encode() {
        return write(new WireWriter(MAX_BYTES)).toByteArray();
    }

    public static Position read(WireReader in) throws WireException {
        return new Position(in.readSequence(), in.readSequence());
    }

    int put(byte[] bytes, int from) {
        return WireFormat.putVarLong(bytes, WireFormat.putVarLong(bytes, from, epoch), sequence);
    }
}
