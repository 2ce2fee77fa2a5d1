package io.meshvine.mesh.retained;

import io.meshvine.mesh.NodeId;
import java.util.Arrays;
import java.util.BitSet;

/**
 * What a {@link RetainedMap} holds, in 2 KiB: topics fall into buckets by a hash that is the same on all nodes, and each
 * bucket has the exclusive-or of the hashes of its topics with their stamps. Maps that hold the same have the same
 * digest, in whatever order they came to it.
 *
 * @param buckets one hash per bucket. Not to be changed.
 */
public record RetainedDigest(long[] buckets) {

    /** Number of buckets. Part of the protocol between nodes, as the hashes are. */
    public static final int BUCKETS = 256;

    private static final long FNV_OFFSET = 0xCBF2_9CE4_8422_2325L;
    private static final long FNV_PRIME = 0x100_0000_01B3L;

    public RetainedDigest {
        if (buckets.length != BUCKETS) {
            throw new IllegalArgumentException("digest must have " + BUCKETS + " buckets, not " + buckets.length);
        }
    }

    /** The buckets in which the two differ. */
    public BitSet differing(RetainedDigest other) {
        BitSet differing = new BitSet(BUCKETS);
        for (int i = 0; i < BUCKETS; i++) {
            differing.set(i, buckets[i] != other.buckets[i]);
        }
        return differing;
    }

    /** The bucket of a topic. */
    public static int bucketOf(String topic) {
        return (int) mixed(topicHash(topic)) & (BUCKETS - 1);
    }

    /** What a topic with a stamp adds to its bucket, and, being exclusive-or, takes from it. */
    static long entryHash(String topic, HybridTimestamp stamp) {
        NodeId node = stamp.node();
        long hash = mixed(topicHash(topic) + stamp.wallMillis());
        hash = mixed(hash + stamp.counter());
        return mixed(mixed(hash + node.high()) + node.low());
    }

    /** FNV-1a over the UTF-16 code units. */
    private static long topicHash(String topic) {
        long hash = FNV_OFFSET;
        for (int i = 0; i < topic.length(); i++) {
            hash = (hash ^ topic.charAt(i)) * FNV_PRIME;
        }
        return hash;
    }

    /** The finalizer of SplitMix64 (Steele et al., "Fast Splittable Pseudorandom Number Generators", 2014). */
    private static long mixed(long value) {
        long z = value + 0x9E37_79B9_7F4A_7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D0_49BB_1331_11EBL;
        return z ^ (z >>> 31);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RetainedDigest digest && Arrays.equals(buckets, digest.buckets);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(buckets);
    }

    @Override
    public String toString() {
        return "RetainedDigest[" + Integer.toHexString(hashCode()) + "]";
    }
}
