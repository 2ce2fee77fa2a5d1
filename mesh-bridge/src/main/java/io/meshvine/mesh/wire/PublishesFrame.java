package io.meshvine.mesh.wire;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A frame of publishes that is being filled: {@code header, accepted, consumed, epoch, previous, first, entries}. The
 * array has the final size from the start. Used once, on the bridge loop.
 */
public final class PublishesFrame {

    /** Most bytes before the first entry. */
    public static final int MAX_OVERHEAD_BYTES =
            FrameHeader.MAX_BYTES + 2 * Position.MAX_BYTES + 3 * WireWriter.MAX_VAR_LONG_BYTES;

    private final byte[] bytes;
    private int size;

    /**
     * Begins a frame.
     *
     * @param maxEntryBytes most bytes that its entries take together
     * @param accepted acknowledges the other direction's publishes
     * @param consumed the other direction's bytes that were consumed
     * @param previous the unconfirmed publish before the first sequenced entry: the receiver must have it. There may be
     *     a hole in between, of what an earlier life never stored or what was dropped
     * @param first position of the first sequenced entry; the others follow in the same life without a gap
     */
    public PublishesFrame(
            int maxEntryBytes,
            FrameHeader header,
            Position accepted,
            long consumed,
            Position previous,
            Position first) {
        bytes = new byte[MAX_OVERHEAD_BYTES + maxEntryBytes];
        bytes[0] = WireFormat.VERSION;
        bytes[1] = (byte) FrameKind.PUBLISHES.code();
        WireFormat.putInt(bytes, 2, header.source());
        WireFormat.putInt(bytes, 6, header.destination());
        int at = WireFormat.putVarLong(bytes, 10, header.position());
        at = accepted.put(bytes, at);
        at = WireFormat.putVarLong(bytes, at, consumed);
        at = WireFormat.putVarLong(bytes, at, first.epoch());
        at = previous.put(bytes, at);
        size = WireFormat.putVarLong(bytes, at, first.sequence());
    }

    public void add(FrameContent content, int flags, byte @Nullable [] groups, long nowNanos) {
        size = content.write(bytes, size, flags, groups, nowNanos);
    }

    public ByteBuffer toByteBuffer() {
        return ByteBuffer.wrap(bytes, 0, size);
    }
}
