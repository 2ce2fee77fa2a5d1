package io.meshvine.mesh.wire;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.retained.HybridTimestamp;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the primitives of a frame, front to back. Nothing is allocated for a length that the frame does not hold. Not
 * thread-safe.
 */
public final class WireReader {
    private static final int MAX_VAR_LONG_SHIFT = 63;

    /** No link lives to see it; so whatever is counted on from a number of a peer does not overflow. */
    private static final long MAX_SEQUENCE = 1L << 62;

    private final byte[] bytes;
    private final int end;
    private int at;

    private WireReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    /** Reads what remains of the buffer, in place where it has an array. The buffer itself is not moved. */
    public static WireReader of(ByteBuffer frame) {
        if (frame.hasArray()) {
            int from = frame.arrayOffset() + frame.position();
            return new WireReader(frame.array(), from, from + frame.remaining());
        }
        byte[] copy = new byte[frame.remaining()];
        frame.duplicate().get(copy);
        return of(copy);
    }

    /** Reads a whole array. */
    public static WireReader of(byte[] bytes) {
        return new WireReader(bytes, 0, bytes.length);
    }

    public int remaining() {
        return end - at;
    }

    /** Fails unless everything was read. */
    public void requireEnd() throws WireException {
        if (at != end) {
            throw new WireException(remaining() + " bytes too many");
        }
    }

    public int readByte() throws WireException {
        require(1);
        return bytes[at++] & 0xff;
    }

    public int readInt() throws WireException {
        require(Integer.BYTES);
        int value = WireFormat.getInt(bytes, at);
        at += Integer.BYTES;
        return value;
    }

    public long readLong() throws WireException {
        require(Long.BYTES);
        long value = WireFormat.getLong(bytes, at);
        at += Long.BYTES;
        return value;
    }

    /** Reads an unsigned number of one to nine bytes, low groups of seven bits first. Never negative. */
    public long readVarLong() throws WireException {
        long value = 0;
        for (int shift = 0; shift < MAX_VAR_LONG_SHIFT; shift += 7) {
            int part = readByte();
            value |= (long) (part & 0x7f) << shift;
            if (part < 0x80) {
                return value;
            }
        }
        throw new WireException("number does not end");
    }

    /** Reads a sequence number or a count of bytes: one that can be counted on from. */
    public long readSequence() throws WireException {
        long value = readVarLong();
        if (value > MAX_SEQUENCE) {
            throw new WireException("sequence number " + value);
        }
        return value;
    }

    /** Reads an unsigned number and checks that it is not larger than allowed. */
    public int readVarInt(int max) throws WireException {
        long value = readVarLong();
        if (value > max) {
            throw new WireException("number " + value + " exceeds " + max);
        }
        return (int) value;
    }

    /** Reads a length and that many bytes. */
    public byte[] readBytes(int maxLength) throws WireException {
        int length = readLength(maxLength);
        byte[] copy = Arrays.copyOfRange(bytes, at, at + length);
        at += length;
        return copy;
    }

    /** Reads a length in bytes and that much UTF-8. */
    public String readString(int maxLength) throws WireException {
        int length = readLength(maxLength);
        String text = new String(bytes, at, length, StandardCharsets.UTF_8);
        at += length;
        return text;
    }

    public NodeId readNodeId() throws WireException {
        return new NodeId(readLong(), readLong());
    }

    public HybridTimestamp readStamp() throws WireException {
        return new HybridTimestamp(readLong(), readInt(), readNodeId());
    }

    /** Reads a length, checks that the frame holds it, and leaves the position behind the length. */
    int readLength(int maxLength) throws WireException {
        int length = readVarInt(maxLength);
        require(length);
        return length;
    }

    /** Whether there is one more byte, and which. It stays unread. */
    boolean isNext(int value) {
        return at < end && (bytes[at] & 0xff) == value;
    }

    byte[] array() {
        return bytes;
    }

    int position() {
        return at;
    }

    void skip(int length) throws WireException {
        require(length);
        at += length;
    }

    private void require(int length) throws WireException {
        if (end - at < length) {
            throw new WireException("frame ends " + (length - (end - at)) + " bytes early");
        }
    }
}
