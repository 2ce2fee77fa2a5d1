package io.meshvine.mesh.wire;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Fixed-width numbers in arrays, big-endian; bounds of the format; the hash that both ends of a link compute. */
public final class WireFormat {

    /** The protocol version of this code, and the first byte of every frame and of every record. */
    public static final int VERSION = 2;

    /** The oldest protocol version that this code still speaks. */
    public static final int OLDEST_VERSION = 2;

    /** Longest topic name, topic filter or share name, in bytes of UTF-8 (MQTT 5, 1.5.4). */
    public static final int MAX_TOPIC_BYTES = 65_535;

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static final long FNV_OFFSET = 0xcbf29ce484222325L;
    private static final long FNV_PRIME = 0x100000001b3L;

    private WireFormat() {}

    /**
     * Hashes text, the same on every node: FNV-1a over its UTF-16 units with a final mix.
     *
     * @param seed a hash to continue, or 0
     */
    public static long hash(long seed, String text) {
        long hash = FNV_OFFSET ^ seed;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * FNV_PRIME;
        }
        return mix(hash);
    }

    /** Spreads a number over all bits (the finalizer of MurmurHash3). */
    public static long mix(long value) {
        long mixed = (value ^ (value >>> 33)) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ (mixed >>> 33);
    }

    static int getInt(byte[] bytes, int at) {
        return (int) INTS.get(bytes, at);
    }

    static void putInt(byte[] bytes, int at, int value) {
        INTS.set(bytes, at, value);
    }

    /** Writes a number that is not negative in one to nine bytes; returns where it ends. */
    static int putVarLong(byte[] bytes, int from, long value) {
        int at = from;
        long rest = value;
        while (rest > 0x7f) {
            bytes[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[at++] = (byte) rest;
        return at;
    }

    static long getLong(byte[] bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }

    static void putLong(byte[] bytes, int at, long value) {
        LONGS.set(bytes, at, value);
    }
}
