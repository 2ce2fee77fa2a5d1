package io.meshvine.mesh.wire;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.retained.HybridTimestamp;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes the primitives of a frame into an array that grows when it must. Not thread-safe. */
public final class WireWriter {

    /** Most bytes of a number written by {@link #writeVarLong}. */
    public static final int MAX_VAR_LONG_BYTES = 9;

    private byte[] bytes;
    private int size;

    public WireWriter(int expectedBytes) {
        bytes = new byte[expectedBytes];
    }

    /** Bytes needed for a number by {@link #writeVarLong}. */
    public static int varLongSize(long value) {
        return Math.max(1, (Long.SIZE - Long.numberOfLeadingZeros(value) + 6) / 7);
    }

    public int size() {
        return size;
    }

    public WireWriter writeByte(int value) {
        reserve(1);
        bytes[size++] = (byte) value;
        return this;
    }

    public WireWriter writeInt(int value) {
        reserve(Integer.BYTES);
        WireFormat.putInt(bytes, size, value);
        size += Integer.BYTES;
        return this;
    }

    public WireWriter writeLong(long value) {
        reserve(Long.BYTES);
        WireFormat.putLong(bytes, size, value);
        size += Long.BYTES;
        return this;
    }

    /** Writes a number that is not negative in one to nine bytes, low groups of seven bits first. */
    public WireWriter writeVarLong(long value) {
        if (value < 0) {
            throw new IllegalArgumentException("negative: " + value);
        }
        reserve(MAX_VAR_LONG_BYTES);
        size = WireFormat.putVarLong(bytes, size, value);
        return this;
    }

    /** Writes a length and the bytes. */
    public WireWriter writeBytes(byte[] value) {
        writeVarLong(value.length);
        return writeRaw(value);
    }

    /** Writes the bytes alone. */
    public WireWriter writeRaw(byte[] value) {
        reserve(value.length);
        System.arraycopy(value, 0, bytes, size, value.length);
        size += value.length;
        return this;
    }

    /** Writes a length in bytes and the text as UTF-8. */
    public WireWriter writeString(String text) {
        return writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    public WireWriter writeNodeId(NodeId id) {
        return writeLong(id.high()).writeLong(id.low());
    }

    public WireWriter writeStamp(HybridTimestamp stamp) {
        return writeLong(stamp.wallMillis()).writeInt(stamp.counter()).writeNodeId(stamp.node());
    }

    /** A copy of what was written. */
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    /** What was written, without a copy: the writer must not be used again. */
    public ByteBuffer toByteBuffer() {
        return ByteBuffer.wrap(bytes, 0, size);
    }

    private void reserve(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
        }
    }
}
