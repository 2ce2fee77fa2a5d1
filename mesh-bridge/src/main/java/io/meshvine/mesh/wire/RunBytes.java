package io.meshvine.mesh.wire;

import java.util.Arrays;

/** Entries of a frame, one behind the other, without an age: what is written here leaves within the turn. Not thread-safe. */
final class RunBytes {

    /** A run is handed on once it has this many bytes: what is lost with it, or waits for it, is bounded. */
    private static final int ENOUGH_BYTES = 16 << 10;

    /** Flags, age and two lengths. */
    private static final int MAX_OVERHEAD_BYTES = 2 + 2 * WireWriter.MAX_VAR_LONG_BYTES;

    private byte[] array;
    private int size;

    RunBytes(int expectedBytes) {
        array = new byte[Math.max(expectedBytes, MAX_OVERHEAD_BYTES)];
    }

    /** Adds an entry with its topic; returns where the body is to be written. */
    int whole(int flags, byte[] topic, int bodyBytes) {
        reserve(topic.length + bodyBytes);
        array[size] = (byte) flags;
        array[size + 1] = 0; // age
        int at = WireFormat.putVarLong(array, size + 2, topic.length);
        System.arraycopy(topic, 0, array, at, topic.length);
        int body = WireFormat.putVarLong(array, at + topic.length, bodyBytes);
        size = body + bodyBytes;
        return body;
    }

    /** Adds one more for the topic of the entry before; returns where it is to be written. */
    int further(int bytes) {
        reserve(bytes);
        array[size] = EncodedPublish.FURTHER;
        int at = WireFormat.putVarLong(array, size + 1, bytes);
        size = at + bytes;
        return at;
    }

    private void reserve(int bytes) {
        int more = MAX_OVERHEAD_BYTES + bytes;
        if (array.length - size < more) {
            array = Arrays.copyOf(array, Math.max(array.length * 2, size + more));
        }
    }

    byte[] array() {
        return array;
    }

    int size() {
        return size;
    }

    /** Gives back what is not needed, if that is much. Nothing is added behind that. */
    void trim() {
        if (array.length / 2 > size) {
            array = Arrays.copyOf(array, size);
        }
    }

    boolean isEnough() {
        return size >= ENOUGH_BYTES;
    }

    /** Copies all entries; returns where they end. */
    int write(byte[] into, int from) {
        System.arraycopy(array, 0, into, from, size);
        return from + size;
    }
}
