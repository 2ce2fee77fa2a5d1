package io.meshvine.mesh.wire;

/**
 * Asks for an answer on behalf of an operator.
 *
 * @param number brought back by the answer
 * @param wholeMesh whether the receiver is to probe its own links as well and report
 * @param timeoutMillis how long it is to wait for its answers
 */
public record Probe(long number, boolean wholeMesh, int timeoutMillis) {

    /** Longest time that is waited for an answer. */
    public static final int MAX_TIMEOUT_MILLIS = 10_000;

    private static final int EXPECTED_BYTES = 16;

    public byte[] encode() {
        return new WireWriter(EXPECTED_BYTES)
                .writeVarLong(number)
                .writeByte(wholeMesh ? 1 : 0)
                .writeVarLong(timeoutMillis)
                .toByteArray();
    }

    public static Probe decode(WireReader in) throws WireException {
        return new Probe(in.readSequence(), in.readByte() != 0, in.readVarInt(MAX_TIMEOUT_MILLIS));
    }
}
