package io.meshvine.node.session;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.session.SessionHost;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The sessions of a node by client id, and their expiry. Any thread. Opening and closing the sessions of one client id
 * is serialised here; that an old connection is detached before the next one opens is the caller's part (the takeover
 * gate of the front).
 */
public final class Sessions implements AutoCloseable {

    /** Session Expiry Interval of a session that ends with its connection (MQTT 5, 3.1.2.11.2). */
    public static final long ENDS_AT_CLOSE = 0;

    /** Session Expiry Interval of a session that does not expire, seconds. */
    public static final long NEVER_EXPIRES = 0xFFFF_FFFFL;

    private static final int STRIPES = 64;

    private final SessionLimits limits;
    private final SessionCounters counters;
    private final Journal journal;
    private final SessionContext context;
    private final List<? extends Executor> detachedLoops;
    private final EventLoop timer;
    private final ConcurrentHashMap<String, Held> held = new ConcurrentHashMap<>();
    private final AtomicInteger size = new AtomicInteger();

    /** What is left here of sessions that moved. */
    private final AtomicInteger leftBehind = new AtomicInteger();

    /** One lock for all client ids of a hash; held while a session is opened, closed or ended. */
    private final Object[] stripes = new Object[STRIPES];

    private volatile Listener listener = session -> {};

    /** Learns of ended sessions, and finds other members of shared subscriptions. */
    @FunctionalInterface
    public interface Listener extends GroupFailover {

        /**
         * A session is over: it expired, was purged by a clean start, or ended with its connection. Runs before a
         * session of the same client id can be opened again, on the thread that ended it; must not open or close
         * sessions. Its subscriptions are still listed.
         */
        void onSessionEnded(ClientSession session);

        /** A session does not outlive its connection any more. As {@link #onSessionEnded}. */
        default void onSessionNotDurable(ClientSession session) {}

        @Override
        default boolean hasOtherMember(ClientSession unable, GroupKey group, Message message, boolean evenAway) {
            return false;
        }

        @Override
        default void redeliver(ClientSession unable, List<Delivery> deliveries, JournalBatch batch) {
            throw new IllegalStateException("no other member was offered");
        }

        @Override
        default void parked(ClientSession session, GroupKey group) {}

        @Override
        default void onPresence(ClientSession session) {}
    }

    /**
     * An opened session.
     *
     * @param present whether it existed before: the Session Present flag of CONNACK [MQTT-3.2.2-3]
     * @param kept what has to be durable before the client is told, or null if nothing has
     */
    public record OpenResult(
            ClientSession session,
            boolean present,
            @Nullable JournalUnit kept) {}

    /** A session and the timer that ends it. Guarded by the stripe of its client id. */
    private static final class Held {
        final ClientSession session;
        EventLoop.@Nullable Scheduled expiry;

        Held(ClientSession session) {
            this.session = session;
        }

        void cancelExpiry() {
            EventLoop.Scheduled pending = expiry;
            if (pending != null) {
                expiry = null;
                pending.cancel();
            }
        }
    }

    /**
     * @param journal where sessions that outlive their connection are kept
     * @param detachedLoops single-threaded loops, at least one; a session without connection runs on one of them
     * @param timer runs the expiry of sessions and tells the time
     */
    public Sessions(
            SessionLimits limits,
            SessionCounters counters,
            Journal journal,
            List<? extends Executor> detachedLoops,
            EventLoop timer) {
        if (detachedLoops.isEmpty()) {
            throw new IllegalArgumentException("at least one loop for sessions without connection is needed");
        }
        this.limits = limits;
        this.counters = counters;
        this.journal = journal;
        this.detachedLoops = List.copyOf(detachedLoops);
        this.timer = timer;
        this.context = new SessionContext(limits, counters, journal, timer::wallMillis, new CurrentListener());
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Object();
        }
    }

    /** Sessions are made before the router that listens; they always ask the current listener. */
    private final class CurrentListener implements GroupFailover {
        @Override
        public boolean hasOtherMember(ClientSession unable, GroupKey group, Message message, boolean evenAway) {
            return listener.hasOtherMember(unable, group, message, evenAway);
        }

        @Override
        public void redeliver(ClientSession unable, List<Delivery> deliveries, JournalBatch batch) {
            listener.redeliver(unable, deliveries, batch);
        }

        @Override
        public void parked(ClientSession session, GroupKey group) {
            listener.parked(session, group);
        }

        @Override
        public void onPresence(ClientSession session) {
            listener.onPresence(session);
        }
    }

    /** Takes the one listener. Before the first session is opened. */
    public void listen(Listener one) {
        listener = one;
    }

    /** Where sessions that outlive their connection are kept. */
    public Journal journal() {
        return journal;
    }

    public SessionLimits limits() {
        return limits;
    }

    public SessionCounters counters() {
        return counters;
    }

    /**
     * Opens the session of a client that connects: an existing one goes on, or, at a clean start, ends and gives way to
     * a new one [MQTT-3.1.2-4]. An expiry that was running stops.
     *
     * @param expirySeconds Session Expiry Interval of this connection; {@link #closed} may set another one
     * @return null if the node has as many sessions as it may have: CONNACK 0x97 is due
     */
    public @Nullable OpenResult open(String clientId, boolean cleanStart, long expirySeconds) {
        return open(clientId, cleanStart, expirySeconds, 0);
    }

    /**
     * The same for a client that claimed to be at home here.
     *
     * @param fence number of the claim, kept with the session
     */
    public @Nullable OpenResult open(String clientId, boolean cleanStart, long expirySeconds, long fence) {
        requireExpiry(expirySeconds);
        synchronized (stripe(clientId)) {
            JournalBatch batch = journal.batch();
            OpenResult opened = open(clientId, cleanStart, expirySeconds, fence, batch);
            JournalUnit kept = batch.commit();
            return opened == null ? null : new OpenResult(opened.session(), opened.present(), kept);
        }
    }

    private @Nullable OpenResult open(
            String clientId, boolean cleanStart, long expirySeconds, long fence, JournalBatch batch) {
        Held existing = held.get(clientId);
        if (existing != null) {
            existing.cancelExpiry();
            if (!cleanStart) {
                ClientSession session = existing.session;
                session.expirySeconds(expirySeconds);
                session.fence(fence);
                if (expirySeconds == ENDS_AT_CLOSE) {
                    session.forgetKept(batch);
                    listener.onSessionNotDurable(session);
                } else {
                    session.keepConnected(batch);
                }
                return new OpenResult(session, true, null);
            }
            end(existing, batch);
        }
        if (!takePlace()) {
            return null;
        }
        SessionJournal own =
                expirySeconds == ENDS_AT_CLOSE ? null : new SessionJournal(journal, clientId, journal.nextNumber());
        ClientSession session = new ClientSession(clientId, context, detachedLoop(clientId), own);
        session.expirySeconds(expirySeconds);
        session.fence(fence);
        session.begun(cleanStart ? fence : 0);
        session.keepConnected(batch);
        held.put(clientId, new Held(session));
        return new OpenResult(session, false, null);
    }

    // ---- From node to node

    /** Runs a task, on any thread, once what happened to sessions until now can be read from the store. */
    public void settle(Runnable settled) {
        SessionExport.settle(journal.store(), settled);
    }

    /** A session without connection is to be read, after what is on its way to it now has come. */
    public void noteWhole(String clientId) {
        ClientSession session = get(clientId);
        if (session != null) {
            session.noteWhole();
        }
    }

    /** Reads a session that has no connection; null if there is none that outlives one. It does not expire meanwhile. */
    public @Nullable SessionExport export(String clientId) {
        synchronized (stripe(clientId)) {
            Held current = held.get(clientId);
            SessionHeader header = current == null ? null : current.session.header();
            if (current == null || header == null) {
                return null;
            }
            current.cancelExpiry();
            current.session.handingOver(true);
            current.session.moveHere(); // What comes from now on may come to the other node too, and back from there.
            return new SessionExport(
                    journal.store(), header, current.session.seenCopies(), current.session.wholeThrough());
        }
    }

    /** A session that was read goes on here after all: its expiry begins anew. */
    public void resume(String clientId) {
        synchronized (stripe(clientId)) {
            Held current = held.get(clientId);
            if (current != null) {
                current.session.handingOver(false);
                settleLater(current.session);
            }
            if (current != null && !current.session.isConnected() && current.expiry == null) {
                long now = timer.wallMillis();
                endAfter(current, SessionHeader.endsAtMillis(now, current.session.expirySeconds()), now);
            }
        }
    }

    /** Takes in the session of another node; the parameters are those of the hand-over. */
    public SessionImport receive(String clientId, long fence, NodeId from, long fromFence, long begun) {
        return new SessionImport(this, clientId, fence, from, fromFence, begun);
    }

    /**
     * Up to which place the session here has that of another node in it, if that was what came last from that node; else
     * {@link SessionHost#NOT_RECEIVED}.
     */
    public long received(String clientId, NodeId from, long fromFence) {
        ClientSession session = get(clientId);
        SessionJournal own = session == null ? null : session.journal();
        if (own == null) {
            return SessionHost.NOT_RECEIVED;
        }
        byte[] key = SessionRecords.originKey(own.number(), from);
        byte[] origin = journal.store().get(Family.SESSIONS, key);
        return origin == null ? SessionHost.NOT_RECEIVED : SessionRecords.through(key, origin, fromFence);
    }

    /** The session of a hand-over: it takes messages and sends none, and is not kept before everything is there. */
    @Nullable
    ClientSession openReceived(String clientId, SessionHeader there, long fence) {
        synchronized (stripe(clientId)) {
            if (!takePlace()) {
                return null;
            }
            SessionJournal own = SessionJournal.received(journal, clientId, there.lastSequence(), fence);
            ClientSession session = new ClientSession(clientId, context, detachedLoop(clientId), own);
            session.expirySeconds(there.expirySeconds());
            session.hold();
            held.put(clientId, new Held(session));
            return session;
        }
    }

    long wallMillis() {
        return timer.wallMillis();
    }

    /** For a while, second copies of messages may still come. */
    void settleLater(ClientSession session) {
        timer.schedule(SeenCopies.TIME, session.settling());
    }

    /**
     * Deletes a session without connection that lives on at another node, with all that was in it. Nothing is dropped,
     * and no will is due.
     *
     * @return the session, whose subscriptions are still listed; null if there was none
     */
    public @Nullable ClientSession moveAway(String clientId) {
        synchronized (stripe(clientId)) {
            Held current = held.remove(clientId);
            if (current == null) {
                return null;
            }
            current.cancelExpiry();
            size.decrementAndGet();
            JournalBatch batch = journal.batch();
            current.session.moveAway(batch);
            batch.commit();
            return current.session;
        }
    }

    /**
     * Takes out a session without connection that lives on at another node, with all up to a place in its journal.
     *
     * @param residue what is kept of it
     */
    void leaveBehind(ClientSession session, long through, Residue residue) {
        synchronized (stripe(session.clientId())) {
            Held current = held.remove(session.clientId());
            if (current == null || current.session != session) {
                throw new IllegalStateException("not the session of its client");
            }
            current.cancelExpiry();
            leftBehind.incrementAndGet();
            size.decrementAndGet();
            JournalBatch batch = journal.batch();
            session.leaveBehind(through, batch);
            residue.put(batch.unit());
            batch.commit();
            settleLater(session);
        }
    }

    /** What an earlier life of the node left behind of a session. */
    ClientSession restoreResidue(SessionJournal own, Residue.Header residue) {
        leftBehind.incrementAndGet();
        String clientId = residue.clientId();
        return new ClientSession(clientId, context, detachedLoop(clientId), own);
    }

    /** Nothing is left here any more of a session that moved. */
    void restEnded(ClientSession rest, JournalBatch batch) {
        rest.end(batch);
        leftBehind.decrementAndGet();
    }

    /**
     * Whether there is room for one more session. There may be as many rests of sessions that moved; those beyond that
     * take the places of sessions, so that a session which moves always has room for its own rest.
     */
    private boolean takePlace() {
        int taken = Math.max(0, leftBehind.get() - limits.maxSessions());
        if (size.incrementAndGet() > limits.maxSessions() - taken) {
            size.decrementAndGet();
            return false;
        }
        return true;
    }

    private Executor detachedLoop(String clientId) {
        return detachedLoops.get(Math.floorMod(clientId.hashCode(), detachedLoops.size()));
    }

    /** The session of an earlier life of the node. Before any session is opened. */
    ClientSession restore(String clientId, SessionHeader header, long lastSequence) {
        SessionJournal own = SessionJournal.restored(journal, clientId, header, lastSequence);
        ClientSession session = new ClientSession(clientId, context, detachedLoop(clientId), own);
        session.expirySeconds(header.expirySeconds());
        synchronized (stripe(clientId)) {
            Held restored = new Held(session);
            held.put(clientId, restored);
            size.incrementAndGet();
            long now = timer.wallMillis();
            long left = header.isConnected() ? now : header.disconnectedAtMillis();
            endAfter(restored, SessionHeader.endsAtMillis(left, header.expirySeconds()), now);
        }
        return session;
    }

    private void endAfter(Held left, long endsAtMillis, long nowMillis) {
        if (endsAtMillis != Long.MAX_VALUE) {
            left.expiry = timer.schedule(Duration.ofMillis(Math.max(0, endsAtMillis - nowMillis)), new Expiry(left));
        }
    }

    /**
     * The connection of a session closed, after it was {@linkplain ClientSession#detach detached}. Has no effect on a
     * session that is over or connected again.
     *
     * @param expirySeconds Session Expiry Interval: {@link #ENDS_AT_CLOSE}, {@link #NEVER_EXPIRES}, or seconds
     */
    public void closed(ClientSession session, long expirySeconds) {
        requireExpiry(expirySeconds);
        synchronized (stripe(session.clientId())) {
            Held current = held.get(session.clientId());
            if (current == null || current.session != session || session.isConnected()) {
                return;
            }
            current.cancelExpiry();
            session.expirySeconds(expirySeconds);
            JournalBatch batch = journal.batch();
            if (expirySeconds == ENDS_AT_CLOSE) {
                end(current, batch);
            } else {
                session.keepDisconnected(batch);
                long now = timer.wallMillis();
                endAfter(current, SessionHeader.endsAtMillis(now, expirySeconds), now);
            }
            batch.commit();
        }
    }

    private static void requireExpiry(long seconds) {
        if (seconds < ENDS_AT_CLOSE || seconds > NEVER_EXPIRES) {
            throw new IllegalArgumentException("session expiry interval out of range: " + seconds);
        }
    }

    /** Ends a session now, whatever its expiry. Returns false if it was over. Detaches its connection unasked. */
    public boolean end(ClientSession session) {
        synchronized (stripe(session.clientId())) {
            Held current = held.get(session.clientId());
            if (current == null || current.session != session) {
                return false;
            }
            current.cancelExpiry();
            end(current);
            return true;
        }
    }

    private final class Expiry implements Runnable {
        private final Held expiring;

        Expiry(Held expiring) {
            this.expiring = expiring;
        }

        @Override
        public void run() {
            synchronized (stripe(expiring.session.clientId())) {
                // Null when it was cancelled too late to stop this task.
                if (expiring.expiry != null) {
                    expiring.expiry = null;
                    counters.onSessionExpired();
                    end(expiring);
                }
            }
        }
    }

    private void end(Held ending) {
        JournalBatch batch = journal.batch();
        end(ending, batch);
        batch.commit();
    }

    private void end(Held ending, JournalBatch batch) {
        held.remove(ending.session.clientId(), ending);
        size.decrementAndGet();
        ending.session.end(batch);
        listener.onSessionEnded(ending.session);
    }

    public @Nullable ClientSession get(String clientId) {
        Held current = held.get(clientId);
        return current == null ? null : current.session;
    }

    /** Visits the sessions that exist throughout the call, and maybe others. */
    public void forEach(Consumer<? super ClientSession> visitor) {
        held.forEach((clientId, current) -> visitor.accept(current.session));
    }

    /** Sessions, connected or not. */
    public int size() {
        return size.get();
    }

    /** Sessions with a connection. */
    public int connectedCount() {
        return (int) counters.connected();
    }

    /** The node shuts down: releases what all sessions hold, and leaves what is kept of them. Listeners are not told. */
    @Override
    public void close() {
        held.forEach((clientId, current) -> {
            synchronized (stripe(clientId)) {
                current.cancelExpiry();
                if (held.remove(clientId, current)) {
                    size.decrementAndGet();
                    current.session.close();
                }
            }
        });
    }

    private Object stripe(String clientId) {
        int hash = clientId.hashCode();
        return stripes[(hash ^ (hash >>> 16)) & (STRIPES - 1)];
    }
}
