package io.meshvine.mesh.link;

import io.meshvine.mesh.MeshTransport;
import io.meshvine.mesh.PeerAddress;
import io.meshvine.mesh.wire.FrameHeader;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.WireWriter;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Hands the frames of one pair of sessions to the transport, and counts the bytes in flight. A frame that the transport
 * refuses is kept and goes first when there is room again. Confined to the bridge loop.
 */
final class FrameSender {
    private final MeshTransport transport;
    private final LinkListener listener;
    private final long windowBytes;

    private PeerAddress address = new PeerAddress(0, 0);
    private int source;
    private int destination;
    private long position;
    private long consumedByPeer;
    private @Nullable ByteBuffer refused;
    private boolean blocked;

    FrameSender(MeshTransport transport, LinkListener listener, long windowBytes) {
        this.transport = transport;
        this.listener = listener;
        this.windowBytes = windowBytes;
    }

    /** Forgets what was in flight and begins a new pair of sessions. */
    void begin(PeerAddress to, int sourceSession, int destinationSession) {
        address = to;
        source = sourceSession;
        destination = destinationSession;
        position = 0;
        consumedByPeer = 0;
        refused = null;
        blocked = false;
    }

    /** The header of the next frame. */
    FrameHeader header(FrameKind kind) {
        return new FrameHeader(kind, source, destination, kind.counted() ? position : 0);
    }

    /**
     * Sends a frame made of a header and a payload.
     *
     * @return whether the transport has room for another one
     */
    boolean send(FrameKind kind, byte[] payload) {
        WireWriter out = new WireWriter(FrameHeader.MAX_BYTES + payload.length);
        header(kind).write(out);
        return send(kind, out.writeRaw(payload).toByteBuffer());
    }

    /** Sends a whole frame. Once this was called, the frame is on its way, be it refused at first. */
    boolean send(FrameKind kind, ByteBuffer frame) {
        if (kind.counted()) {
            position += frame.remaining();
        }
        return hand(frame);
    }

    /** Tries again what was refused. */
    boolean resume() {
        ByteBuffer frame = refused;
        if (frame == null) {
            return !blocked;
        }
        if (blocked) {
            return false;
        }
        refused = null;
        return hand(frame);
    }

    private boolean hand(ByteBuffer frame) {
        int size = frame.remaining();
        if (!transport.send(address, frame)) {
            refused = frame;
            blocked = true;
            return false;
        }
        listener.onFrameSent(size);
        return true;
    }

    /** The transport has room again. */
    void unblock() {
        blocked = false;
    }

    /** The peer consumed this much. */
    void onConsumed(long consumed) {
        consumedByPeer = Math.max(consumedByPeer, Math.min(consumed, position));
    }

    /** Whether more may be in flight. */
    boolean isWindowOpen() {
        return position - consumedByPeer < windowBytes;
    }

    boolean hasInFlight() {
        return position > consumedByPeer;
    }

    long position() {
        return position;
    }

    PeerAddress address() {
        return address;
    }

    int source() {
        return source;
    }

    int destination() {
        return destination;
    }
}
