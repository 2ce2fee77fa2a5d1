package io.meshvine.mesh.wire;

/** A frame of a peer that cannot be understood. It carries no stack trace: what counts is the frame, not the code. */
public final class WireException extends Exception {
    public WireException(String problem) {
        super(problem, null, false, false);
    }
}
