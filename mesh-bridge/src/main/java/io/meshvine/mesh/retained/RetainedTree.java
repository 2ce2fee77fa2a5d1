package io.meshvine.mesh.retained;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The writes of a {@link RetainedMap} in the order of their topics' hashes: {@link RetainedDigest#BUCKETS} buckets of
 * {@link RetainedDigest#LEAVES} leaves each. A bucket and a leaf have the exclusive-or of the hashes of their topics with
 * their stamps. With a million topics a leaf has about sixteen, so that two nodes find one difference by comparing two
 * rows of hashes and one short list. Buckets without a topic cost nothing.
 *
 * <p>Changed by one thread at a time, under the lock of the map; read by any thread: a leaf is replaced as a whole.
 */
final class RetainedTree {

    private static final RetainedMessage[] NONE = {};

    private final AtomicReferenceArray<@Nullable Bucket> buckets = new AtomicReferenceArray<>(RetainedDigest.BUCKETS);

    private static final class Bucket {
        final AtomicLongArray hashes = new AtomicLongArray(RetainedDigest.LEAVES);
        final AtomicReferenceArray<RetainedMessage @Nullable []> leaves =
                new AtomicReferenceArray<>(RetainedDigest.LEAVES);
        /** Written under the map's lock. */
        volatile long hash;
    }

    /** Replaces what is known of a topic; one of the two may be absent. */
    void replace(@Nullable RetainedMessage before, @Nullable RetainedMessage after) {
        RetainedMessage any = after == null ? before : after;
        if (any == null) {
            return;
        }
        Bucket bucket = bucketFor(RetainedDigest.bucketOf(any.topic()));
        int leaf = RetainedDigest.leafOf(any.topic());
        RetainedMessage[] current = leaf(bucket, leaf);
        bucket.leaves.set(leaf, changed(current, before, after));
        long change = hash(before) ^ hash(after);
        bucket.hashes.set(leaf, bucket.hashes.get(leaf) ^ change);
        bucket.hash = bucket.hash ^ change;
    }

    private static long hash(@Nullable RetainedMessage message) {
        return message == null ? 0 : RetainedDigest.entryHash(message.topic(), message.stamp());
    }

    private static RetainedMessage[] changed(
            RetainedMessage[] current, @Nullable RetainedMessage before, @Nullable RetainedMessage after) {
        int place = -1;
        for (int i = 0; before != null && i < current.length; i++) {
            if (current[i].topic().equals(before.topic())) {
                place = i;
            }
        }
        if (place < 0) {
            if (after == null) {
                return current;
            }
            RetainedMessage[] more = Arrays.copyOf(current, current.length + 1);
            more[current.length] = after;
            return more;
        }
        RetainedMessage[] other = after == null ? Arrays.copyOf(current, current.length - 1) : current.clone();
        if (after != null) {
            other[place] = after;
        } else if (place < other.length) {
            other[place] = current[current.length - 1];
        }
        return other;
    }

    private Bucket bucketFor(int number) {
        Bucket bucket = buckets.get(number);
        if (bucket == null) {
            bucket = new Bucket();
            buckets.set(number, bucket);
        }
        return bucket;
    }

    private static RetainedMessage[] leaf(Bucket bucket, int leaf) {
        RetainedMessage @Nullable [] messages = bucket.leaves.get(leaf);
        return messages == null ? NONE : messages;
    }

    /** The hashes of all buckets. */
    long[] bucketHashes() {
        long[] hashes = new long[RetainedDigest.BUCKETS];
        for (int i = 0; i < hashes.length; i++) {
            Bucket bucket = buckets.get(i);
            hashes[i] = bucket == null ? 0 : bucket.hash;
        }
        return hashes;
    }

    /** The hashes of the leaves of a bucket. */
    long[] leafHashes(int number) {
        long[] hashes = new long[RetainedDigest.LEAVES];
        Bucket bucket = buckets.get(number);
        for (int i = 0; bucket != null && i < hashes.length; i++) {
            hashes[i] = bucket.hashes.get(i);
        }
        return hashes;
    }

    /** The writes in a leaf, as of now. */
    List<RetainedMessage> leaf(int number, int leaf) {
        Bucket bucket = buckets.get(number);
        return bucket == null ? List.of() : List.of(leaf(bucket, leaf));
    }

    /** The writes in a bucket; each leaf as of some moment during the call. */
    List<RetainedMessage> bucket(int number) {
        Bucket bucket = buckets.get(number);
        if (bucket == null) {
            return List.of();
        }
        List<RetainedMessage> all = new ArrayList<>();
        for (int i = 0; i < RetainedDigest.LEAVES; i++) {
            all.addAll(Arrays.asList(leaf(bucket, i)));
        }
        return all;
    }
}
