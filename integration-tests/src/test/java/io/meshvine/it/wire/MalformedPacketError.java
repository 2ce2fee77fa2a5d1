package io.meshvine.it.wire;

/** The server under test sent a packet that the standard forbids. */
public final class MalformedPacketError extends AssertionError {

    private static final long serialVersionUID = 1L;

    MalformedPacketError(String message) {
        super("the server sent a malformed packet: " + message);
    }
}
