package io.meshvine.mesh.interest;

/**
 * Hashes by which nodes compare what they hold: the same on every node and in every version, so part of the protocol.
 * They find differences that faults made; they are no defence against a member that lies.
 */
public final class StableHash {

    private static final long FNV_OFFSET = 0xCBF2_9CE4_8422_2325L;
    private static final long FNV_PRIME = 0x100_0000_01B3L;

    private StableHash() {}

    /** 64-bit FNV-1a over the UTF-16 code units. */
    public static long of(String text) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < text.length(); i++) {
            hash = (hash ^ text.charAt(i)) * FNV_PRIME;
        }
        return hash;
    }

    /** One step of SplitMix64 (Steele et al., "Fast Splittable Pseudorandom Number Generators", 2014). */
    public static long mix(long value) {
        long z = value + 0x9E37_79B9_7F4A_7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return z ^ (z >>> 31);
    }

    /** What an interest contributes to the sum that stands for a table of interests. */
    static long of(String group, String filter, int qos) {
        return mix(mix(mix(of(group)) + of(filter)) + qos);
    }
}
