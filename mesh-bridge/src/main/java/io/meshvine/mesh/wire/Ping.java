package io.meshvine.mesh.wire;

/**
 * Asks for a sign of life and tells where the sender stands. As frames keep their order, what was sent before and is not
 * there when this arrives is lost, and the receiver asks for it again.
 *
 * @param sentNanos clock of the sender, which the answer brings back
 * @param sentThrough highest sequence number that was sent
 * @param base what is below needs no confirmation any more
 * @param position bytes of counted frames that were sent
 * @param interestSequence number of the last change of the sender's table that was sent
 * @param interestSize size of that table
 * @param interestHash hash of that table, as {@link InterestCodec#hash} adds up
 */
public record Ping(
        long sentNanos,
        long sentThrough,
        long base,
        long position,
        long interestSequence,
        long interestSize,
        long interestHash) {

    private static final int EXPECTED_BYTES = 64;

    public byte[] encode() {
        return new WireWriter(EXPECTED_BYTES)
                .writeLong(sentNanos)
                .writeVarLong(sentThrough)
                .writeVarLong(base)
                .writeVarLong(position)
                .writeVarLong(interestSequence)
                .writeVarLong(interestSize)
                .writeLong(interestHash)
                .toByteArray();
    }

    public static Ping decode(WireReader in) throws WireException {
        return new Ping(
                in.readLong(),
                in.readSequence(),
                in.readSequence(),
                in.readSequence(),
                in.readSequence(),
                in.readVarLong(),
                in.readLong());
    }
}
