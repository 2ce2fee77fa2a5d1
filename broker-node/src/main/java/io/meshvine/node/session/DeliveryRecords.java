package io.meshvine.node.session;

import io.meshvine.mesh.RecordStore.Family;
import org.jspecify.annotations.Nullable;

/**
 * The records of the deliveries of one session: what goes, what changes, and whether what there is can be relied upon.
 * Changes are gathered until {@link #write}. Does nothing for a session that is not durable. Confined to the session's
 * lock.
 */
final class DeliveryRecords {

    private final Journal journal;
    /** Wakes the session up when what it waits for is durable. */
    private final Runnable wakeUp;

    private final @Nullable SessionJournal own;

    /** Whether the session is durable no longer. */
    private boolean over;

    private @Nullable JournalUnit gathered;
    /** The last one that {@link #wakeUp} waits for. */
    private @Nullable JournalUnit awaited;

    private long lastRelease;

    DeliveryRecords(Journal journal, @Nullable SessionJournal own, Runnable wakeUp) {
        this.journal = journal;
        this.own = own;
        this.wakeUp = wakeUp;
    }

    private JournalUnit gathered() {
        JournalUnit current = gathered;
        if (current == null) {
            current = journal.begin();
            gathered = current;
        }
        return current;
    }

    /** Whether {@link #write} has something to do. */
    boolean isGathering() {
        return gathered != null;
    }

    /** Hands over what was gathered. */
    void write() {
        JournalUnit current = gathered;
        if (current != null) {
            gathered = null;
            current.write();
        }
    }

    /** The session's records are deleted as a whole, by the caller: what was gathered is void. */
    void end() {
        over = true;
        gathered = null;
    }

    /** The node stops: from now on the records stay as they are. */
    void leave() {
        write();
        over = true;
    }

    /** A delivery came; where the session is durable no longer, its record goes. */
    void arrived(Entry entry) {
        if (over && entry.sequence != 0) {
            erase(entry);
            forget(entry);
        }
    }

    /** A delivery is over: its record goes, once it is there. */
    void erase(Entry entry) {
        if (own == null || entry.sequence == 0) {
            return;
        }
        byte[] key = own.queueKey(entry.sequence);
        JournalUnit unit = entry.unit;
        if (unit == null || unit == gathered || !unit.deleteBehind(Family.QUEUES, key)) {
            gathered().delete(Family.QUEUES, key);
        }
    }

    /** After {@link #end}: the record goes even if it is written behind the deletion of all. */
    void eraseUnwritten(Entry entry) {
        JournalUnit unit = entry.unit;
        if (own != null && unit != null) {
            unit.deleteBehind(Family.QUEUES, own.queueKey(entry.sequence));
        }
        forget(entry);
    }

    private static void forget(Entry entry) {
        entry.sequence = 0;
        entry.unit = null;
    }

    /** Whether what keeps an entry is durable; if not, the session is woken up when it is. */
    boolean isKept(Entry entry) {
        JournalUnit unit = entry.unit;
        if (unit == null) {
            return true;
        }
        if (unit.isDurable()) {
            entry.unit = null;
            return true;
        }
        if (awaited != unit) {
            awaited = unit;
            unit.whenDurable(wakeUp);
        }
        return false;
    }

    /**
     * Whether a delivery may be sent for the first time, and under which identifier. Where another one still has the
     * identifier that follows from its place in the journal, it gets one that has to be kept.
     */
    boolean mayLeave(Entry entry, DeliveryWindow window) {
        if (own == null || entry.sequence == 0) {
            entry.packetId = 0; // Any that is free.
            return true;
        }
        if (entry.packetId != 0 && window.isFree(entry.packetId)) {
            return isKept(entry);
        }
        int following = SessionJournal.packetId(entry.sequence);
        if (window.isFree(following)) {
            boolean leaves = entry.pending().qos() < 2 || isKept(entry);
            entry.packetId = leaves ? following : 0;
            return leaves;
        }
        if (!isKept(entry)) {
            return false;
        }
        entry.packetId = window.freeIdentifier(following); // [MQTT-2.2.1-4]
        own.putQueued(gathered(), entry.sequence, SessionRecords.delivery(entry.pending(), entry.packetId));
        entry.unit = gathered();
        return isKept(entry);
    }

    /** The client has received a delivery of QoS 2; its PUBREL waits until that {@linkplain #isKept is kept}. */
    void received(Entry entry) {
        if (own != null && entry.sequence != 0) {
            lastRelease++;
            own.putReleased(gathered(), entry.sequence, entry.packetId, lastRelease);
            entry.unit = gathered();
        }
    }

    /** An earlier life of the node has got so far. */
    void restored(long release) {
        lastRelease = Math.max(lastRelease, release);
    }
}
