package io.meshvine.node.session;

import io.meshvine.mesh.GroupKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What the node keeps for one client across its connections: subscriptions, what waits for it, what it has not
 * acknowledged, and which of its QoS 2 publishes it has not released (MQTT 5, 4.1).
 *
 * <p>{@link #deliver} may be called from any thread and keeps the order of each calling thread: deliveries go through a
 * mailbox that is emptied on the session's loop, which is the connection's event loop while there is one and a loop
 * chosen by client id while there is none; on the connection's own thread they take a short cut when nothing is ahead
 * of them. Everything that concerns the connection is called on the connection's loop. The state behind the mailbox is
 * guarded by a lock that is contended only while the session moves from one loop to another; the {@link Outlet} is
 * called under it. Callers of {@code deliver} on other threads never wait for it.
 */
public final class ClientSession {

    /** Messages worked off at a time, so that one session does not keep its loop from the others. */
    private static final int BATCH = 512;

    private final String clientId;
    private final SessionContext context;
    /** Guards everything that is not volatile or final. */
    private final Mailbox mailbox = new Mailbox();

    private final Outbound outbound;
    private final Home detachedHome;

    private volatile Home home;
    private volatile @Nullable Outlet outlet;
    /** The thread of the connection's loop. */
    private volatile @Nullable Thread loopThread;

    /** Null for a session that does not outlive its connection. */
    private volatile @Nullable SessionJournal journal;

    private volatile boolean queueFull;

    // What waits in the queue, as it was after the last turn.
    private volatile int queued;
    private volatile long queuedBytes;
    private volatile boolean givenUp;
    private volatile boolean ended;
    private volatile long expirySeconds;
    private volatile ReadPermit permit = ReadPermit.ALL;
    private volatile @Nullable ConcurrentHashMap<String, Subscription> subscriptions;

    /** Set while the outlet is called, which may call back. */
    private boolean busy;

    private boolean pumpAgain;
    /** Set when a turn is wanted, whatever the mailbox holds. */
    private volatile boolean woken;

    private @Nullable PacketIdSet inboundQos2;

    /** Messages that came while the session moves here, from its old home or directly; the second copy is left out. */
    private volatile @Nullable SeenCopies moving;

    /** Of those that came directly, what the old home has too: its copy is in its place, the direct one is left out. */
    private volatile @Nullable Set<Long> repeated;

    /** Whether the session goes on elsewhere, with all that is in it. */
    private volatile boolean movedAway;

    private volatile long wholeThrough;

    /** Whether another node is being given what is in it: nothing leaves it meanwhile. */
    private volatile boolean handingOver;

    ClientSession(String clientId, SessionContext context, Executor detachedLoop, @Nullable SessionJournal journal) {
        this.clientId = clientId;
        this.context = context;
        this.journal = journal;
        this.outbound = new Outbound(context, journal, this::mayRead, this::wakeUp);
        this.detachedHome = new Home(this, detachedLoop);
        this.home = detachedHome;
    }

    /** Where the session's turns run: on one loop, until the session moves to another. Compared by identity. */
    private static final class Home implements Runnable {
        final Executor loop;
        private final ClientSession session;

        Home(ClientSession session, Executor loop) {
            this.session = session;
            this.loop = loop;
        }

        @Override
        public void run() {
            session.takeTurn(this);
        }
    }

    public String clientId() {
        return clientId;
    }

    /** Whether the client has a connection. Any thread. */
    public boolean isConnected() {
        return outlet != null;
    }

    /** The client's connection; null if it has none. Any thread. */
    public @Nullable ConnectionFacts connection() {
        Outlet current = outlet;
        return current == null ? null : current.facts();
    }

    /** Whether the session is over: it takes no deliveries and no subscriptions any more. Any thread. */
    public boolean isEnded() {
        return ended;
    }

    /** Whether the session outlives its connection, and is kept in the journal. Any thread. */
    public boolean isDurable() {
        return journal != null;
    }

    /** Whether the session takes more, as far as one can tell beforehand. Any thread. */
    public boolean hasRoom() {
        return !queueFull && !ended;
    }

    /** Whether the client is connected and so much waits for it that a peer should send no more now. Any thread. */
    public boolean isCrowded() {
        return outlet != null
                && !ended
                && context.limits().isCrowded(mailbox.size() + queued, mailbox.bytes() + queuedBytes);
    }

    /** Whether the client has caught up, or nobody has to wait for it. Any thread. */
    boolean isRelaxed() {
        return outlet == null
                || ended
                || context.limits().isRelaxed(mailbox.size() + queued, mailbox.bytes() + queuedBytes);
    }

    /** It was waited for in vain: it is not to be waited for again before it has caught up. Any thread. */
    void giveUp() {
        givenUp = true;
    }

    boolean isGivenUp() {
        return givenUp;
    }

    /** Session Expiry Interval in seconds, as last set; see {@link Sessions}. Any thread. */
    public long expirySeconds() {
        return expirySeconds;
    }

    void expirySeconds(long seconds) {
        expirySeconds = seconds;
    }

    /** Whether the client may read a topic now. Any thread. */
    public boolean mayRead(String topic) {
        return permit.mayRead(topic);
    }

    /** Goes by what another connection of the client may read; returns whether that is something else. Any thread. */
    boolean permit(ReadPermit granted) {
        boolean differs = !granted.equals(permit);
        permit = granted;
        return differs;
    }

    /** The client's subscriptions by filter, as it wrote them. Any thread; a live view, not to be changed. */
    public Map<String, Subscription> subscriptions() {
        Map<String, Subscription> map = subscriptions;
        return map == null ? Map.of() : Collections.unmodifiableMap(map);
    }

    /** Delivers a message by itself; see {@link #deliver(Delivery, JournalBatch)}. */
    public boolean deliver(Delivery delivery) {
        JournalBatch batch = context.journal().batch();
        boolean accepted = deliver(delivery, batch);
        batch.commit();
        return accepted;
    }

    /**
     * Delivers a message; takes its own reference. Any thread; order is kept per calling thread.
     *
     * @param batch where a durable session keeps what it takes at QoS 1 and 2; the caller commits it. The delivery may
     *     reach the client before
     * @return false if it was refused: QoS 0 while not connected, a bound was reached, the session is over. That is
     *     counted. A delivery that was taken may still be dropped, and counted, later.
     */
    public boolean deliver(Delivery delivery, JournalBatch batch) {
        DropReason refusal = refusal(delivery);
        if (refusal != null && movedAway) {
            return false; // Who routed it found the old home still; the new one has it, for all know that by now.
        }
        if (refusal != null) {
            context.counters().onDropped(refusal, delivery.message().count());
            return false;
        }
        SeenCopies seen = moving;
        if (seen != null && !isFirst(delivery, seen)) {
            return true;
        }
        DeliveryBurst burst = batch.burst();
        SessionJournal own = journal;
        if (own != null && delivery.qos() > 0) {
            if (burst != null) {
                burst.handOver(this); // It came before.
            }
            boolean taken = deliverDurably(own, delivery, batch);
            if (burst != null) {
                burst.onDelivered(this);
            }
            return taken;
        }
        if (burst != null && delivery.group() == null) {
            burst.add(this, delivery);
            return true;
        }
        if (Thread.currentThread() == loopThread && mailbox.isIdle()) {
            synchronized (mailbox) {
                // Asked again: until here the session may have moved, or this call came out of its own outlet.
                if (Thread.currentThread() == loopThread && mailbox.isIdle() && !busy) {
                    return deliverHere(delivery);
                }
            }
        }
        delivery.message().retain();
        boolean taken = take(new Entry(delivery));
        scheduleTurn();
        return taken;
    }

    private boolean take(Entry entry) {
        Delivery delivery = entry.pending();
        Message message = delivery.message();
        if (!reserve(delivery.qos(), message)) {
            if (message.count() > 1) {
                return takeSome(delivery);
            }
            entry.release();
            return refuse(delivery.qos() == 0 ? DropReason.QOS0_SLOW : DropReason.QUEUE_FULL);
        }
        mailbox.push(entry);
        return true;
    }

    /** Takes of what a delivery stands for what there is room for. */
    private boolean takeSome(Delivery delivery) {
        boolean any = false;
        for (Delivery one : delivery.each()) {
            any |= take(new Entry(one));
        }
        return any;
    }

    /** Takes deliveries that were gathered, in order: at once, if there is room for all of them. */
    void takeAll(List<Entry> entries, int messages, long bytes) {
        SessionLimits limits = context.limits();
        if (mailbox.reserve(messages, bytes, limits.maxQos0Pending(), limits.maxQos0PendingBytes())) {
            mailbox.pushAll(entries);
        } else {
            entries.forEach(this::take);
        }
        scheduleTurn();
    }

    private boolean isFirst(Delivery delivery, SeenCopies seen) {
        return delivery.message().id() == Message.NO_ID
                || seen.isFirst(copyOf(delivery), context.wallMillis().getAsLong());
    }

    /** A shared subscription and an ordinary one may each bring a message. */
    static long copyOf(Delivery delivery) {
        long id = delivery.message().id();
        GroupKey group = delivery.group();
        return group == null ? id : id ^ ~(long) group.hashCode();
    }

    private boolean deliverDurably(SessionJournal own, Delivery delivery, JournalBatch batch) {
        Message message = delivery.message();
        if (!reserve(delivery.qos(), message)) {
            return refuse(DropReason.QUEUE_FULL);
        }
        JournalUnit unit = batch.unit();
        Entry entry = new Entry(delivery);
        entry.unit = unit;
        message.retain();
        synchronized (own) { // The order of the journal is that of the queue.
            entry.sequence = own.nextSequence();
            own.putQueued(unit, entry.sequence, unit.record(delivery));
            mailbox.push(entry);
        }
        scheduleTurn();
        return true;
    }

    private @Nullable DropReason refusal(Delivery delivery) {
        if (ended) {
            return DropReason.SESSION_ENDED;
        }
        if (delivery.qos() == 0) {
            return outlet == null ? DropReason.QOS0_OFFLINE : null;
        }
        return queueFull ? DropReason.QUEUE_FULL : null;
    }

    private boolean refuse(DropReason reason) {
        context.counters().onDropped(reason);
        return false;
    }

    /** The bounds of what waits hold for the mailbox too; QoS 0 can only take up its own share. */
    private boolean reserve(int qos, Message message) {
        SessionLimits limits = context.limits();
        int messages = limits.maxQos0Pending();
        long bytes = limits.maxQos0PendingBytes();
        if (qos > 0) {
            messages += limits.maxQueuedMessages();
            bytes += limits.maxQueuedBytes();
        }
        return mailbox.reserve(message.count(), message.footprint(), messages, bytes);
    }

    /** On the connection's own loop with nothing ahead: no detour; the flush follows in a turn. */
    private boolean deliverHere(Delivery delivery) {
        delivery.message().retain();
        busy = true;
        boolean accepted;
        try {
            accepted = outbound.accept(new Entry(delivery));
        } finally {
            busy = false;
        }
        afterCall(false);
        return accepted;
    }

    /**
     * Connects the session: sends again what is in flight, in the original order with the original packet identifiers
     * [MQTT-4.4.0-1], then what is queued, as far as the connection's Receive Maximum goes. To be called on the
     * connection's loop, after CONNACK was written and after an earlier connection was detached.
     *
     * @param loop the connection's event loop
     * @return false if the session has ended: the connection is to be closed
     */
    public boolean attach(Executor loop, Outlet connection) {
        synchronized (mailbox) {
            if (ended) {
                return false;
            }
            Outlet replaced = outlet;
            if (replaced != null) {
                detach(replaced);
            }
            home = new Home(this, loop);
            loopThread = Thread.currentThread();
            outlet = connection;
            context.counters().onConnected(1);
            busy = true;
            boolean more;
            try {
                outbound.attach(connection);
                more = outbound.pump(BATCH);
                outbound.flush();
            } finally {
                busy = false;
            }
            afterCall(more);
        }
        context.failover().onPresence(this);
        return true;
    }

    // ---- From node to node

    /** Number of the claim by which the client is at home here; 0 if it has none. Any thread. */
    public long fence() {
        SessionJournal own = journal;
        return own == null ? 0 : own.fence();
    }

    /** The client's home is here, by a later claim; to be kept with the next header. */
    void fence(long latest) {
        SessionJournal own = journal;
        if (own != null && latest > own.fence()) {
            own.fence(latest);
        }
    }

    /** Number of the claim whose clean start the session began with; 0 if none is known. Any thread. */
    public long begun() {
        SessionJournal own = journal;
        return own == null ? 0 : own.begun();
    }

    /** What is older than that clean start is none of the session; to be kept with the next header. */
    void begun(long clean) {
        SessionJournal own = journal;
        if (own != null) {
            own.begun(clean);
        }
    }

    /**
     * Takes note of how far the session is. All up to there can be read once every thread that may be delivering has passed on
     * and the store has settled.
     */
    void noteWhole() {
        SessionJournal own = journal;
        wholeThrough = own == null ? 0 : own.lastSequence();
    }

    /** As it was at {@link #noteWhole}. */
    long wholeThrough() {
        return wholeThrough;
    }

    @Nullable
    SessionJournal journal() {
        return journal;
    }

    /** From now on messages are told apart. */
    void moveHere() {
        SeenCopies seen = moving;
        if (seen == null) {
            moving = new SeenCopies();
        } else {
            seen.movesAgain(context.wallMillis().getAsLong());
        }
    }

    /** By which the next home tells messages apart: what this one took of late. */
    List<byte[]> seenCopies() {
        SeenCopies seen = moving;
        return seen == null ? List.of() : seen.records(context.wallMillis().getAsLong());
    }

    /** Another node begins to read what is in it, or did so in vain. */
    void handingOver(boolean now) {
        handingOver = now;
    }

    /** Keeps what comes in the mailbox until {@link #goOn}. Before anything is delivered. */
    void hold() {
        if (!mailbox.claimTurn()) {
            throw new IllegalStateException("deliveries came before");
        }
    }

    /**
     * Takes note of a delivery that the old home had in its queue: another copy, which came directly since {@link #hold}
     * or comes later, is left out. The old home got everything in order up to some point, so its copy is in its place,
     * while the direct one may be ahead of what only the old home had.
     */
    void cameFromOldHome(Delivery delivery) {
        SeenCopies seen = moving;
        if (seen != null && !isFirst(delivery, seen)) {
            leaveOut(copyOf(delivery));
        }
    }

    /**
     * Takes note of a message that the session took elsewhere, and that is not in what comes from there any more.
     *
     * @param direct whether what came directly has not gone further since {@link #hold}: it is left out
     */
    void seenElsewhere(long copy, long atMillis, boolean direct) {
        SeenCopies seen = moving;
        if (seen != null && !seen.isFirst(copy, atMillis) && direct) {
            leaveOut(copy);
        }
    }

    private void leaveOut(long copy) {
        Set<Long> left = repeated;
        if (left == null) {
            left = ConcurrentHashMap.newKeySet();
            repeated = left;
        }
        left.add(copy);
    }

    /** Works off what came since {@link #hold}, on this thread, so that what is left out is not kept any longer. */
    void goOn() {
        takeTurn(home);
    }

    /** What is to be run {@link SeenCopies#TIME} from now: no second copy is expected then, unless it moves again before. */
    Runnable settling() {
        SeenCopies seen = moving;
        int move = seen == null ? 0 : seen.move();
        return () -> {
            if (seen != null && seen == moving && seen.move() == move) {
                moving = null;
                repeated = null;
            }
        };
    }

    /** How it stands, as another node has to know. */
    @Nullable
    SessionHeader header() {
        SessionJournal own = journal;
        if (own == null) {
            return null;
        }
        synchronized (mailbox) {
            long now = context.wallMillis().getAsLong();
            return new SessionHeader(
                    own.number(),
                    expirySeconds,
                    now,
                    outbound.sentThrough(),
                    own.lastSequence(),
                    own.fence(),
                    own.begun());
        }
    }

    /** The session lives on at another node: nothing of it is left here, and nothing is dropped. */
    void moveAway(JournalBatch batch) {
        synchronized (mailbox) {
            movedAway = true;
            ended = true;
            outbound.clear(false);
            inboundQos2 = null;
        }
        SessionJournal own = journal;
        if (own != null) {
            own.deleteAll(batch.unit());
        }
    }

    /** The session lives on at another node, with all up to a place in the journal; what comes behind it waits here. */
    void leaveBehind(long through, JournalBatch batch) {
        SessionJournal own = journal;
        synchronized (mailbox) {
            outbound.forgetThrough(through);
            inboundQos2 = null;
        }
        if (own != null) {
            own.leaveBehind(batch.unit(), through);
        }
    }

    /** What waits here is elsewhere, up to a place in the journal. */
    void forgetThrough(long through, JournalBatch batch) {
        SessionJournal own = journal;
        synchronized (mailbox) {
            outbound.forgetThrough(through);
        }
        if (own != null) {
            own.deleteThrough(batch.unit(), through);
        }
    }

    /** Whether something waits for the client, or is on its way to where it does. Any thread. */
    boolean hasWaiting() {
        synchronized (mailbox) {
            return mailbox.size() > 0 || outbound.queued() > 0;
        }
    }

    // ---- What is kept

    /** What was found of this session in the store. Before anything else. */
    void restore(List<SessionRecords.Queued> queue, List<Integer> unreleased, long mayBeSentThrough) {
        synchronized (mailbox) {
            outbound.restore(queue, mayBeSentThrough);
            noteQueued();
            if (!unreleased.isEmpty()) {
                PacketIdSet ids = new PacketIdSet();
                unreleased.forEach(ids::add);
                inboundQos2 = ids;
            }
        }
        park();
    }

    /** Keeps that the client is connected, where the session is durable. */
    void keepConnected(JournalBatch batch) {
        SessionJournal own = journal;
        if (own != null) {
            own.putConnected(batch.unit(), expirySeconds);
        }
    }

    /** Keeps since when the client is not connected, where the session is durable. */
    void keepDisconnected(JournalBatch batch) {
        SessionJournal own = journal;
        if (own != null) {
            long sentThrough;
            synchronized (mailbox) {
                sentThrough = outbound.sentThrough();
            }
            own.putHeader(batch.unit(), expirySeconds, context.wallMillis().getAsLong(), sentThrough);
        }
    }

    /** The session does not outlive its connection any more: nothing is kept of it. */
    void forgetKept(JournalBatch batch) {
        SessionJournal own = journal;
        if (own != null) {
            synchronized (mailbox) {
                journal = null;
                outbound.forgetRecords();
            }
            own.deleteAll(batch.unit());
        }
    }

    /** Keeps a subscription, where the session is durable. */
    public void keepSubscription(Subscription subscription, JournalBatch batch) {
        SessionJournal own = journal;
        if (own != null) {
            own.putSubscription(batch.unit(), subscription);
        }
    }

    /** Keeps that a subscription is no more, where the session is durable. */
    public void forgetSubscription(String filter, JournalBatch batch) {
        SessionJournal own = journal;
        if (own != null) {
            own.deleteSubscription(batch.unit(), filter);
        }
    }

    // ---- The connection

    /** The connection is gone. On the connection's loop. Has no effect if another one is attached. */
    public void detach(Outlet connection) {
        List<Entry> moved = new ArrayList<>(0);
        synchronized (mailbox) {
            if (outlet != connection) {
                return;
            }
            leaveConnection();
            outbound.moveShared(this::hasOtherMember, moved);
            outbound.records().write();
            noteQueued();
        }
        context.failover().onPresence(this);
        redeliver(moved);
        park();
    }

    /** Gives what waits here for members of shared subscriptions to others that are connected. Any thread. */
    public void reassignShared() {
        List<Entry> moved = new ArrayList<>(0);
        synchronized (mailbox) {
            if (outlet != null || ended) {
                return;
            }
            outbound.moveShared(this::hasOtherMember, moved);
            outbound.records().write();
            noteQueued();
        }
        redeliver(moved);
        park();
    }

    /** Has it noted that members of shared subscriptions that come may get what waits here. */
    private void park() {
        Set<GroupKey> groups;
        synchronized (mailbox) {
            groups = outlet == null && !ended ? outbound.sharedWaiting() : Set.of();
        }
        groups.forEach(group -> context.failover().parked(this, group));
    }

    private void leaveConnection() {
        outlet = null;
        loopThread = null;
        home = detachedHome;
        outbound.detach();
        context.counters().onConnected(-1);
    }

    /** PUBACK. On the connection's loop. Returns false if no QoS 1 delivery of that identifier is in flight. */
    public boolean onPubAck(int packetId) {
        synchronized (mailbox) {
            boolean known = outbound.acknowledge(packetId);
            pump();
            return known;
        }
    }

    /**
     * PUBREC; answers with PUBREL. On the connection's loop. A reason of 0x80 or more ends the delivery [MQTT-4.3.3-4].
     *
     * @return false if no QoS 2 delivery of that identifier is in flight: nothing was answered, 0x92 is due
     */
    public boolean onPubRec(int packetId, int reason) {
        synchronized (mailbox) {
            boolean known = outbound.receive(packetId, reason < 0x80);
            pump();
            return known;
        }
    }

    /** PUBCOMP. On the connection's loop. Returns false if no PUBREL of that identifier was unanswered. */
    public boolean onPubComp(int packetId) {
        synchronized (mailbox) {
            boolean known = outbound.complete(packetId);
            pump();
            return known;
        }
    }

    /** The connection takes more again. On the connection's loop. */
    public void onWritable() {
        synchronized (mailbox) {
            pump();
        }
    }

    /**
     * A QoS 2 PUBLISH of the client arrived. On the connection's loop.
     *
     * @param batch where a durable session keeps it, together with what the publish leads to
     * @return false if it was received before and not yet released: it must not be routed again [MQTT-4.3.3-10]
     */
    public boolean beginQos2(int packetId, JournalBatch batch) {
        synchronized (mailbox) {
            PacketIdSet ids = inboundQos2;
            if (ids == null) {
                ids = new PacketIdSet();
                inboundQos2 = ids;
            }
            boolean first = ids.add(packetId);
            SessionJournal own = journal;
            if (first && own != null) {
                own.putInbound(batch.unit(), packetId);
                batch.keepTogether(); // It must not be known as received where a peer never gets it.
            }
            return first;
        }
    }

    /**
     * A PUBREL of the client arrived. On the connection's loop.
     *
     * @param batch where a durable session forgets the identifier; PUBCOMP waits until that is durable, for the client
     *     then uses the identifier for something else. That holds for an unknown one too, which may have been forgotten
     *     a moment ago
     * @return false if the identifier is unknown
     */
    public boolean endQos2(int packetId, JournalBatch batch) {
        synchronized (mailbox) {
            PacketIdSet ids = inboundQos2;
            SessionJournal own = journal;
            if (own != null) {
                own.deleteInbound(batch.unit(), packetId);
            }
            return ids != null && ids.remove(packetId);
        }
    }

    /** QoS 2 publishes of the client that it has not released yet; they count towards the node's Receive Maximum. */
    public int inboundQos2() {
        synchronized (mailbox) {
            PacketIdSet ids = inboundQos2;
            return ids == null ? 0 : ids.size();
        }
    }

    /** Deliveries of QoS 1 and 2 that wait to be sent. Any thread. */
    public int queued() {
        synchronized (mailbox) {
            return outbound.queued();
        }
    }

    /** Deliveries of QoS 1 and 2 that were sent and not completely acknowledged. Any thread. */
    public int inFlight() {
        synchronized (mailbox) {
            return outbound.inFlight();
        }
    }

    /** The session at this moment. Any thread. */
    public SessionStats stats() {
        synchronized (mailbox) {
            return new SessionStats(
                    clientId,
                    isConnected(),
                    subscriptions().size(),
                    mailbox.size(),
                    outbound.queued(),
                    outbound.queuedBytes(),
                    outbound.qos0Pending(),
                    outbound.inFlight(),
                    inboundQos2());
        }
    }

    /**
     * Ends the session: what it holds is released, what still comes is refused, and what was kept is deleted. Any
     * thread.
     */
    void end(JournalBatch batch) {
        List<Entry> moved = new ArrayList<>(0);
        synchronized (mailbox) {
            if (ended) {
                return;
            }
            ended = true;
            if (outlet != null) {
                leaveConnection();
            }
            // Even to one that is away [MQTT-4.8.2-6].
            outbound.moveShared(
                    (group, message) -> context.failover().hasOtherMember(this, group, message, true), moved);
            outbound.clear(true);
            inboundQos2 = null;
        }
        context.failover().onPresence(this);
        redeliver(moved);
        SessionJournal own = journal;
        if (own != null) {
            own.deleteAll(batch.unit());
        }
    }

    /** The node stops: what the session holds is released, and what is kept of it stays for the next life. */
    void close() {
        synchronized (mailbox) {
            ended = true;
            if (outlet != null) {
                leaveConnection();
            }
            outbound.release();
            inboundQos2 = null;
        }
    }

    /** The map behind {@link #subscriptions()}, made on first use. For {@link SubscriptionDirectory}. */
    ConcurrentHashMap<String, Subscription> subscriptionMap() {
        ConcurrentHashMap<String, Subscription> map = subscriptions;
        if (map == null) {
            synchronized (mailbox) {
                map = subscriptions;
                if (map == null) {
                    map = new ConcurrentHashMap<>(1);
                    subscriptions = map;
                }
            }
        }
        return map;
    }

    private void pump() {
        if (busy) {
            pumpAgain = true;
            return;
        }
        busy = true;
        boolean more;
        try {
            more = outbound.pump(BATCH);
        } finally {
            busy = false;
        }
        afterCall(more);
    }

    private void afterCall(boolean more) {
        noteQueued();
        if (more || pumpAgain || outbound.needsFlush() || outbound.records().isGathering()) {
            scheduleTurn();
        }
    }

    private void noteQueued() {
        boolean full = isQueueFull();
        if (full != queueFull) {
            queueFull = full;
        }
        int messages = outbound.queued();
        if (messages != queued) {
            queued = messages;
            queuedBytes = outbound.queuedBytes();
            if (givenUp && context.limits().isRelaxed(messages, queuedBytes)) {
                givenUp = false;
            }
        }
    }

    private boolean isQueueFull() {
        return context.limits().overflow() == SessionLimits.Overflow.REJECT_NEWEST && outbound.isQueueFull();
    }

    /** What the session waited for is durable. Any thread. */
    private void wakeUp() {
        woken = true;
        scheduleTurn();
    }

    private void scheduleTurn() {
        if (mailbox.claimTurn()) {
            run(home);
        }
    }

    private void run(Home where) {
        try {
            where.loop.execute(where);
        } catch (RejectedExecutionException e) {
            onLoopClosed(where);
        }
    }

    /** Only while the node shuts down. The turn is still ours. */
    private void onLoopClosed(Home closed) {
        if (closed == detachedHome) {
            takeTurn(closed);
            return;
        }
        synchronized (mailbox) {
            if (closed == home) {
                leaveConnection();
            }
        }
        run(detachedHome);
    }

    private void takeTurn(Home where) {
        List<Entry> moved = new ArrayList<>(0);
        boolean more = false;
        Home current;
        synchronized (mailbox) {
            current = home;
            if (current == where) {
                more = workOff(moved);
            }
        }
        if (current != where) {
            // The session moved after this turn was scheduled. Hand the turn on, unbroken.
            run(current);
            return;
        }
        redeliver(moved);
        if (more) {
            scheduleTurn();
        }
    }

    private boolean workOff(List<Entry> moved) {
        int taken = 0;
        long bytes = 0;
        boolean more = true;
        busy = true;
        pumpAgain = false;
        woken = false;
        try {
            Entry entry;
            while (taken < BATCH && (entry = mailbox.poll()) != null) {
                Message message = entry.pending().message();
                taken += message.count();
                bytes += message.footprint();
                accept(entry, moved);
            }
            more = outbound.pump(BATCH);
            outbound.flush();
        } finally {
            busy = false;
            noteQueued(); // before they are missing in the mailbox
            mailbox.free(taken, bytes);
            outbound.records().write();
            more |= mailbox.endTurn();
        }
        return more || pumpAgain || woken;
    }

    private void accept(Entry entry, List<Entry> moved) {
        GroupKey group = entry.pending().group();
        Set<Long> left = repeated;
        if (left != null && left.remove(copyOf(entry.pending()))) {
            outbound.leaveOut(entry);
        } else if (group != null
                && outlet == null
                && !movedAway
                && hasOtherMember(group, entry.pending().message())) {
            moved.add(entry);
        } else if (ended) {
            outbound.dropEnded(entry, !movedAway);
        } else if (outbound.accept(entry) && group != null && outlet == null) {
            context.failover().parked(this, group);
        }
    }

    private boolean hasOtherMember(GroupKey group, Message message) {
        return !handingOver && context.failover().hasOtherMember(this, group, message, ended);
    }

    /** Not under the lock: this goes into other sessions. */
    private void redeliver(List<Entry> moved) {
        for (int from = 0; from < moved.size(); from += BATCH) {
            redeliverSome(moved.subList(from, Math.min(moved.size(), from + BATCH)));
        }
    }

    /** What others keep and what goes here goes together. */
    private void redeliverSome(List<Entry> moved) {
        SessionJournal own = journal;
        SeenCopies seen = moving;
        JournalBatch batch = context.journal().batch();
        List<Delivery> deliveries = new ArrayList<>(moved.size());
        for (Entry entry : moved) {
            if (own != null && entry.sequence != 0) {
                own.deleteMoved(batch.unit(), entry);
            }
            if (seen != null) {
                seen.forget(copyOf(entry.pending())); // It may come back, and is no second copy then.
            }
            deliveries.add(entry.pending());
        }
        try {
            context.failover().redeliver(this, deliveries, batch);
        } finally {
            batch.commit();
            moved.forEach(Entry::release);
        }
    }

    @Override
    public String toString() {
        return "ClientSession[" + clientId + "]";
    }
}
