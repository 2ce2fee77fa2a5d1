package io.meshvine.node.session;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/**
 * What happened in all sessions of a node. Any thread. At rest, what sessions accepted and what they brought along from
 * an earlier life of the node is delivered, queued or dropped with a reason.
 */
public final class SessionCounters {

    private static final int QOS_LEVELS = 3;

    private final LongAdder[] delivered = adders(QOS_LEVELS);
    private final Map<DropReason, LongAdder> dropped = new EnumMap<>(DropReason.class);
    private final LongAdder resent = new LongAdder();
    private final LongAdder queued = new LongAdder();
    private final LongAdder queuedBytes = new LongAdder();
    private final LongAdder inFlight = new LongAdder();
    private final LongAdder connected = new LongAdder();
    private final LongAdder expiredSessions = new LongAdder();
    private final LongAdder restored = new LongAdder();

    public SessionCounters() {
        for (DropReason reason : DropReason.values()) {
            dropped.put(reason, new LongAdder());
        }
    }

    private static LongAdder[] adders(int count) {
        LongAdder[] adders = new LongAdder[count];
        for (int i = 0; i < count; i++) {
            adders[i] = new LongAdder();
        }
        return adders;
    }

    /** Deliveries handed to a connection at that QoS; a resend does not count again. */
    public long delivered(int qos) {
        return delivered[qos].sum();
    }

    /** Deliveries dropped for that reason. */
    public long dropped(DropReason reason) {
        return adder(reason).sum();
    }

    /** Deliveries dropped for any reason. */
    public long dropped() {
        long sum = 0;
        for (LongAdder adder : dropped.values()) {
            sum += adder.sum();
        }
        return sum;
    }

    /** PUBLISH packets sent once more after a reconnect. */
    public long resent() {
        return resent.sum();
    }

    /** Deliveries that wait to be sent, now. */
    public long queued() {
        return queued.sum();
    }

    /** What waits, in bytes of {@link Message#footprint()}, now. */
    public long queuedBytes() {
        return queuedBytes.sum();
    }

    /** Deliveries of QoS 1 and 2 that were sent and not completely acknowledged, now. */
    public long inFlight() {
        return inFlight.sum();
    }

    /** Sessions with a connection, now. */
    public long connected() {
        return connected.sum();
    }

    /** Sessions that ended because their expiry interval passed. */
    public long expiredSessions() {
        return expiredSessions.sum();
    }

    /** Deliveries that were found waiting, and had never been sent for all that is known, when the node started. */
    public long restored() {
        return restored.sum();
    }

    private LongAdder adder(DropReason reason) {
        return Objects.requireNonNull(dropped.get(reason));
    }

    void onDelivered(int qos, int deliveries) {
        delivered[qos].add(deliveries);
    }

    /** A delivery was dropped. */
    public void onDropped(DropReason reason) {
        adder(reason).increment();
    }

    void onDropped(DropReason reason, long deliveries) {
        adder(reason).add(deliveries);
    }

    void onResent() {
        resent.increment();
    }

    void onQueued(int messages, long bytes) {
        queued.add(messages);
        queuedBytes.add(bytes);
    }

    void onInFlight(int change) {
        inFlight.add(change);
    }

    void onConnected(int change) {
        connected.add(change);
    }

    void onRestored(long deliveries) {
        restored.add(deliveries);
    }

    void onSessionExpired() {
        expiredSessions.increment();
    }
}
