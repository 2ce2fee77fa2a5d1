package io.meshvine.node.session;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.session.SessionHost;
import io.meshvine.mesh.wire.Position;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.CodecException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The durable form of sessions: keys and values of their records. Numbers are big-endian, so that keys are in numerical
 * order; strings are UTF-8. Each value begins with its version.
 *
 * <pre>
 * SESSIONS  'B' client id                     a session of it began anew: by which claim
 *           'H' client id                     header
 *           'O' session number, node          it came from there, or another part of it: that one's fence, and how far
 *           'Q' session number, packet id     a QoS 2 publish of the client that it has not released
 *           'R' session number                what is left of a session that moved
 *           'S' session number, topic filter  subscription
 * QUEUES    session number, sequence          a delivery, or what is left of one that the client has received
 *           0, number                         a publish that a member of a shared subscription has ({@link GroupCustody})
 * </pre>
 */
final class SessionRecords {

    /** Packet identifier of a delivery that has the one which follows from its sequence. */
    static final int IDENTIFIER_BY_SEQUENCE = 0;

    private static final byte VERSION = 1;

    private static final byte BEGUN = 'B';
    private static final byte HEADER = 'H';
    private static final byte INBOUND = 'Q';
    private static final byte SUBSCRIPTION = 'S';
    private static final byte ORIGIN = 'O';

    /** Kinds of records in a queue. */
    private static final byte MESSAGE = 1;

    private static final byte RELEASED = 2;

    // Flags of a delivery.
    private static final int MESSAGE_QOS_SHIFT = 2;
    private static final int QOS_MASK = 3;
    private static final int DELIVERY_RETAIN = 0x10;
    private static final int MESSAGE_RETAIN = 0x20;
    private static final int EXPIRES = 0x40;
    private static final int SHARED = 0x80;

    // Flags of a subscription.
    private static final int NO_LOCAL = 0x04;
    private static final int RETAIN_AS_PUBLISHED = 0x08;
    private static final int RETAIN_HANDLING_SHIFT = 4;

    private static final int NODE_BYTES = 2 * Long.BYTES;
    private static final int VALUE_OF_HEADER = 1 + 7 * Long.BYTES;
    private static final int VALUE_OF_RELEASED = 2 + Short.BYTES + Long.BYTES;

    /** Length of the key of a delivery. */
    static final int QUEUE_KEY_BYTES = 2 * Long.BYTES;

    private static final byte RESIDUE = 'R';

    private SessionRecords() {}

    // ---- Keys

    static byte[] headerKey(String clientId) {
        return key(HEADER, clientId);
    }

    static byte[] begunKey(String clientId) {
        return key(BEGUN, clientId);
    }

    private static byte[] key(byte kind, String clientId) {
        byte[] id = clientId.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + id.length).put(kind).put(id).array();
    }

    /** Where clean starts begin and, one further, end. */
    static byte[] allBegun(int further) {
        return new byte[] {(byte) (BEGUN + further)};
    }

    /** Where headers begin and, one further, end. */
    static byte[] headers(int further) {
        return new byte[] {(byte) (HEADER + further)};
    }

    static byte[] originKey(long number, NodeId from) {
        return ByteBuffer.allocate(1 + 3 * Long.BYTES)
                .put(ORIGIN)
                .putLong(number)
                .putLong(from.high())
                .putLong(from.low())
                .array();
    }

    /** Where the records of the nodes begin from which a session, or a part of it, came. */
    static byte[] origins(long number) {
        return part(ORIGIN, number);
    }

    static byte[] origin(long fence, long through) {
        return ByteBuffer.allocate(1 + 2 * Long.BYTES)
                .put(VERSION)
                .putLong(fence)
                .putLong(through)
                .array();
    }

    /** How far that was which came last from a node; {@link SessionHost#NOT_RECEIVED} if it had another fence. */
    static long through(byte[] originKey, byte[] origin, long fence) {
        return read(
                Family.SESSIONS,
                originKey,
                origin,
                in -> in.getLong() == fence ? in.getLong() : SessionHost.NOT_RECEIVED);
    }

    static byte[] inboundKey(long number, int packetId) {
        return ByteBuffer.allocate(1 + Long.BYTES + Short.BYTES)
                .put(INBOUND)
                .putLong(number)
                .putShort((short) packetId)
                .array();
    }

    static byte[] subscriptionKey(long number, String filter) {
        byte[] name = filter.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(1 + Long.BYTES + name.length)
                .put(SUBSCRIPTION)
                .putLong(number)
                .put(name)
                .array();
    }

    static byte[] residueKey(long number) {
        return part(RESIDUE, number);
    }

    /** Where what is left of sessions begins and, one further, ends. */
    static byte[] allResidues(int further) {
        return new byte[] {(byte) (RESIDUE + further)};
    }

    /** Where the unreleased publishes of a session begin. */
    static byte[] inbound(long number) {
        return part(INBOUND, number);
    }

    /** Where the subscriptions of a session begin. */
    static byte[] subscriptions(long number) {
        return part(SUBSCRIPTION, number);
    }

    /** Where the records of a kind begin and, one further, end. */
    static byte[] allInbound(int further) {
        return new byte[] {(byte) (INBOUND + further)};
    }

    static byte[] allSubscriptions(int further) {
        return new byte[] {(byte) (SUBSCRIPTION + further)};
    }

    private static byte[] part(byte kind, long number) {
        return ByteBuffer.allocate(1 + Long.BYTES).put(kind).putLong(number).array();
    }

    /** Where the queue of a session begins. */
    static byte[] queue(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    static byte[] queueKey(long number, long sequence) {
        return ByteBuffer.allocate(QUEUE_KEY_BYTES)
                .putLong(number)
                .putLong(sequence)
                .array();
    }

    /** Of a header or a clean start. */
    static String clientIdOf(byte[] key) {
        return new String(key, 1, key.length - 1, StandardCharsets.UTF_8);
    }

    /** The session that an inbound or subscription record belongs to. */
    static long numberOf(byte[] key) {
        return ByteBuffer.wrap(key).getLong(1);
    }

    static int packetIdOf(byte[] inboundKey) {
        return ByteBuffer.wrap(inboundKey).getShort(1 + Long.BYTES) & 0xFFFF;
    }

    static long numberOfQueue(byte[] queueKey) {
        return ByteBuffer.wrap(queueKey).getLong(0);
    }

    static long sequenceOf(byte[] queueKey) {
        return ByteBuffer.wrap(queueKey).getLong(Long.BYTES);
    }

    // ---- Clean start, header, subscription, unreleased publish

    static byte[] begun(long fence) {
        return ByteBuffer.allocate(1 + Long.BYTES).put(VERSION).putLong(fence).array();
    }

    static long begun(byte[] key, byte[] value) {
        return read(Family.SESSIONS, key, value, ByteBuffer::getLong);
    }

    static byte[] header(SessionHeader header) {
        return ByteBuffer.allocate(VALUE_OF_HEADER)
                .put(VERSION)
                .putLong(header.number())
                .putLong(header.expirySeconds())
                .putLong(header.disconnectedAtMillis())
                .putLong(header.sentThrough())
                .putLong(header.lastSequence())
                .putLong(header.fence())
                .putLong(header.begun())
                .array();
    }

    static SessionHeader header(byte[] key, byte[] value) {
        return read(
                Family.SESSIONS,
                key,
                value,
                in -> new SessionHeader(
                        in.getLong(),
                        in.getLong(),
                        in.getLong(),
                        in.getLong(),
                        in.getLong(),
                        in.getLong(),
                        in.hasRemaining() ? in.getLong() : 0));
    }

    static byte[] residue(Residue.Header residue) {
        byte[] clientId = residue.clientId().getBytes(StandardCharsets.UTF_8);
        int nodes = 1 + residue.behind().size();
        ByteBuffer out = ByteBuffer.allocate(1 + 6 * Long.BYTES + Integer.BYTES + nodes * NODE_BYTES + clientId.length)
                .put(VERSION)
                .putLong(residue.fence())
                .putLong(residue.interest().epoch())
                .putLong(residue.interest().sequence())
                .putLong(residue.leftAtMillis())
                .putLong(residue.handedOver())
                .putLong(residue.offeredThrough())
                .putInt(residue.behind().size());
        put(out, residue.home());
        residue.behind().forEach(node -> put(out, node));
        return out.put(clientId).array();
    }

    private static void put(ByteBuffer out, NodeId node) {
        out.putLong(node.high()).putLong(node.low());
    }

    static Residue.Header residue(byte[] key, byte[] value) {
        return read(Family.SESSIONS, key, value, in -> {
            long fence = in.getLong();
            Position interest = new Position(in.getLong(), in.getLong());
            long leftAtMillis = in.getLong();
            long handedOver = in.getLong();
            long offeredThrough = in.getLong();
            int count = in.getInt();
            NodeId home = new NodeId(in.getLong(), in.getLong());
            Set<NodeId> behind = new HashSet<>();
            for (int i = 0; i < count; i++) {
                behind.add(new NodeId(in.getLong(), in.getLong()));
            }
            return new Residue.Header(
                    StandardCharsets.UTF_8.decode(in).toString(),
                    fence,
                    home,
                    interest,
                    leftAtMillis,
                    handedOver,
                    offeredThrough,
                    behind);
        });
    }

    static byte[] subscription(Subscription subscription) {
        int flags = subscription.qos()
                | (subscription.noLocal() ? NO_LOCAL : 0)
                | (subscription.retainAsPublished() ? RETAIN_AS_PUBLISHED : 0)
                | subscription.retainHandling() << RETAIN_HANDLING_SHIFT;
        return ByteBuffer.allocate(2 + Integer.BYTES)
                .put(VERSION)
                .put((byte) flags)
                .putInt(subscription.identifier())
                .array();
    }

    static Subscription subscription(byte[] key, byte[] value) {
        int before = 1 + Long.BYTES;
        String filter = new String(key, before, key.length - before, StandardCharsets.UTF_8);
        return read(Family.SESSIONS, key, value, in -> {
            int flags = in.get();
            return new Subscription(
                    filter,
                    flags & QOS_MASK,
                    (flags & NO_LOCAL) != 0,
                    (flags & RETAIN_AS_PUBLISHED) != 0,
                    flags >> RETAIN_HANDLING_SHIFT & QOS_MASK,
                    in.getInt());
        });
    }

    static byte[] inboundValue() {
        return new byte[] {VERSION};
    }

    static int inbound(byte[] key, byte[] value) {
        return read(Family.SESSIONS, key, value, in -> packetIdOf(key));
    }

    // ---- Queue

    /**
     * A delivery that waits or is in flight.
     *
     * @param packetId its packet identifier, or {@link #IDENTIFIER_BY_SEQUENCE}
     */
    static byte[] delivery(Delivery delivery, int packetId) {
        Message message = delivery.message();
        byte[] topic = message.topic().getBytes(StandardCharsets.UTF_8);
        GroupKey group = delivery.group();
        byte[] share = group == null ? topic : group.group().getBytes(StandardCharsets.UTF_8);
        byte[] filter = group == null ? topic : group.filter().getBytes(StandardCharsets.UTF_8);
        int[] ids = delivery.subscriptionIds();
        int room = 3
                + Short.BYTES
                + (message.canExpire() ? Long.BYTES : 0)
                + Short.BYTES
                + ids.length * Integer.BYTES
                + (group == null ? 0 : 2 * Short.BYTES + share.length + filter.length)
                + Short.BYTES
                + topic.length;
        byte[] record = PublishCodec.encode(room, message);
        ByteBuffer out = ByteBuffer.wrap(record)
                .put(VERSION)
                .put(MESSAGE)
                .put((byte) flags(delivery))
                .putShort((short) packetId);
        if (message.canExpire()) {
            out.putLong(message.expiresAtMillis());
        }
        out.putShort((short) ids.length);
        for (int id : ids) {
            out.putInt(id);
        }
        if (group != null) {
            out.putShort((short) share.length).put(share);
            out.putShort((short) filter.length).put(filter);
        }
        out.putShort((short) topic.length).put(topic);
        return record;
    }

    private static int flags(Delivery delivery) {
        Message message = delivery.message();
        return delivery.qos()
                | message.qos() << MESSAGE_QOS_SHIFT
                | (delivery.retain() ? DELIVERY_RETAIN : 0)
                | (message.isRetain() ? MESSAGE_RETAIN : 0)
                | (message.canExpire() ? EXPIRES : 0)
                | (delivery.group() != null ? SHARED : 0);
    }

    /**
     * A delivery of QoS 2 that the client has received, and for which a PUBREL is on its way.
     *
     * @param order in which the client received, for PUBRELs go in the order of the PUBRECs [MQTT-4.6.0-4]
     */
    static byte[] released(int packetId, long order) {
        return ByteBuffer.allocate(VALUE_OF_RELEASED)
                .put(VERSION)
                .put(RELEASED)
                .putShort((short) packetId)
                .putLong(order)
                .array();
    }

    /**
     * A record of a queue.
     *
     * @param delivery null if the client has received it
     * @param packetId its packet identifier, or {@link #IDENTIFIER_BY_SEQUENCE}
     * @param order of what was received, else 0
     */
    record Queued(long sequence, @Nullable Delivery delivery, int packetId, long order) {}

    static Queued queued(byte[] key, byte[] value) {
        long sequence = sequenceOf(key);
        return read(Family.QUEUES, key, value, in -> switch (in.get()) {
            case MESSAGE -> message(sequence, in);
            case RELEASED -> new Queued(sequence, null, in.getShort() & 0xFFFF, in.getLong());
            default -> throw new IllegalArgumentException("of a kind that this version does not know");
        });
    }

    private static Queued message(long sequence, ByteBuffer in) {
        int flags = in.get();
        int packetId = in.getShort() & 0xFFFF;
        long expiresAtMillis = (flags & EXPIRES) != 0 ? in.getLong() : Message.NEVER;
        int count = in.getShort() & 0xFFFF;
        int[] ids = count == 0 ? Delivery.NO_IDS : new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = in.getInt();
        }
        GroupKey group = (flags & SHARED) != 0 ? new GroupKey(string(in), string(in)) : null;
        String topic = string(in);
        ByteBuf body = Unpooled.wrappedBuffer(in);
        Message message = PublishCodec.decode(
                topic,
                flags >> MESSAGE_QOS_SHIFT & QOS_MASK,
                (flags & MESSAGE_RETAIN) != 0,
                body,
                expiresAtMillis,
                Origin.STORE);
        Delivery delivery = new Delivery(message, flags & QOS_MASK, (flags & DELIVERY_RETAIN) != 0, ids, group);
        return new Queued(sequence, delivery, packetId, 0);
    }

    private static String string(ByteBuffer in) {
        byte[] utf8 = new byte[in.getShort() & 0xFFFF];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    /** Reads what is behind the version. */
    @FunctionalInterface
    private interface Decoder<T> {
        T decode(ByteBuffer in);
    }

    private static <T> T read(Family family, byte[] key, byte[] value, Decoder<T> decoder) {
        try {
            ByteBuffer in = ByteBuffer.wrap(value);
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("of version " + version + ", and this one knows " + VERSION);
            }
            return decoder.decode(in);
        } catch (BufferUnderflowException
                | IndexOutOfBoundsException
                | IllegalArgumentException
                | CodecException unreadable) {
            throw new IllegalStateException(
                    "cannot read the record " + HexFormat.of().formatHex(key) + " of " + family + ": " + unreadable,
                    unreadable);
        }
    }
}
