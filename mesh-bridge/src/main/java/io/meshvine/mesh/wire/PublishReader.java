package io.meshvine.mesh.wire;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.Slices;
import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.mesh.retained.HybridTimestamp;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes frames of publishes. It remembers recent topics, so that a topic in use is checked and turned into a string
 * once. Confined to the bridge loop.
 */
public final class PublishReader {

    /** Most groups that one publish names. */
    static final int MAX_GROUPS = 65_535;

    private static final long NANOS_PER_MILLI = 1_000_000;

    /** Longest expiry: an unsigned number of four bytes (MQTT 5, 3.3.2.3.3). */
    private static final long MAX_EXPIRY_SECONDS = 0xffff_ffffL;

    private static final int EXPECTED_ENTRY_BYTES = 64;

    private final int maxPublishBytes;
    private final TopicNames topics = new TopicNames();
    private final SliceReader slices = new SliceReader();

    /**
     * @param maxPublishBytes largest body that is accepted
     */
    public PublishReader(int maxPublishBytes) {
        this.maxPublishBytes = maxPublishBytes;
    }

    /** Decodes what follows the header of a frame. */
    public PublishBatch read(WireReader in, long nowNanos) throws WireException {
        Position accepted = Position.read(in);
        long consumed = in.readSequence();
        long epoch = in.readSequence();
        Position previous = Position.read(in);
        long first = in.readSequence();
        List<Arrival> arrivals = new ArrayList<>(1 + in.remaining() / EXPECTED_ENTRY_BYTES);
        BitSet sequenced = new BitSet();
        while (in.remaining() > 0) {
            int flags = in.readByte();
            sequenced.set(arrivals.size(), (flags & EncodedPublish.SEQUENCED) != 0);
            arrivals.add(readWithFurther(in, flags, nowNanos));
        }
        return new PublishBatch(accepted, consumed, epoch, previous, first, arrivals, sequenced);
    }

    /** Decodes entries without sequence numbers. */
    List<Arrival> readEntries(WireReader in, long nowNanos) throws WireException {
        List<Arrival> arrivals = new ArrayList<>();
        while (in.remaining() > 0) {
            arrivals.add(readWithFurther(in, in.readByte(), nowNanos));
        }
        return arrivals;
    }

    /** Reads an entry and what comes behind it that is like it in all but its body. */
    Arrival readWithFurther(WireReader in, int flags, long nowNanos) throws WireException {
        Arrival first = readEntry(in, flags, nowNanos);
        if (!in.isNext(EncodedPublish.FURTHER)) {
            return first;
        }
        boolean mayFollow =
                (flags & ~(EncodedPublish.QOS_MASK | EncodedPublish.SEQUENCED)) == EncodedPublish.SUBSCRIBERS
                        && (first.publish().qos() > 0 || first.publish().isBare());
        if (!mayFollow) {
            throw new WireException("more publishes behind one with flags " + flags);
        }
        Slices further = slices.read(in, maxPublishBytes, first.publish().qos() > 0 ? 1 : 0);
        return new Arrival(first.publish(), true, List.of(), first.ticket(), further);
    }

    Arrival readEntry(WireReader in, int flags, long nowNanos) throws WireException {
        int qos = flags & EncodedPublish.QOS_MASK;
        boolean hasTicket = (flags & EncodedPublish.TICKET) != 0;
        if (qos > 2 || (hasTicket && (flags & EncodedPublish.GROUPS) == 0)) {
            throw new WireException("publish with flags " + flags);
        }
        long age = in.readVarLong();
        if (age > EncodedPublish.MAX_AGE_MILLIS) {
            throw new WireException("publish of age " + age);
        }
        List<GroupKey> groups = (flags & EncodedPublish.GROUPS) != 0 ? readGroups(in) : List.of();
        long ticket = hasTicket ? in.readVarLong() : 0;
        HybridTimestamp stamp = (flags & EncodedPublish.RETAIN) != 0 ? in.readStamp() : null;
        long expiry = (flags & EncodedPublish.EXPIRES) != 0 ? in.readVarLong() : MeshPublish.NEVER_EXPIRES;
        if (expiry > MAX_EXPIRY_SECONDS) {
            throw new WireException("publish with expiry " + expiry);
        }
        String topic = topics.read(in);
        byte[] body = in.readBytes(maxPublishBytes);
        if (body.length == 0) {
            throw new WireException("publish without properties");
        }
        long acceptedNanos = nowNanos - age * NANOS_PER_MILLI;
        MeshPublish publish = new MeshPublish(topic, qos, stamp != null, stamp, acceptedNanos, expiry, body);
        return new Arrival(publish, (flags & EncodedPublish.SUBSCRIBERS) != 0, groups, ticket);
    }

    private static List<GroupKey> readGroups(WireReader in) throws WireException {
        int count = in.readVarInt(MAX_GROUPS);
        List<GroupKey> groups = new ArrayList<>(Math.min(count, in.remaining()));
        for (int i = 0; i < count; i++) {
            groups.add(
                    new GroupKey(in.readString(WireFormat.MAX_TOPIC_BYTES), in.readString(WireFormat.MAX_TOPIC_BYTES)));
        }
        return groups;
    }

    /** Slices of one topic, one entry behind the other. */
    private static final class SliceReader {
        private int[] bounds = new int[128]; // used again

        /** Reads all that come now, at least one. */
        Slices read(WireReader in, int maxBytes, int minBytes) throws WireException {
            int from = in.position();
            int size = 0;
            while (in.isNext(EncodedPublish.FURTHER)) {
                in.skip(1);
                int length = in.readLength(maxBytes);
                if (length < minBytes) {
                    throw new WireException("publish without properties");
                }
                if (size == bounds.length) {
                    bounds = Arrays.copyOf(bounds, 2 * size);
                }
                bounds[size++] = in.position() - from;
                in.skip(length);
                bounds[size++] = in.position() - from;
            }
            return new Slices(Arrays.copyOfRange(in.array(), from, in.position()), Arrays.copyOf(bounds, size));
        }
    }

    /** Recent topics by their bytes. */
    private static final class TopicNames {
        private static final int SLOTS = 1024;
        private static final int MAX_REMEMBERED_BYTES = 256;

        private final @Nullable Known[] slots = new @Nullable Known[SLOTS];

        /** What comes in a burst of one publisher mostly has the same topic. */
        private @Nullable Known latest;

        private record Known(byte[] encoded, String name) {

            boolean is(byte[] bytes, int from, int length) {
                return Arrays.equals(encoded, 0, encoded.length, bytes, from, from + length);
            }
        }

        String read(WireReader in) throws WireException {
            int length = in.readLength(WireFormat.MAX_TOPIC_BYTES);
            byte[] bytes = in.array();
            int from = in.position();
            in.skip(length);
            Known before = latest;
            if (before != null && before.is(bytes, from, length)) {
                return before.name;
            }
            int slot = slot(bytes, from, length);
            Known known = slots[slot];
            if (known != null && known.is(bytes, from, length)) {
                latest = known;
                return known.name;
            }
            String name = new String(bytes, from, length, StandardCharsets.UTF_8);
            if (!TopicFilters.isValidTopicName(name)) {
                throw new WireException("publish with an invalid topic name");
            }
            if (length <= MAX_REMEMBERED_BYTES) {
                slots[slot] = new Known(Arrays.copyOfRange(bytes, from, from + length), name);
            }
            return name;
        }

        /** Looks at a few words of the topic only: a collision costs what no cache costs. */
        private static int slot(byte[] bytes, int from, int length) {
            long hash = length;
            if (length >= Long.BYTES) {
                hash += WireFormat.getLong(bytes, from + length - Long.BYTES);
                hash = WireFormat.mix(hash) + WireFormat.getLong(bytes, from + (length - Long.BYTES) / 2);
                hash = WireFormat.mix(hash) + WireFormat.getLong(bytes, from);
            } else {
                for (int i = 0; i < length; i++) {
                    hash = hash * 31 + bytes[from + i];
                }
            }
            return (int) WireFormat.mix(hash) & (SLOTS - 1);
        }
    }
}
