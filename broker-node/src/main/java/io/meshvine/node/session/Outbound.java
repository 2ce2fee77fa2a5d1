package io.meshvine.node.session;

import io.meshvine.mesh.GroupKey;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of deliveries out of one session: sent, in flight, queued or dropped. Knows no threads; confined to the
 * session's lock. Owns the message reference of every {@link Entry} given to it.
 *
 * <p>Order is kept within QoS 0, and within QoS 1 and 2 together: whatever could be sent at once waits while something
 * of its kind is waiting.
 *
 * <p>Of a durable session, each delivery of QoS 1 and 2 has a record, which goes once the delivery is over. At QoS 1 it
 * may leave before its record is durable; at QoS 2, PUBLISH waits for its record, and PUBREL for that of the PUBREC.
 */
final class Outbound {

    private static final Logger LOG = LoggerFactory.getLogger(Outbound.class);

    private final SessionContext context;
    private final DeliveryRecords records;
    private final ReadPermit permit;
    private @Nullable Outlet outlet;
    /** Most deliveries of QoS 1 and 2 in flight on this connection. */
    private int windowLimit;

    private boolean unflushed;

    /** Deliveries of QoS 0 that the counters do not know of yet: they are told once a burst. */
    private int qos0Uncounted;

    // Allocated when first needed: most sessions of a node are idle.
    private @Nullable DeliveryWindow window;
    private @Nullable EntryList queue;
    private @Nullable EntryList qos0;

    /** The last delivery that was sent has this place in the journal. */
    private long sentThrough;

    Outbound(SessionContext context, @Nullable SessionJournal journal, ReadPermit permit, Runnable wakeUp) {
        this.context = context;
        this.permit = permit;
        this.records = new DeliveryRecords(context.journal(), journal, wakeUp);
    }

    DeliveryRecords records() {
        return records;
    }

    /** No delivery behind this place in the journal was sent. */
    long sentThrough() {
        return sentThrough;
    }

    /** What is found in the store, in the order of the journal. Before anything else. */
    void restore(List<SessionRecords.Queued> found, long mayBeSentThrough) {
        DeliveryWindow inFlight = window();
        found.stream()
                .filter(queued -> queued.delivery() == null)
                .sorted(Comparator.comparingLong(SessionRecords.Queued::order))
                .forEach(queued -> {
                    records.restored(queued.order());
                    sentThrough = Math.max(sentThrough, queued.sequence());
                    inFlight.restoreReleased(entry(queued));
                });
        int waiting = 0;
        boolean sent = true;
        for (SessionRecords.Queued queued : found) {
            if (queued.delivery() == null) {
                continue;
            }
            Entry entry = entry(queued);
            // What is not within the window, or has an identifier that another one has, cannot have been sent.
            sent = sent
                    && queued.sequence() <= mayBeSentThrough
                    && inFlight.size() < context.limits().maxInFlight()
                    && inFlight.isFree(entry.packetId);
            if (sent) {
                sentThrough = Math.max(sentThrough, queued.sequence());
                inFlight.restore(entry);
            } else {
                entry.packetId = queued.packetId();
                enqueue(queue(), entry);
                waiting++;
            }
        }
        context.counters().onInFlight(inFlight.size());
        context.counters().onRestored(waiting);
    }

    private static Entry entry(SessionRecords.Queued queued) {
        Entry entry = new Entry(queued.delivery());
        entry.sequence = queued.sequence();
        entry.packetId = queued.packetId() == SessionRecords.IDENTIFIER_BY_SEQUENCE
                ? SessionJournal.packetId(queued.sequence())
                : queued.packetId();
        return entry;
    }

    /** Sends, queues or drops. Returns false if dropped. */
    boolean accept(Entry entry) {
        Message message = entry.pending().message();
        records.arrived(entry);
        DropReason refusal = refusal(message);
        if (refusal != null) {
            return drop(entry, refusal);
        }
        return entry.pending().qos() == 0 ? acceptQos0(entry) : acceptAcknowledged(entry);
    }

    private boolean acceptQos0(Entry entry) {
        Outlet to = outlet;
        if (to == null) {
            return drop(entry, DropReason.QOS0_OFFLINE);
        }
        EntryList pending = qos0;
        if ((pending == null || pending.isEmpty()) && isWritable(to)) {
            sendQos0(to, entry);
            return true;
        }
        if (entry.pending().message().count() > 1) {
            return acceptEach(entry.pending());
        }
        if (pending == null) {
            pending = new EntryList();
            qos0 = pending;
        }
        int footprint = entry.pending().message().footprint();
        SessionLimits limits = context.limits();
        if (pending.size() >= limits.maxQos0Pending() || pending.bytes() + footprint > limits.maxQos0PendingBytes()) {
            return drop(entry, DropReason.QOS0_SLOW);
        }
        enqueue(pending, entry);
        return true;
    }

    private boolean acceptEach(Delivery delivery) {
        boolean any = false;
        for (Delivery one : delivery.each()) {
            any |= acceptQos0(new Entry(one));
        }
        return any;
    }

    private boolean acceptAcknowledged(Entry entry) {
        Outlet to = outlet;
        EntryList waiting = queue;
        if (to != null
                && (waiting == null || waiting.isEmpty())
                && window().hasRoom(windowLimit)
                && isWritable(to)
                && records.mayLeave(entry, window())) {
            sendFirst(to, entry);
            return true;
        }
        waiting = queue();
        if (!isPassing(waiting) && !makeRoom(waiting, entry.pending().message().footprint())) {
            return drop(entry, DropReason.QUEUE_FULL);
        }
        enqueue(waiting, entry);
        return true;
    }

    private EntryList queue() {
        EntryList waiting = queue;
        if (waiting == null) {
            waiting = new EntryList();
            queue = waiting;
        }
        return waiting;
    }

    /** Whether one more waits for its record or for the connection to be writable, and not for the window. */
    private boolean isPassing(EntryList waiting) {
        return outlet != null && window().hasRoom(windowLimit - waiting.size());
    }

    private boolean makeRoom(EntryList waiting, int footprint) {
        SessionLimits limits = context.limits();
        while (waiting.size() >= limits.maxQueuedMessages() || waiting.bytes() + footprint > limits.maxQueuedBytes()) {
            Entry oldest = limits.overflow() == SessionLimits.Overflow.DROP_OLDEST ? dequeue(waiting) : null;
            if (oldest == null) {
                return false;
            }
            drop(oldest, DropReason.QUEUE_FULL);
        }
        return true;
    }

    /** Whether the queue for QoS 1 and 2 takes no message at all. */
    boolean isQueueFull() {
        EntryList waiting = queue;
        return waiting != null
                && !isPassing(waiting)
                && (waiting.size() >= context.limits().maxQueuedMessages()
                        || waiting.bytes() >= context.limits().maxQueuedBytes());
    }

    /** Connects: PUBRELs go out again [MQTT-4.4.0-1], then PUBLISHes and the queue, with {@link #pump}. */
    void attach(Outlet to) {
        outlet = to;
        windowLimit = Math.min(to.receiveMaximum(), context.limits().maxInFlight());
        DeliveryWindow inFlight = window;
        if (inFlight != null && !inFlight.isEmpty()) {
            inFlight.reconnect();
        }
    }

    /** Disconnects. What waits at QoS 0 is dropped. */
    void detach() {
        countQos0();
        outlet = null;
        unflushed = false;
        dropAll(qos0, DropReason.QOS0_OFFLINE);
    }

    /**
     * Takes out the shared deliveries that another member may get without breaking exactly-once: those never sent, and
     * sent ones of QoS 1. A sent one of QoS 2 stays [MQTT-4.8.2-5].
     */
    void moveShared(BiPredicate<GroupKey, Message> hasOtherMember, List<Entry> moved) {
        DeliveryWindow inFlight = window;
        if (inFlight != null && inFlight.shared() > 0) {
            inFlight.forEachUnacknowledged(entry -> {
                Delivery delivery = entry.pending();
                GroupKey group = delivery.group();
                if (group != null && delivery.qos() == 1 && hasOtherMember.test(group, delivery.message())) {
                    delivery.message().retain();
                    Entry other = new Entry(delivery);
                    other.sequence = entry.sequence;
                    other.unit = entry.unit;
                    moved.add(other);
                    inFlight.remove(entry);
                    context.counters().onInFlight(-1);
                }
            });
        }
        EntryList waiting = queue;
        Entry entry = waiting == null || waiting.shared() == 0 ? null : waiting.first();
        while (entry != null && waiting != null) {
            Entry following = entry.next;
            GroupKey group = entry.pending().group();
            if (group != null && hasOtherMember.test(group, entry.pending().message())) {
                waiting.remove(entry);
                countDequeued(entry);
                moved.add(entry);
            }
            entry = following;
        }
    }

    /** The groups of which {@link #moveShared} could take something. */
    Set<GroupKey> sharedWaiting() {
        Set<GroupKey> groups = new HashSet<>(0);
        DeliveryWindow inFlight = window;
        if (inFlight != null && inFlight.shared() > 0) {
            inFlight.forEachUnacknowledged(entry -> {
                GroupKey group = entry.pending().group();
                if (group != null && entry.pending().qos() == 1) {
                    groups.add(group);
                }
            });
        }
        EntryList waiting = queue;
        if (waiting != null && waiting.shared() > 0) {
            for (Entry entry = waiting.first(); entry != null; entry = entry.next) {
                GroupKey group = entry.pending().group();
                if (group != null) {
                    groups.add(group);
                }
            }
        }
        return groups;
    }

    /** Sends what waits, at most so many messages. Returns whether it stopped for that reason alone. */
    boolean pump(int budget) {
        Outlet to = outlet;
        if (to == null) {
            return false;
        }
        sendReleases(to);
        for (int i = 0; i < budget; i++) {
            if (!isWaiting() || !isWritable(to)) {
                return false;
            }
            boolean progress = pumpQos0(to);
            progress |= pumpAcknowledged(to);
            if (!progress) {
                return false;
            }
        }
        return isWaiting();
    }

    /** The client has received these; the PUBREL leaves once that is kept. */
    private void sendReleases(Outlet to) {
        DeliveryWindow inFlight = window;
        if (inFlight == null) {
            return;
        }
        Entry entry;
        while ((entry = inFlight.peekRelease()) != null && records.isKept(entry)) {
            inFlight.releaseSent();
            to.pubrel(entry.packetId);
            unflushed = true;
        }
    }

    private boolean isWaiting() {
        EntryList waiting = queue;
        EntryList pending = qos0;
        DeliveryWindow inFlight = window;
        return (waiting != null && !waiting.isEmpty())
                || (pending != null && !pending.isEmpty())
                || (inFlight != null && inFlight.hasUnsent());
    }

    private boolean pumpQos0(Outlet to) {
        EntryList pending = qos0;
        Entry entry = pending == null ? null : dequeue(pending);
        if (entry == null) {
            return false;
        }
        DropReason refusal = refusal(entry.pending().message());
        if (refusal != null) {
            drop(entry, refusal);
        } else {
            sendQos0(to, entry);
        }
        return true;
    }

    private boolean pumpAcknowledged(Outlet to) {
        DeliveryWindow inFlight = window;
        if (inFlight != null && inFlight.hasUnsent()) {
            Entry entry = inFlight.pollResend(windowLimit);
            if (entry == null) {
                return false;
            }
            resend(to, inFlight, entry);
            return true;
        }
        EntryList waiting = queue;
        if (waiting == null || !window().hasRoom(windowLimit)) {
            return false;
        }
        Entry entry = waiting.first();
        if (entry == null) {
            return false;
        }
        DropReason refusal = refusal(entry.pending().message());
        if (refusal == null && !records.mayLeave(entry, window())) {
            return false;
        }
        dequeue(waiting);
        if (refusal != null) {
            drop(entry, refusal);
        } else {
            sendFirst(to, entry);
        }
        return true;
    }

    private void sendQos0(Outlet to, Entry entry) {
        Delivery delivery = entry.pending();
        int all = delivery.message().count();
        int written = write(to, delivery, 0, false) ? 1 : 0;
        if (all > 1) {
            written += writeFurther(to, delivery);
        }
        qos0Uncounted += written;
        if (written < all) {
            context.counters().onDropped(DropReason.TOO_LARGE, all - written);
        }
        entry.release();
    }

    private void sendFirst(Outlet to, Entry entry) {
        Delivery delivery = entry.pending();
        DeliveryWindow inFlight = window();
        inFlight.add(entry);
        sentThrough = Math.max(sentThrough, entry.sequence);
        if (write(to, delivery, entry.packetId, false)) {
            context.counters().onDelivered(delivery.qos(), 1);
            context.counters().onInFlight(1);
        } else {
            records.erase(entry);
            inFlight.remove(entry);
            context.counters().onDropped(DropReason.TOO_LARGE);
        }
    }

    /** Once sent, a message is sent again even if its expiry interval has passed meanwhile. */
    private void resend(Outlet to, DeliveryWindow inFlight, Entry entry) {
        if (!permit.mayRead(entry.pending().message().topic())) {
            endUnsent(inFlight, entry, DropReason.NOT_AUTHORIZED);
        } else if (write(to, entry.pending(), entry.packetId, true)) {
            context.counters().onResent();
        } else {
            endUnsent(inFlight, entry, DropReason.TOO_LARGE);
        }
    }

    private void endUnsent(DeliveryWindow inFlight, Entry entry, DropReason reason) {
        records.erase(entry);
        inFlight.remove(entry);
        context.counters().onInFlight(-1);
        context.counters().onDropped(reason);
    }

    /** Why a message is not to be sent, if it is not. */
    private @Nullable DropReason refusal(Message message) {
        if (isExpired(message)) {
            return DropReason.EXPIRED;
        }
        return permit.mayRead(message.topic()) ? null : DropReason.NOT_AUTHORIZED;
    }

    private boolean write(Outlet to, Delivery delivery, int packetId, boolean dup) {
        try {
            boolean written = to.publish(delivery, packetId, dup);
            unflushed |= written;
            return written;
        } catch (RuntimeException e) {
            // Not the publisher's fault, on whose thread this may run. At QoS 1 and 2 the next connection mends it.
            LOG.warn("A connection failed to write a PUBLISH of {}", delivery.message(), e);
            return true;
        }
    }

    private int writeFurther(Outlet to, Delivery delivery) {
        try {
            int written = to.publishFurther(delivery);
            unflushed |= written > 0;
            return written;
        } catch (RuntimeException e) {
            LOG.warn("A connection failed to write PUBLISHes of {}", delivery.message(), e);
            return delivery.message().further().count();
        }
    }

    /** PUBACK. Returns false if no such QoS 1 delivery is in flight. */
    boolean acknowledge(int packetId) {
        DeliveryWindow inFlight = window;
        Entry entry = inFlight == null ? null : inFlight.unacknowledged(packetId, 1);
        if (inFlight == null || entry == null) {
            return false;
        }
        records.erase(entry);
        inFlight.remove(entry);
        context.counters().onInFlight(-1);
        return true;
    }

    /** PUBREC. Returns false if no such QoS 2 delivery is in flight. */
    boolean receive(int packetId, boolean success) {
        DeliveryWindow inFlight = window;
        if (inFlight == null) {
            return false;
        }
        Entry entry = inFlight.unacknowledged(packetId, 2);
        if (entry == null && !inFlight.isReleased(packetId)) {
            return false;
        }
        if (!success) {
            // [MQTT-4.3.3-4]: a PUBREC of 0x80 or more ends the delivery.
            if (entry == null) {
                complete(packetId);
                return true;
            }
            records.erase(entry);
            inFlight.remove(entry);
            context.counters().onInFlight(-1);
            return true;
        }
        Outlet to = outlet;
        if (entry != null) {
            inFlight.receive(entry);
            records.received(entry);
        } else if (to != null && !inFlight.isReleaseDue(packetId)) {
            to.pubrel(packetId);
            unflushed = true;
        }
        if (to != null) {
            sendReleases(to);
        }
        return true;
    }

    /** PUBCOMP. Returns false if no PUBREL of that identifier is on its way. */
    boolean complete(int packetId) {
        DeliveryWindow inFlight = window;
        Entry entry = inFlight == null ? null : inFlight.complete(packetId);
        if (entry == null) {
            return false;
        }
        records.erase(entry);
        context.counters().onInFlight(-1);
        return true;
    }

    /** Drops and releases everything; the records are deleted by the caller. */
    void clear(boolean counted) {
        dropAll(qos0, DropReason.SESSION_ENDED);
        records.end();
        EntryList waiting = queue;
        Entry entry;
        while (waiting != null && (entry = dequeue(waiting)) != null) {
            if (counted) {
                context.counters().onDropped(DropReason.SESSION_ENDED);
            }
            records.eraseUnwritten(entry);
            entry.release();
        }
        DeliveryWindow inFlight = window;
        if (inFlight != null) {
            inFlight.forEachUnacknowledged(records::eraseUnwritten);
        }
        clearWindow();
    }

    private void clearWindow() {
        DeliveryWindow inFlight = window;
        if (inFlight != null) {
            context.counters().onInFlight(-inFlight.size());
            inFlight.clear();
        }
    }

    /** The session is durable no longer, but goes on; the records are deleted by the caller. */
    void forgetRecords() {
        records.end();
        for (Entry entry = queue().first(); entry != null; entry = entry.next) {
            records.eraseUnwritten(entry);
        }
        window().forEachUnacknowledged(records::eraseUnwritten);
        window().forEachReleased(records::eraseUnwritten);
    }

    /** The node stops: releases everything, and leaves the records for its next life. */
    void release() {
        records.leave();
        dropAll(qos0, DropReason.QOS0_OFFLINE);
        EntryList waiting = queue;
        Entry entry;
        while (waiting != null && (entry = dequeue(waiting)) != null) {
            entry.release();
        }
        clearWindow();
    }

    /** The session has all up to a place in the journal elsewhere; the records are deleted by the caller. */
    void forgetThrough(long through) {
        EntryList waiting = queue;
        Entry entry = waiting == null ? null : waiting.first();
        while (entry != null && waiting != null) {
            Entry following = entry.next;
            if (entry.sequence <= through) {
                waiting.remove(entry);
                countDequeued(entry);
                entry.release();
            }
            entry = following;
        }
        clearWindow();
    }

    /** A second copy of what is here already: nothing is dropped. */
    void leaveOut(Entry entry) {
        records.erase(entry);
        entry.release();
    }

    /** What came for a session that is over. */
    void dropEnded(Entry entry, boolean counted) {
        if (counted) {
            context.counters()
                    .onDropped(
                            DropReason.SESSION_ENDED, entry.pending().message().count());
        }
        records.erase(entry);
        entry.release();
    }

    boolean drop(Entry entry, DropReason reason) {
        context.counters().onDropped(reason, entry.pending().message().count());
        records.erase(entry);
        entry.release();
        return false;
    }

    private void dropAll(@Nullable EntryList list, DropReason reason) {
        Entry entry;
        while (list != null && (entry = dequeue(list)) != null) {
            drop(entry, reason);
        }
    }

    private void enqueue(EntryList list, Entry entry) {
        list.add(entry);
        context.counters().onQueued(1, entry.pending().message().footprint());
    }

    private @Nullable Entry dequeue(EntryList list) {
        Entry entry = list.poll();
        if (entry != null) {
            countDequeued(entry);
        }
        return entry;
    }

    private void countDequeued(Entry entry) {
        context.counters().onQueued(-1, -entry.pending().message().footprint());
    }

    boolean needsFlush() {
        return unflushed;
    }

    void flush() {
        Outlet to = outlet;
        if (unflushed && to != null) {
            unflushed = false;
            countQos0();
            to.flush();
        }
    }

    private void countQos0() {
        if (qos0Uncounted > 0) {
            context.counters().onDelivered(0, qos0Uncounted);
            qos0Uncounted = 0;
        }
    }

    /** What was written may be all that keeps the connection from being writable. */
    private boolean isWritable(Outlet to) {
        if (to.isWritable()) {
            return true;
        }
        if (!unflushed) {
            return false;
        }
        flush();
        return to.isWritable();
    }

    private boolean isExpired(Message message) {
        return message.canExpire() && message.isExpired(context.wallMillis().getAsLong());
    }

    private DeliveryWindow window() {
        DeliveryWindow inFlight = window;
        if (inFlight == null) {
            inFlight = new DeliveryWindow();
            window = inFlight;
        }
        return inFlight;
    }

    int queued() {
        EntryList waiting = queue;
        return waiting == null ? 0 : waiting.size();
    }

    long queuedBytes() {
        EntryList waiting = queue;
        return waiting == null ? 0 : waiting.bytes();
    }

    int qos0Pending() {
        EntryList pending = qos0;
        return pending == null ? 0 : pending.size();
    }

    int inFlight() {
        DeliveryWindow inFlight = window;
        return inFlight == null ? 0 : inFlight.size();
    }
}
