package io.meshvine.mesh.wire;

/**
 * What a receiver tells the sender of publishes.
 *
 * @param accepted handed over to the local broker up to this sequence number
 * @param consumed bytes of counted frames that were consumed
 */
public record Acknowledgement(long accepted, long consumed) {

    public byte[] encode() {
        return new WireWriter(2 * WireWriter.MAX_VAR_LONG_BYTES)
                .writeVarLong(accepted)
                .writeVarLong(consumed)
                .toByteArray();
    }

    public static Acknowledgement decode(WireReader in) throws WireException {
        return new Acknowledgement(in.readSequence(), in.readSequence());
    }
}
