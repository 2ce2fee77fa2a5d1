package io.meshvine.mesh.retained;

import io.meshvine.mesh.interest.FilterTrie;
import io.meshvine.mesh.interest.TopicFilters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The retained messages of the whole mesh, as this node knows them: per topic the write with the greatest stamp wins,
 * so that nodes that saw the same writes, in whatever order, hold the same. Deleted and expired messages stay as
 * tombstones, lest a node that missed the end brings the message back.
 *
 * <p>Any thread. Readers never wait; writers take turns. A reader that runs beside a write sees a topic as it was before
 * or after it.
 */
public final class RetainedMap {

    /** Tombstones go in steps of this fraction of their life, at the same moments on all nodes. */
    private static final int PURGE_STEPS = 32;

    /** A topic is written in the tree under the write lock of the trie, then in the trie. */
    private final FilterTrie<RetainedMessage> byTopic = new FilterTrie<>();

    private final RetainedTree tree = new RetainedTree();
    private final Bounds bounds;
    private final Bounds boundsForPeers;
    private final AtomicLong live = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();

    private volatile Journal journal = (topic, now) -> {};

    /** No message expires earlier. */
    private final AtomicLong nextExpiry = new AtomicLong(RetainedMessage.NEVER);

    /** No tombstone's age counts from an earlier time. */
    private final AtomicLong oldestTombstone = new AtomicLong(RetainedMessage.NEVER);

    /** Keeps what the map holds. */
    @FunctionalInterface
    public interface Journal {

        /**
         * The last word on a topic changes, or is dropped (null). Called before readers see it, for one change at a time
         * and in their order; must be quick.
         */
        void onChange(String topic, @Nullable RetainedMessage now);
    }

    /** Takes the one journal, which is told of the changes from now on. */
    public void keepIn(Journal one) {
        journal = one;
    }

    /**
     * What the map may hold. Asked about by {@link #hasRoom}; what is merged was accepted by some node.
     *
     * @param maxMessages live messages
     * @param maxBytes bytes of topics and bodies
     */
    public record Bounds(int maxMessages, long maxBytes) {

        /** Whatever comes. */
        public static final Bounds NONE = new Bounds(Integer.MAX_VALUE, Long.MAX_VALUE);

        public Bounds {
            if (maxMessages < 0 || maxBytes < 0) {
                throw new IllegalArgumentException("bounds must not be negative: " + maxMessages + ", " + maxBytes);
            }
        }
    }

    public RetainedMap() {
        this(Bounds.NONE);
    }

    public RetainedMap(Bounds bounds) {
        this.bounds = bounds;
        this.boundsForPeers = bounds.equals(Bounds.NONE)
                ? bounds
                : new Bounds(
                        (int) Math.min(Integer.MAX_VALUE, bounds.maxMessages + (long) bounds.maxMessages / 4),
                        bounds.maxBytes + bounds.maxBytes / 4);
    }

    /**
     * Takes in a write.
     *
     * @return true if it is now the newest of its topic; false if it is older than what is known, or the same
     * @throws IllegalArgumentException if the topic is invalid; then nothing changed
     */
    public boolean merge(RetainedMessage message) {
        if (!TopicFilters.isValidTopicName(message.topic())) {
            throw new IllegalArgumentException(
                    "invalid topic name of length " + message.topic().length());
        }
        boolean[] newest = {false};
        byTopic.compute(message.topic(), known -> {
            if (known != null && message.stamp().compareTo(known.stamp()) <= 0) {
                return known;
            }
            newest[0] = true;
            journal.onChange(message.topic(), message);
            account(known, message);
            return message;
        });
        return newest[0];
    }

    /** Reports the live messages whose topics match a filter, in no particular order. The filter must not be shared. */
    public void match(String filter, long nowMillis, Consumer<RetainedMessage> sink) {
        byTopic.forEachCovered(filter, message -> {
            if (message.isLive(nowMillis)) {
                sink.accept(message);
            }
        });
    }

    /** The last write of a topic, be it a tombstone or expired. */
    public @Nullable RetainedMessage get(String topic) {
        return byTopic.get(topic);
    }

    /** The number of messages that are no tombstones; those that expired count until they are purged. */
    public int liveCount() {
        return live.intValue();
    }

    /** The number of topics, tombstones included. */
    public int size() {
        return byTopic.size();
    }

    /** Bytes that all topics and bodies take, tombstones included. */
    public long bytes() {
        return bytes.get();
    }

    /**
     * Replaces expired messages by tombstones, which leaves the digest as it is, and removes tombstones that are older
     * than their life. Their age counts from the deletion's stamp or from the expiry, and they go in steps, so that all
     * nodes remove the same ones at about the same time and their digests stay alike.
     *
     * @param tombstoneLife must exceed the longest split and be the same on all nodes
     * @return the messages that expired, and the tombstones that were removed
     */
    public List<RetainedMessage> purge(long nowMillis, Duration tombstoneLife) {
        long step = Math.max(1, tombstoneLife.toMillis() / PURGE_STEPS);
        long horizon = Math.floorDiv(nowMillis - tombstoneLife.toMillis(), step) * step;
        if (nowMillis < nextExpiry.get() && horizon <= oldestTombstone.get()) {
            return List.of();
        }
        // Whatever is merged meanwhile lowers these again.
        nextExpiry.set(RetainedMessage.NEVER);
        oldestTombstone.set(RetainedMessage.NEVER);
        List<RetainedMessage> gone = new ArrayList<>();
        for (int bucket = 0; bucket < RetainedDigest.BUCKETS; bucket++) {
            for (RetainedMessage message : tree.bucket(bucket)) {
                if (isDue(message, nowMillis, horizon)) {
                    purge(message.topic(), nowMillis, horizon, gone);
                } else {
                    remind(message);
                }
            }
        }
        return gone;
    }

    /** A digest of all topics with their stamps, for comparison with peers. Cheap. */
    public RetainedDigest digest() {
        return new RetainedDigest(tree.bucketHashes());
    }

    /** The digests of the leaves of one bucket. */
    public long[] leafHashes(int bucket) {
        return tree.leafHashes(bucket);
    }

    /** All writes of one leaf, tombstones included, as of now. */
    public List<RetainedMessage> leaf(int bucket, int leaf) {
        return tree.leaf(bucket, leaf);
    }

    /** All writes of one bucket of the digest, tombstones included, as of now. */
    public List<RetainedMessage> bucket(int bucket) {
        return tree.bucket(bucket);
    }

    /**
     * Forgets a write as if it had never been: others deleted it so long ago that they do not remember it.
     *
     * @return false if something newer is known
     */
    public boolean forget(RetainedMessage message) {
        boolean[] forgotten = {false};
        byTopic.compute(message.topic(), known -> {
            if (known == null || !known.stamp().equals(message.stamp())) {
                return known;
            }
            forgotten[0] = true;
            journal.onChange(message.topic(), null);
            account(known, null);
            return null;
        });
        return forgotten[0];
    }

    /** Whether a client's message finds room: it replaces one that is no smaller, or the bounds leave that much. */
    public boolean hasRoom(String topic, int bodyBytes) {
        return hasRoom(topic, bodyBytes, bounds);
    }

    /**
     * Whether another node's message finds room: a quarter more than a client's, for what several nodes accepted at
     * once.
     */
    public boolean hasRoomForPeers(RetainedMessage message) {
        return hasRoom(message.topic(), message.body().length, boundsForPeers);
    }

    private boolean hasRoom(String topic, int bodyBytes, Bounds within) {
        if (within.equals(Bounds.NONE)) {
            return true;
        }
        RetainedMessage known = byTopic.get(topic);
        long more = topic.length() + bodyBytes - (known == null ? 0 : known.size());
        boolean isNew = bodyBytes > 0 && (known == null || known.tombstone());
        return (more <= 0 || bytes.get() + more <= within.maxBytes()) && (!isNew || live.get() < within.maxMessages());
    }

    private void purge(String topic, long nowMillis, long horizon, List<RetainedMessage> gone) {
        byTopic.compute(topic, known -> {
            if (known == null || !isDue(known, nowMillis, horizon)) {
                return known; // a newer write came in between
            }
            gone.add(known);
            RetainedMessage left = known.tombstone() ? null : known.expired();
            journal.onChange(topic, left);
            account(known, left);
            return left;
        });
    }

    private static boolean isDue(RetainedMessage message, long nowMillis, long horizon) {
        return message.tombstone() ? agesFrom(message) < horizon : !message.isLive(nowMillis);
    }

    /** When a tombstone's life begins. */
    private static long agesFrom(RetainedMessage tombstone) {
        long written = tombstone.stamp().wallMillis();
        long expiry = tombstone.expiresAtMillis();
        return expiry == RetainedMessage.NEVER ? written : Math.max(written, expiry);
    }

    /** Keeps the indexes and counts in step with the trie. Called with the trie's write lock held. */
    private void account(@Nullable RetainedMessage before, @Nullable RetainedMessage after) {
        if (before != null) {
            count(before, -1);
        }
        if (after != null) {
            count(after, 1);
        }
        tree.replace(before, after);
        if (after != null) {
            remind(after); // behind the tree: a purge at work either finds the message or keeps the reminder
        }
    }

    private void count(RetainedMessage message, int sign) {
        bytes.addAndGet(sign * message.size());
        live.addAndGet(message.tombstone() ? 0 : sign);
    }

    private void remind(RetainedMessage message) {
        if (message.tombstone()) {
            oldestTombstone.accumulateAndGet(agesFrom(message), Math::min);
        } else {
            nextExpiry.accumulateAndGet(message.expiresAtMillis(), Math::min);
        }
    }
}
