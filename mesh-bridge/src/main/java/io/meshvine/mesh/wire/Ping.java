package io.meshvine.mesh.wire;

/**
 * Asks for a sign of life and tells where the sender stands. As frames keep their order, what was sent before and is not
 * there when this arrives is lost, and the receiver asks for it again.
 *
 * @param sentNanos clock of the sender, which the answer brings back
 * @param sentThrough the last publish that was sent and is not confirmed; {@link Position#NONE} if there is none
 * @param position bytes of counted frames that were sent
 * @param interestSequence number of the last change of the sender's table that was sent
 * @param interestSize size of that table
 * @param interestHash hash of that table, as {@link InterestCodec#hash} adds up
 */
public record Ping(
        long sentNanos,
        Position sentThrough,
        long position,
        long interestSequence,
        long interestSize,
        long interestHash) {

    private static final int EXPECTED_BYTES = 64;

    public byte[] encode() {
        return sentThrough
                .write(new WireWriter(EXPECTED_BYTES).writeLong(sentNanos))
                .writeVarLong(position)
                .writeVarLong(interestSequence)
                .writeVarLong(interestSize)
                .writeLong(interestHash)
                .toByteArray();
    }

    public static Ping decode(WireReader in) throws WireException {
        return new Ping(
                in.readLong(),
                Position.read(in),
                in.readSequence(),
                in.readSequence(),
                in.readVarLong(),
                in.readLong());
    }
}
