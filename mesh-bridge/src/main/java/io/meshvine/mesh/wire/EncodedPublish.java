package io.meshvine.mesh.wire;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.MeshPublish;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A publish in wire form, encoded once however many peers get it. Immutable. An entry of a frame is
 * {@code flags, age, [groups], head, body}; flags, age and groups are the link's own. Behind it there may be
 * {@code FURTHER, length, payload} in a {@link PublishRun}, {@code FURTHER, length, body} in a {@link GuaranteedRun}.
 */
public final class EncodedPublish implements FrameContent {

    /** Bits of the flags: QoS of the publisher. */
    static final int QOS_MASK = 0x03;
    /** RETAIN flag; the head carries a stamp. */
    static final int RETAIN = 0x04;
    /** The head carries an expiry. */
    static final int EXPIRES = 0x08;
    /** The entry takes a sequence number of the link. */
    static final int SEQUENCED = 0x10;
    /** For ordinary subscribers. */
    static final int SUBSCRIBERS = 0x20;
    /** The entry names groups. */
    static final int GROUPS = 0x40;
    /** A ticket follows the groups. */
    static final int TICKET = 0x80;
    /** In place of flags: one more publish like the entry before. At QoS 0 its payload follows, else its body. */
    static final int FURTHER = 0x03;

    /** Ages are whole milliseconds and end here, at 49 days. */
    static final long MAX_AGE_MILLIS = 0xffff_ffffL;

    private static final int MAX_AGE_BYTES = 5;
    private static final int STAMP_BYTES = 2 * Long.BYTES + Integer.BYTES + Long.BYTES;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final byte[] head;
    private final byte[] body;
    private final int flags;
    private final long acceptedNanos;

    private EncodedPublish(byte[] head, byte[] body, int flags, long acceptedNanos) {
        this.head = head;
        this.body = body;
        this.flags = flags;
        this.acceptedNanos = acceptedNanos;
    }

    public static EncodedPublish of(MeshPublish publish) {
        int flags = publish.qos();
        byte[] topic = publish.topic().getBytes(StandardCharsets.UTF_8);
        int size = WireWriter.varLongSize(topic.length) + topic.length + WireWriter.varLongSize(publish.body().length);
        if (publish.stamp() != null) {
            flags |= RETAIN;
            size += STAMP_BYTES;
        }
        if (publish.expirySeconds() != MeshPublish.NEVER_EXPIRES) {
            flags |= EXPIRES;
            size += WireWriter.varLongSize(publish.expirySeconds());
        }
        byte[] head = new byte[size];
        int at = 0;
        if (publish.stamp() != null) {
            WireFormat.putLong(head, at, publish.stamp().wallMillis());
            WireFormat.putInt(head, at + 8, publish.stamp().counter());
            WireFormat.putLong(head, at + 12, publish.stamp().node().high());
            WireFormat.putLong(head, at + 20, publish.stamp().node().low());
            at += STAMP_BYTES;
        }
        if (publish.expirySeconds() != MeshPublish.NEVER_EXPIRES) {
            at = WireFormat.putVarLong(head, at, publish.expirySeconds());
        }
        at = WireFormat.putVarLong(head, at, topic.length);
        System.arraycopy(topic, 0, head, at, topic.length);
        WireFormat.putVarLong(head, at + topic.length, publish.body().length);
        return new EncodedPublish(head, publish.body(), flags, publish.acceptedNanos());
    }

    /** The names of groups as an entry carries them; null if there are none. */
    public static byte @Nullable [] encodeGroups(List<GroupKey> groups) {
        return encodeGroups(groups, 0);
    }

    /**
     * The names of groups and a ticket as an entry carries them; null if there are none.
     *
     * @param ticket by which the receiver says that their members are done with it; 0 if nobody asks
     */
    public static byte @Nullable [] encodeGroups(List<GroupKey> groups, long ticket) {
        if (groups.isEmpty()) {
            return null;
        }
        WireWriter out = new WireWriter(64).writeVarLong(groups.size());
        for (GroupKey group : groups) {
            out.writeString(group.group()).writeString(group.filter());
        }
        if (ticket != 0) {
            out.writeVarLong(ticket);
        }
        return out.toByteArray();
    }

    /** The flags of an entry of this publish. */
    public int flags(boolean sequenced, boolean subscribers, boolean groups) {
        return flags | (sequenced ? SEQUENCED : 0) | (subscribers ? SUBSCRIBERS : 0) | (groups ? GROUPS : 0);
    }

    /** Whether an entry with these flags is meant for subscribers, not only for the retained store. */
    public static boolean isForSubscribers(int entryFlags) {
        return (entryFlags & (SUBSCRIBERS | GROUPS)) != 0;
    }

    /** The flags of what is in a {@link PublishRun}, which has them written already. */
    public static int flagsOfRun() {
        return SUBSCRIBERS;
    }

    /** The same for an entry with a ticket behind its groups. */
    public static int withTicket(int flags) {
        return flags | TICKET;
    }

    /** Bytes of topic and body with what belongs to them. */
    public int size() {
        return head.length + body.length;
    }

    @Override
    public int publishes() {
        return 1;
    }

    @Override
    public int maxEntrySize(byte @Nullable [] groups) {
        return 1 + MAX_AGE_BYTES + (groups == null ? 0 : groups.length) + head.length + body.length;
    }

    @Override
    public int write(byte[] frame, int from, int entryFlags, byte @Nullable [] groups, long nowNanos) {
        int at = from;
        frame[at++] = (byte) entryFlags;
        at = WireFormat.putVarLong(frame, at, ageMillis(nowNanos));
        if (groups != null) {
            System.arraycopy(groups, 0, frame, at, groups.length);
            at += groups.length;
        }
        System.arraycopy(head, 0, frame, at, head.length);
        at += head.length;
        System.arraycopy(body, 0, frame, at, body.length);
        return at + body.length;
    }

    private long ageMillis(long nowNanos) {
        return Math.min(Math.max(0, (nowNanos - acceptedNanos) / NANOS_PER_MILLI), MAX_AGE_MILLIS);
    }
}
