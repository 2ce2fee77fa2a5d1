package io.meshvine.node.session;

import io.meshvine.mesh.RecordStore.Family;

/**
 * The durable side of one session: the numbers of its records, and their keys. Any thread; {@link #nextSequence} under
 * this object's lock, held until the delivery of that sequence is in the mailbox, so that sequences are in the order of
 * the queue.
 */
final class SessionJournal {

    /** More than this never arrives at the old home while a session moves: no queue is as long. */
    private static final long SEQUENCES_OF_OLD_HOME = 1L << 20;

    private final Journal journal;
    private final String clientId;
    private final long number;
    private volatile long lastSequence;
    private volatile long fence;
    private volatile long begun;

    /** Whether it is for what is left of a session that moved. */
    private volatile boolean isResidue;

    /** For a session that comes from another node, whose own deliveries come ahead of those that arrive here meanwhile. */
    static SessionJournal received(Journal journal, String clientId, long lastSequence, long fence) {
        SessionJournal received = new SessionJournal(journal, clientId, journal.nextNumber());
        received.lastSequence = lastSequence + SEQUENCES_OF_OLD_HOME;
        received.fence = fence;
        return received;
    }

    SessionJournal(Journal journal, String clientId, long number) {
        this.journal = journal;
        this.clientId = clientId;
        this.number = number;
    }

    /** The journal of a session as it was found. */
    static SessionJournal restored(Journal journal, String clientId, SessionHeader header, long lastSequence) {
        SessionJournal restored = new SessionJournal(journal, clientId, header.number());
        restored.lastSequence = Math.max(header.lastSequence(), lastSequence);
        restored.fence = header.fence();
        restored.begun = header.begun();
        return restored;
    }

    Journal journal() {
        return journal;
    }

    /** The place of the next delivery. With the lock of this object held. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // Written under the lock, read without.
    long nextSequence() {
        return ++lastSequence;
    }

    /** The packet identifier of a delivery, so that it need not be written down when it is sent. */
    static int packetId(long sequence) {
        return (int) ((sequence - 1) % SessionLimits.MAX_PACKET_ID) + 1;
    }

    long number() {
        return number;
    }

    long lastSequence() {
        return lastSequence;
    }

    long fence() {
        return fence;
    }

    /** The client's home has changed; to be kept with the next header. */
    void fence(long latest) {
        fence = latest;
    }

    byte[] queueKey(long sequence) {
        return SessionRecords.queueKey(number, sequence);
    }

    /** Fence of the clean start with which the session began, or 0. */
    long begun() {
        return begun;
    }

    /** The session began with that clean start, or a later one; to be kept with the next header. */
    void begun(long clean) {
        begun = Math.max(begun, clean);
    }

    void putQueued(JournalUnit unit, long sequence, byte[] record) {
        unit.put(Family.QUEUES, queueKey(sequence), record);
    }

    /** Deletes the record of a delivery that is kept elsewhere by the same unit. */
    void deleteMoved(JournalUnit unit, Entry entry) {
        byte[] key = queueKey(entry.sequence);
        unit.delete(Family.QUEUES, key);
        JournalUnit keeper = entry.unit;
        if (keeper != null && !keeper.isDurable()) {
            // It may still be written, and then behind this unit: deleted again, but not before the other is there.
            unit.whenDurable(() -> keeper.whenDurable(() -> {
                JournalUnit again = journal.begin();
                again.delete(Family.QUEUES, key);
                again.write();
            }));
        }
    }

    void putReleased(JournalUnit unit, long sequence, int packetId, long order) {
        unit.put(Family.QUEUES, queueKey(sequence), SessionRecords.released(packetId, order));
    }

    void putConnected(JournalUnit unit, long expirySeconds) {
        putHeader(unit, expirySeconds, SessionHeader.CONNECTED, SessionHeader.UNKNOWN);
    }

    void putHeader(JournalUnit unit, long expirySeconds, long disconnectedAtMillis, long sentThrough) {
        SessionHeader header =
                new SessionHeader(number, expirySeconds, disconnectedAtMillis, sentThrough, lastSequence, fence, begun);
        unit.put(Family.SESSIONS, SessionRecords.headerKey(clientId), SessionRecords.header(header));
    }

    void putSubscription(JournalUnit unit, Subscription subscription) {
        unit.put(
                Family.SESSIONS,
                SessionRecords.subscriptionKey(number, subscription.filter()),
                SessionRecords.subscription(subscription));
    }

    void deleteSubscription(JournalUnit unit, String filter) {
        unit.delete(Family.SESSIONS, SessionRecords.subscriptionKey(number, filter));
    }

    void putInbound(JournalUnit unit, int packetId) {
        unit.put(Family.SESSIONS, SessionRecords.inboundKey(number, packetId), SessionRecords.inboundValue());
    }

    void deleteInbound(JournalUnit unit, int packetId) {
        unit.delete(Family.SESSIONS, SessionRecords.inboundKey(number, packetId));
    }

    /**
     * The session lives on at another node, with all up to a place in the journal. What comes behind it stays, with the
     * subscriptions; the header is for another session of the client from now on.
     */
    void leaveBehind(JournalUnit unit, long through) {
        isResidue = true;
        unit.delete(Family.SESSIONS, SessionRecords.headerKey(clientId));
        unit.deleteRange(Family.SESSIONS, SessionRecords.origins(number), SessionRecords.origins(number + 1));
        unit.deleteRange(Family.SESSIONS, SessionRecords.inbound(number), SessionRecords.inbound(number + 1));
        deleteThrough(unit, through);
    }

    void deleteThrough(JournalUnit unit, long through) {
        unit.deleteRange(Family.QUEUES, SessionRecords.queue(number), queueKey(through + 1));
    }

    void putResidue(JournalUnit unit, Residue.Header residue) {
        unit.put(Family.SESSIONS, SessionRecords.residueKey(number), SessionRecords.residue(residue));
    }

    /** The journal of what was left of a session, as it was found. */
    static SessionJournal restored(Journal journal, Residue.Header residue, long number, long lastSequence) {
        SessionJournal restored = new SessionJournal(journal, residue.clientId(), number);
        restored.lastSequence = Math.max(residue.offeredThrough(), lastSequence);
        restored.fence = residue.fence();
        restored.isResidue = true;
        return restored;
    }

    /** Deletes the whole session. */
    void deleteAll(JournalUnit unit) {
        if (isResidue) {
            unit.delete(Family.SESSIONS, SessionRecords.residueKey(number));
            deleteParts(unit, number);
        } else {
            deleteAll(unit, clientId, number);
        }
    }

    static void deleteAll(JournalUnit unit, String clientId, long number) {
        unit.delete(Family.SESSIONS, SessionRecords.headerKey(clientId));
        deleteParts(unit, number);
    }

    private static void deleteParts(JournalUnit unit, long number) {
        unit.deleteRange(Family.SESSIONS, SessionRecords.origins(number), SessionRecords.origins(number + 1));
        unit.deleteRange(
                Family.SESSIONS, SessionRecords.subscriptions(number), SessionRecords.subscriptions(number + 1));
        unit.deleteRange(Family.SESSIONS, SessionRecords.inbound(number), SessionRecords.inbound(number + 1));
        unit.deleteRange(Family.QUEUES, SessionRecords.queue(number), SessionRecords.queue(number + 1));
    }
}
