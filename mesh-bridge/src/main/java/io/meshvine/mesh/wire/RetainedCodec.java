package io.meshvine.mesh.wire;

import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.mesh.retained.HybridTimestamp;
import io.meshvine.mesh.retained.RetainedDigest;
import io.meshvine.mesh.retained.RetainedMessage;
import io.meshvine.mesh.retained.RetainedStanding;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The frames with which two nodes make their retained messages alike. Stateless. */
public final class RetainedCodec {
    private static final int QOS_MASK = 0x03;
    private static final int TOMBSTONE = 0x04;
    private static final int EXPIRES = 0x08;

    private static final int OF_ALL = 0;
    private static final int OF_BUCKETS = 1;
    private static final int OF_LEAVES = 2;

    private RetainedCodec() {}

    /** A digest: of everything (one hash), of every bucket, or of the leaves of a bucket. */
    public sealed interface Digest {}

    /**
     * One hash of everything.
     *
     * @param standing what the sender's state is worth
     */
    public record Root(long hash, RetainedStanding.Level standing) implements Digest {}

    /** The hashes of all buckets. */
    public record Buckets(RetainedDigest digest) implements Digest {}

    /** The hashes of the leaves of a bucket. Not to be changed. */
    public record Leaves(int bucket, long[] hashes) implements Digest {

        /** The leaves in which the receiver is to say what it has: those that differ and are not empty at the sender. */
        public BitSet asked(long[] own) {
            BitSet asked = new BitSet(RetainedDigest.LEAVES);
            for (int i = 0; i < RetainedDigest.LEAVES; i++) {
                asked.set(i, hashes[i] != 0 && hashes[i] != own[i]);
            }
            return asked;
        }
    }

    /**
     * What a node has in some leaves of a bucket.
     *
     * @param stamps hash of the stamp by hash of the topic
     */
    public record Listing(int bucket, BitSet leaves, Map<Long, Long> stamps) {

        /** Whether the node knows of the topic. */
        public boolean knows(RetainedMessage message) {
            return stamps.containsKey(topicHash(message));
        }

        /** Whether the node has this very write. */
        public boolean has(RetainedMessage message) {
            Long stamp = stamps.get(topicHash(message));
            return stamp != null && stamp == stampHash(message);
        }
    }

    /** One hash of a whole digest. */
    public static long root(RetainedDigest digest) {
        long hash = 0;
        for (long bucket : digest.buckets()) {
            hash = WireFormat.mix(hash + bucket);
        }
        return hash;
    }

    private static long topicHash(RetainedMessage message) {
        return WireFormat.hash(0, message.topic());
    }

    private static long stampHash(RetainedMessage message) {
        HybridTimestamp stamp = message.stamp();
        long hash = WireFormat.mix(stamp.wallMillis()) + stamp.counter();
        return WireFormat.mix(
                WireFormat.mix(hash + stamp.node().high()) + stamp.node().low());
    }

    public static byte[] encode(Root root) {
        return new WireWriter(2 + Long.BYTES)
                .writeByte(OF_ALL)
                .writeLong(root.hash)
                .writeByte(root.standing.code())
                .toByteArray();
    }

    public static byte[] encode(Buckets buckets) {
        WireWriter out = new WireWriter(1 + RetainedDigest.BUCKETS * Long.BYTES).writeByte(OF_BUCKETS);
        for (long hash : buckets.digest.buckets()) {
            out.writeLong(hash);
        }
        return out.toByteArray();
    }

    public static byte[] encode(Leaves leaves) {
        WireWriter out = new WireWriter(2 + RetainedDigest.LEAVES * Long.BYTES)
                .writeByte(OF_LEAVES)
                .writeByte(leaves.bucket);
        for (long hash : leaves.hashes) {
            out.writeLong(hash);
        }
        return out.toByteArray();
    }

    public static Digest decodeDigest(WireReader in) throws WireException {
        int level = in.readByte();
        return switch (level) {
            case OF_ALL -> new Root(in.readLong(), readStanding(in));
            case OF_BUCKETS -> new Buckets(new RetainedDigest(readHashes(in, RetainedDigest.BUCKETS)));
            case OF_LEAVES -> new Leaves(in.readByte(), readHashes(in, RetainedDigest.LEAVES));
            default -> throw new WireException("retained digest of level " + level);
        };
    }

    private static RetainedStanding.Level readStanding(WireReader in) throws WireException {
        int code = in.readByte();
        RetainedStanding.Level standing = RetainedStanding.Level.of(code);
        if (standing == null) {
            throw new WireException("standing " + code);
        }
        return standing;
    }

    private static long[] readHashes(WireReader in, int count) throws WireException {
        long[] hashes = new long[count];
        for (int i = 0; i < count; i++) {
            hashes[i] = in.readLong();
        }
        return hashes;
    }

    public static byte[] encodeListing(int bucket, BitSet leaves, Collection<RetainedMessage> messages) {
        WireWriter out = new WireWriter(2 + RetainedDigest.LEAVES / Byte.SIZE + messages.size() * 2 * Long.BYTES)
                .writeByte(bucket)
                .writeBytes(leaves.toByteArray());
        for (RetainedMessage message : messages) {
            out.writeLong(topicHash(message)).writeLong(stampHash(message));
        }
        return out.toByteArray();
    }

    public static Listing decodeListing(WireReader in) throws WireException {
        int bucket = in.readByte();
        BitSet leaves = BitSet.valueOf(in.readBytes(RetainedDigest.LEAVES / Byte.SIZE));
        Map<Long, Long> stamps = new HashMap<>();
        while (in.remaining() > 0) {
            stamps.put(in.readLong(), in.readLong());
        }
        return new Listing(bucket, leaves, stamps);
    }

    /** Writes one message of a frame. Expiry travels as the time that is left, which needs no common clock. */
    public static void write(WireWriter out, RetainedMessage message, long nowMillis) {
        boolean expires = message.expiresAtMillis() != RetainedMessage.NEVER;
        out.writeByte(message.qos() | (message.tombstone() ? TOMBSTONE : 0) | (expires ? EXPIRES : 0))
                .writeStamp(message.stamp());
        if (expires) {
            out.writeLong(message.expiresAtMillis() - nowMillis);
        }
        out.writeString(message.topic()).writeBytes(message.body());
    }

    /** Reads a whole frame of messages. */
    public static List<RetainedMessage> decodeEntries(WireReader in, long nowMillis, int maxBodyBytes)
            throws WireException {
        List<RetainedMessage> messages = new ArrayList<>();
        while (in.remaining() > 0) {
            messages.add(read(in, nowMillis, maxBodyBytes));
        }
        return messages;
    }

    private static RetainedMessage read(WireReader in, long nowMillis, int maxBodyBytes) throws WireException {
        int flags = in.readByte();
        int qos = flags & QOS_MASK;
        boolean tombstone = (flags & TOMBSTONE) != 0;
        if (qos > 2 || flags > (QOS_MASK | TOMBSTONE | EXPIRES)) {
            throw new WireException("retained message with flags " + flags);
        }
        HybridTimestamp stamp = in.readStamp();
        long expiresAt = (flags & EXPIRES) != 0 ? nowMillis + in.readLong() : RetainedMessage.NEVER;
        String topic = in.readString(WireFormat.MAX_TOPIC_BYTES);
        byte[] body = in.readBytes(maxBodyBytes);
        if (tombstone == (body.length > 0)) {
            throw new WireException("a tombstone has no body, a retained message has one");
        }
        if (!TopicFilters.isValidTopicName(topic)) {
            throw new WireException("retained message with an invalid topic name");
        }
        return new RetainedMessage(topic, stamp, qos, body, tombstone, expiresAt);
    }
}
