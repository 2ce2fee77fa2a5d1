package io.meshvine.node.session;

import io.meshvine.mesh.Slices;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * An application message, shared by all its deliveries. Immutable; any thread. Its payload lies on the heap and is
 * nobody's to release: to count its references would cost several atomic steps for each delivery. Whoever has the message
 * says so all the same, by {@link #retain()} and {@link #release()}, for some ask when it is done with. Readers of the
 * payload use a duplicate or absolute indices, for the indices of the buffer are shared too.
 */
public final class Message {

    /** {@link #expiresAtMillis()} of a message that does not expire. */
    public static final long NEVER = Long.MAX_VALUE;

    /** {@link #id()} of a message that has none. */
    public static final long NO_ID = 0;

    /** What a waiting delivery costs beside topic and payload; part of {@link #footprint()}. */
    private static final int OBJECT_BYTES = 160;

    private final String topic;
    private final ByteBuf payload;
    private final int qos;
    private final boolean retain;
    private final MqttProperties properties;
    private final long expiresAtMillis;
    private final String publisherId;
    private final Origin origin;
    private final long id;
    private final int footprint;
    private final int hops;
    private final Slices further;

    /** Null where nobody asks when it is done with. */
    private final @Nullable Holders holders;

    /**
     * @param topic topic name, valid and without alias
     * @param payload readable bytes are the payload; on the heap, not pooled, never released and not to be changed
     * @param qos QoS of the publisher, 0 to 2
     * @param retain the publisher's RETAIN flag
     * @param properties what is passed on to subscribers unchanged: no topic alias, subscription identifier or message
     *     expiry interval. Not to be changed
     * @param expiresAtMillis wall-clock milliseconds since 1970, or {@link #NEVER}
     * @param publisherId client id of the publisher, which no-local looks at; "" for a peer and the node itself
     */
    public Message(
            String topic,
            ByteBuf payload,
            int qos,
            boolean retain,
            MqttProperties properties,
            long expiresAtMillis,
            String publisherId,
            Origin origin) {
        this(
                topic,
                payload,
                qos,
                retain,
                properties,
                expiresAtMillis,
                publisherId,
                origin,
                newId(qos, origin),
                0,
                Slices.NONE,
                null);
    }

    /**
     * The same with an identifier that it was given before; see {@link #id()}.
     *
     * @param hops see {@link #hops()}
     * @param further see {@link #further()}
     * @param released run, on any thread, once all that hold the message gave it back: clients have acknowledged it, or it
     *     was dropped, or it is kept elsewhere. Null if nobody asks
     */
    Message(
            String topic,
            ByteBuf payload,
            int qos,
            boolean retain,
            MqttProperties properties,
            long expiresAtMillis,
            String publisherId,
            Origin origin,
            long id,
            int hops,
            Slices further,
            @Nullable Runnable released) {
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("QoS must be 0 to 2: " + qos);
        }
        this.topic = topic;
        this.payload = payload;
        this.qos = qos;
        this.retain = retain;
        this.properties = properties;
        this.expiresAtMillis = expiresAtMillis;
        this.publisherId = publisherId;
        this.origin = origin;
        this.id = id;
        this.footprint = (1 + further.count()) * (OBJECT_BYTES + topic.length())
                + payload.readableBytes()
                + further.array().length;
        this.hops = hops;
        this.further = further;
        this.holders = released == null ? null : new Holders(released);
    }

    public String topic() {
        return topic;
    }

    /** The payload, without a reference for the caller. */
    public ByteBuf payload() {
        return payload;
    }

    public int qos() {
        return qos;
    }

    /** The publisher's RETAIN flag. */
    public boolean isRetain() {
        return retain;
    }

    public MqttProperties properties() {
        return properties;
    }

    public long expiresAtMillis() {
        return expiresAtMillis;
    }

    public String publisherId() {
        return publisherId;
    }

    public Origin origin() {
        return origin;
    }

    private static long newId(int qos, Origin origin) {
        boolean isNew = origin == Origin.CLIENT || origin == Origin.WILL;
        return qos > 0 && isNew ? ThreadLocalRandom.current().nextLong() : NO_ID;
    }

    /**
     * What tells this message from all others of QoS 1 and 2, mesh-wide, or {@link #NO_ID}: while a session moves, its
     * messages go to its old home and to the new one, which leaves out the second copy.
     */
    public long id() {
        return id;
    }

    /** How often it was handed on from node to node because no member of a shared subscription could take it there. */
    public int hops() {
        return hops;
    }

    /**
     * Slices of more messages behind this one, which are like it in all else: of QoS 0 and without properties. None for
     * most messages.
     */
    public Slices further() {
        return further;
    }

    /** How many messages it stands for: one, and those of {@link #further()}. */
    public int count() {
        return 1 + further.count();
    }

    /** The same with more messages behind it. */
    public Message with(Slices following) {
        return copy(following, null);
    }

    /** All that it stands for, one by one. */
    public List<Message> each() {
        List<Message> all = new ArrayList<>(count());
        all.add(copy(Slices.NONE, null));
        for (int i = 0; i < further.count(); i++) {
            ByteBuf own = Unpooled.wrappedBuffer(further.array(), further.start(i), further.length(i));
            all.add(new Message(topic, own, qos, retain, properties, expiresAtMillis, publisherId, origin));
        }
        return all;
    }

    /** Whether the message expiry interval has passed (MQTT 5, 3.3.2.3.3). */
    public boolean isExpired(long nowMillis) {
        return nowMillis >= expiresAtMillis;
    }

    /** Whether the message can expire at all, which spares the look at the clock. */
    public boolean canExpire() {
        return expiresAtMillis != NEVER;
    }

    /** Bytes that a waiting delivery of this message is charged with, towards the bounds of its session. */
    public int footprint() {
        return footprint;
    }

    /**
     * The same message with a count of holders of its own, and a reference for the caller.
     *
     * @param released run, on any thread, once all that hold the copy gave it back
     */
    Message copy(Runnable released) {
        return copy(further, released);
    }

    private Message copy(Slices following, @Nullable Runnable released) {
        return new Message(
                topic,
                payload,
                qos,
                retain,
                properties,
                expiresAtMillis,
                publisherId,
                origin,
                id,
                hops,
                following,
                released);
    }

    /** Somebody more has it. */
    public Message retain() {
        Holders counted = holders;
        if (counted != null) {
            counted.add();
        }
        return this;
    }

    /** Whoever had it is done with it. */
    public void release() {
        Holders counted = holders;
        if (counted != null) {
            counted.remove();
        }
    }

    @Override
    public String toString() {
        return "Message[topic=" + topic + ", qos=" + qos + ", retain=" + retain + ", " + payload.readableBytes()
                + " bytes, " + origin + "]";
    }
}
