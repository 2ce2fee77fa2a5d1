package io.meshvine.mesh.wire;

/**
 * Answers a {@link Ping}.
 *
 * @param pingNanos clock of the pinging side, brought back
 * @param interestApplied the pinging side's table is applied up to this change
 */
public record Pong(long pingNanos, Acknowledgement acknowledgement, long interestApplied) {

    private static final int EXPECTED_BYTES = 32;

    public byte[] encode() {
        return acknowledgement
                .write(new WireWriter(EXPECTED_BYTES).writeLong(pingNanos))
                .writeVarLong(interestApplied)
                .toByteArray();
    }

    public static Pong decode(WireReader in) throws WireException {
        return new Pong(in.readLong(), Acknowledgement.decode(in), in.readVarLong());
    }
}
