package io.meshvine.node.session;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Brings back the sessions of the node's earlier life: subscriptions, queue, what is in flight and what the clients have
 * not released. Sessions that expired meanwhile end now, and are counted. Runs once, before sessions are opened and
 * before anything is delivered.
 *
 * <p>What belongs to no session is the rest of one that ended while a delivery to it was on its way to the store: it is
 * dropped, and counted.
 */
public final class SessionRestore {

    private final Sessions sessions;
    private final @Nullable Residues residues;
    private final RecordStore store;
    private final long nowMillis;
    private final Map<Long, Found> found = new HashMap<>();
    /** Up to where the queues of sessions that are over were sent. */
    private final Map<Long, Long> expired = new HashMap<>();

    private final JournalBatch deletions;
    private long dropped;

    /** A session that goes on. */
    private static final class Found {
        final String clientId;

        /** Null for what is left of a session that moved. */
        final @Nullable SessionHeader header;

        final Residue.@Nullable Header residue;
        final List<Subscription> subscriptions = new ArrayList<>(1);
        final List<Integer> unreleased = new ArrayList<>(0);
        final List<SessionRecords.Queued> queue = new ArrayList<>(0);

        Found(String clientId, SessionHeader header) {
            this.clientId = clientId;
            this.header = header;
            this.residue = null;
        }

        Found(Residue.Header residue) {
            this.clientId = residue.clientId();
            this.header = null;
            this.residue = residue;
        }

        long lastSequence() {
            return queue.isEmpty() ? 0 : queue.get(queue.size() - 1).sequence();
        }
    }

    /** Takes a session and what it is subscribed to. */
    @FunctionalInterface
    public interface Subscriber {
        void subscribed(ClientSession session, List<Subscription> subscriptions);
    }

    /** Takes what is left of a session that moved, and what that is subscribed to. */
    @FunctionalInterface
    public interface Remainder {
        void left(Residue residue, List<Subscription> subscriptions);
    }

    private SessionRestore(Sessions sessions, @Nullable Residues residues, long nowMillis) {
        this.residues = residues;
        this.sessions = sessions;
        this.store = sessions.journal().store();
        this.nowMillis = nowMillis;
        this.deletions = sessions.journal().batch();
    }

    /**
     * Restores all sessions of the journal's store.
     *
     * @param subscriber is given each one
     * @return how many go on
     * @throws IllegalStateException if a record cannot be read
     */
    public static int run(Sessions sessions, long nowMillis, Subscriber subscriber) {
        return new SessionRestore(sessions, null, nowMillis).run(subscriber, (residue, subscriptions) -> {});
    }

    /** The same with what is left of sessions that moved, which ends where there are no residues. */
    public static int run(
            Sessions sessions, Residues residues, long nowMillis, Subscriber subscriber, Remainder remainder) {
        return new SessionRestore(sessions, residues, nowMillis).run(subscriber, remainder);
    }

    private int run(Subscriber subscriber, Remainder remainder) {
        scan(Family.SESSIONS, SessionRecords.allResidues(0), SessionRecords.allResidues(1), this::onResidue);
        scan(Family.SESSIONS, SessionRecords.headers(0), SessionRecords.headers(1), this::onHeader);
        scan(Family.SESSIONS, SessionRecords.allSubscriptions(0), SessionRecords.allSubscriptions(1), (key, value) -> {
            Found owner = owner(Family.SESSIONS, key, SessionRecords.numberOf(key));
            if (owner != null) {
                owner.subscriptions.add(SessionRecords.subscription(key, value));
            }
        });
        scan(Family.SESSIONS, SessionRecords.allInbound(0), SessionRecords.allInbound(1), (key, value) -> {
            Found owner = owner(Family.SESSIONS, key, SessionRecords.numberOf(key));
            if (owner != null) {
                owner.unreleased.add(SessionRecords.inbound(key, value));
            }
        });
        store.scan(Family.QUEUES, SessionRecords.queue(GroupCustody.NUMBER + 1), null, this::onQueued);
        int sessionsFound = 0;
        for (Map.Entry<Long, Found> each : found.entrySet()) {
            SessionHeader header = each.getValue().header;
            if (header != null) {
                sessionsFound++;
                restore(each.getValue(), header, subscriber);
            } else {
                restore(each.getValue(), each.getKey(), remainder);
            }
        }
        sessions.counters().onDropped(DropReason.SESSION_ENDED, dropped);
        deletions.commit();
        return sessionsFound;
    }

    private void onResidue(byte[] key, byte[] value) {
        if (residues == null) {
            deletions.unit().delete(Family.SESSIONS, key);
        } else {
            found.put(SessionRecords.numberOf(key), new Found(SessionRecords.residue(key, value)));
        }
    }

    /** Takes a record. */
    @FunctionalInterface
    private interface Sink {
        void accept(byte[] key, byte[] value);
    }

    private void scan(Family family, byte[] from, byte[] to, Sink sink) {
        store.scan(family, from, to, (key, value) -> {
            sink.accept(key, value);
            return true;
        });
    }

    private void onHeader(byte[] key, byte[] value) {
        SessionHeader header = SessionRecords.header(key, value);
        String clientId = SessionRecords.clientIdOf(key);
        long left = header.isConnected() ? nowMillis : header.disconnectedAtMillis();
        if (nowMillis < SessionHeader.endsAtMillis(left, header.expirySeconds())) {
            found.put(header.number(), new Found(clientId, header));
        } else {
            sessions.counters().onSessionExpired();
            expired.put(header.number(), header.sentThrough());
            SessionJournal.deleteAll(deletions.unit(), clientId, header.number());
        }
    }

    private boolean onQueued(byte[] key, byte[] value) {
        Found owner = owner(Family.QUEUES, key, SessionRecords.numberOfQueue(key));
        if (owner != null) {
            owner.queue.add(SessionRecords.queued(key, value));
        } else if (SessionRecords.sequenceOf(key) > expired.getOrDefault(SessionRecords.numberOfQueue(key), 0L)) {
            dropped++;
        }
        return true;
    }

    /** The session that a record belongs to; where it is over, the record goes. */
    private @Nullable Found owner(Family family, byte[] key, long number) {
        Found owner = found.get(number);
        if (owner == null && !expired.containsKey(number)) {
            deletions.unit().delete(family, key);
        }
        return owner;
    }

    private void restore(Found each, long number, Remainder remainder) {
        Residue.Header residue = each.residue;
        if (residues == null || residue == null) {
            throw new IllegalStateException("neither a session nor what is left of one");
        }
        SessionJournal own = SessionJournal.restored(sessions.journal(), residue, number, each.lastSequence());
        ClientSession session = sessions.restoreResidue(own, residue);
        session.restore(each.queue, List.of(), 0);
        remainder.left(residues.restore(session, own, residue, each.subscriptions), each.subscriptions);
    }

    private void restore(Found each, SessionHeader header, Subscriber subscriber) {
        ClientSession session = sessions.restore(each.clientId, header, each.lastSequence());
        session.restore(each.queue, each.unreleased, header.sentThrough());
        subscriber.subscribed(session, each.subscriptions);
    }
}
