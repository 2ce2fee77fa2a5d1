package io.meshvine.mesh.wire;

/**
 * What a receiver tells the sender of publishes.
 *
 * @param accepted taken over by the local broker up to here, durably where that was needed
 * @param consumed bytes of counted frames that were consumed
 */
public record Acknowledgement(Position accepted, long consumed) {

    public byte[] encode() {
        return write(new WireWriter(Position.MAX_BYTES + WireWriter.MAX_VAR_LONG_BYTES))
                .toByteArray();
    }

    WireWriter write(WireWriter out) {
        return accepted.write(out).writeVarLong(consumed);
    }

    public static Acknowledgement decode(WireReader in) throws WireException {
        return new Acknowledgement(Position.read(in), in.readSequence());
    }
}
