package io.meshvine.mesh.retained;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.interest.StableHash;
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

    /** Number of leaves of a bucket. Part of the protocol between nodes. */
    public static final int LEAVES = 256;

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
        return (int) StableHash.mix(StableHash.of(topic)) & (BUCKETS - 1);
    }

    /** The leaf of a topic in its bucket. */
    public static int leafOf(String topic) {
        return (int) (StableHash.mix(StableHash.of(topic)) >>> Byte.SIZE) & (LEAVES - 1);
    }

    /** What a topic with a stamp adds to its bucket, and, being exclusive-or, takes from it. */
    static long entryHash(String topic, HybridTimestamp stamp) {
        NodeId node = stamp.node();
        long hash = StableHash.mix(StableHash.of(topic) + stamp.wallMillis());
        hash = StableHash.mix(hash + stamp.counter());
        return StableHash.mix(StableHash.mix(hash + node.high()) + node.low());
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
