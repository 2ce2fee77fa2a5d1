package io.meshvine.mesh.wire;

/**
 * The beginning of every frame. A session is how one side counts its attempts to talk to the other; a frame is valid
 * for one pair of sessions only, so that nothing from before a view change is taken for something new.
 *
 * @param source session of the sender
 * @param destination session of the receiver as the sender knows it, 0 if not yet
 * @param position bytes of counted frames that the sender sent before this one in this pair of sessions; 0 in frames
 *     that do not count
 */
public record FrameHeader(FrameKind kind, int source, int destination, long position) {

    /** Most bytes of an encoded header. */
    public static final int MAX_BYTES = 2 + 2 * Integer.BYTES + WireWriter.MAX_VAR_LONG_BYTES;

    public void write(WireWriter out) {
        out.writeByte(WireFormat.VERSION)
                .writeByte(kind.code())
                .writeInt(source)
                .writeInt(destination);
        if (kind.counted()) {
            out.writeVarLong(position);
        }
    }

    /** Reads a header; the frame's payload follows in the reader. */
    public static FrameHeader read(WireReader in) throws WireException {
        int version = in.readByte();
        if (version < WireFormat.OLDEST_VERSION || version > WireFormat.VERSION) {
            throw new WireException("frame version " + version + ", this node speaks " + WireFormat.OLDEST_VERSION
                    + " to " + WireFormat.VERSION);
        }
        FrameKind kind = FrameKind.of(in.readByte());
        int source = in.readInt();
        int destination = in.readInt();
        return new FrameHeader(kind, source, destination, kind.counted() ? in.readSequence() : 0);
    }
}
