package io.meshvine.node.session;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Deliveries of QoS 1 and 2 that were sent to one client and are not completely acknowledged, and their packet
 * identifiers. Survives connections. Confined to the session's lock.
 *
 * <p>Entries are in two lists: unacknowledged ones in the order of their first sending [MQTT-4.6.0-1], and those of
 * which the client confirmed the receipt in the order of the PUBRECs [MQTT-4.6.0-4]. A table whose size is a power of
 * two finds them by the low bits of their packet identifier; identifiers whose place is taken are passed over when a
 * new one is chosen.
 */
final class DeliveryWindow {

    private static final int FIRST_CAPACITY = 8;
    private static final int MAX_CAPACITY = 1 << 16;
    /** A larger table is dropped when nothing is in flight any more. */
    private static final int KEPT_CAPACITY = 64;

    private final EntryList unacknowledged = new EntryList();
    private int lastPacketId;
    private int size;
    private @Nullable Entry[] table = new @Nullable Entry[FIRST_CAPACITY];

    // PUBREC received, PUBCOMP awaited. Linked by hand: these entries have no message.
    private @Nullable Entry firstReleased;
    private @Nullable Entry lastReleased;

    /** First unacknowledged entry that was not sent on this connection; all behind it were not sent either. */
    private @Nullable Entry nextToResend;

    /** First released entry whose PUBREL was not sent on this connection; likewise. */
    private @Nullable Entry nextToRelease;

    /** Entries that take up the client's Receive Maximum on this connection. */
    private int outstanding;

    /** Entries, of any state. */
    int size() {
        return size;
    }

    boolean isEmpty() {
        return size == 0;
    }

    /** Whether another entry may be sent for the first time. */
    boolean hasRoom(int limit) {
        return size < limit && nextToResend == null;
    }

    /**
     * Keeps an entry as sent, under the packet identifier that it has, which must be {@linkplain #isFree free}; one that
     * has none gets one that is not in use [MQTT-2.2.1-4].
     */
    void add(Entry entry) {
        place(entry);
        entry.sent = true;
        unacknowledged.add(entry);
        outstanding++;
    }

    /** Whether a packet identifier is not in use. */
    boolean isFree(int packetId) {
        Entry entry = table[packetId & (table.length - 1)];
        return entry == null || entry.packetId != packetId;
    }

    /** A packet identifier that is not in use, behind another. */
    int freeIdentifier(int behind) {
        int id = behind;
        do {
            id = id == SessionLimits.MAX_PACKET_ID ? 1 : id + 1;
        } while (!isFree(id));
        return id;
    }

    /** Keeps an entry that an earlier life of the node may have sent. */
    void restore(Entry entry) {
        place(entry);
        unacknowledged.add(entry);
        if (nextToResend == null) {
            nextToResend = entry;
        }
    }

    /** Keeps the identifier of a delivery that the client has received. */
    void restoreReleased(Entry entry) {
        place(entry);
        appendReleased(entry);
    }

    private void place(Entry entry) {
        if (size >= table.length / 2 && table.length < MAX_CAPACITY) {
            grow();
        }
        if (entry.packetId == 0) {
            entry.packetId = nextIdentifier();
        } else {
            // Two identifiers may want the same place in a small table; in the largest, none do.
            while (table[entry.packetId & (table.length - 1)] != null) {
                grow();
            }
        }
        table[entry.packetId & (table.length - 1)] = entry;
        size++;
    }

    private int nextIdentifier() {
        int mask = table.length - 1;
        int id = lastPacketId;
        do {
            id = id == SessionLimits.MAX_PACKET_ID ? 1 : id + 1;
        } while (table[id & mask] != null);
        lastPacketId = id;
        return id;
    }

    /** The unacknowledged entry of that identifier and QoS, or null. */
    @Nullable
    Entry unacknowledged(int packetId, int qos) {
        Entry entry = table[packetId & (table.length - 1)];
        if (entry == null || entry.packetId != packetId) {
            return null;
        }
        Delivery d = entry.delivery;
        return d != null && d.qos() == qos ? entry : null;
    }

    /** Whether the client confirmed the receipt of that QoS 2 delivery and a PUBREL is on its way. */
    boolean isReleased(int packetId) {
        Entry entry = table[packetId & (table.length - 1)];
        return entry != null && entry.packetId == packetId && entry.delivery == null;
    }

    /** Ends an unacknowledged entry and releases its message. */
    void remove(Entry entry) {
        unlink(entry);
        entry.release();
        forget(entry);
    }

    /** PUBREC: the message is the client's; the identifier stays in use until {@link #complete}. */
    void receive(Entry entry) {
        unlink(entry);
        entry.release();
        appendReleased(entry);
        if (!entry.sent) {
            // Confirmed before it was sent again: the PUBREL takes its place on this connection.
            entry.sent = true;
            outstanding++;
        }
    }

    private void appendReleased(Entry entry) {
        Entry before = lastReleased;
        entry.previous = before;
        entry.next = null;
        if (before == null) {
            firstReleased = entry;
        } else {
            before.next = entry;
        }
        lastReleased = entry;
        if (nextToRelease == null) {
            nextToRelease = entry;
        }
    }

    /** The next entry whose PUBREL is to be sent on this connection, or null. */
    @Nullable
    Entry peekRelease() {
        return nextToRelease;
    }

    /** The PUBREL of {@link #peekRelease} was sent. */
    void releaseSent() {
        Entry entry = nextToRelease;
        nextToRelease = entry == null ? null : entry.next;
    }

    /** Whether the PUBREL of a released entry has still to be sent on this connection. */
    boolean isReleaseDue(int packetId) {
        for (Entry e = nextToRelease; e != null; e = e.next) {
            if (e.packetId == packetId) {
                return true;
            }
        }
        return false;
    }

    /** PUBCOMP. Returns the entry that is over, or null if no PUBREL of that identifier is on its way. */
    @Nullable
    Entry complete(int packetId) {
        Entry entry = table[packetId & (table.length - 1)];
        if (entry == null || !isReleased(packetId)) {
            return null;
        }
        if (entry == nextToRelease) {
            nextToRelease = entry.next;
        }
        Entry before = entry.previous;
        Entry after = entry.next;
        if (before == null) {
            firstReleased = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            lastReleased = before;
        } else {
            after.previous = before;
        }
        forget(entry);
        return entry;
    }

    /** A new connection: nothing was sent on it yet. */
    void reconnect() {
        outstanding = 0;
        for (Entry e = unacknowledged.first(); e != null; e = e.next) {
            e.sent = false;
        }
        nextToResend = unacknowledged.first();
        nextToRelease = firstReleased;
        for (Entry e = firstReleased; e != null; e = e.next) {
            e.sent = true;
            outstanding++;
        }
    }

    /** How many unacknowledged entries are for members of shared subscriptions. */
    int shared() {
        return unacknowledged.shared();
    }

    /** The unacknowledged entries in the order of their first sending. */
    void forEachUnacknowledged(Consumer<Entry> sink) {
        Entry e = unacknowledged.first();
        while (e != null) {
            Entry following = e.next; // the sink may remove e
            sink.accept(e);
            e = following;
        }
    }

    /** The entries whose PUBREL is on its way, in the order of their PUBRECs. */
    void forEachReleased(Consumer<Entry> sink) {
        for (Entry e = firstReleased; e != null; e = e.next) {
            sink.accept(e);
        }
    }

    /** Whether entries of an earlier connection still have to be sent again. */
    boolean hasUnsent() {
        return nextToResend != null;
    }

    /** Takes the next entry to be sent again, unless none is left or the client takes no more now. */
    @Nullable
    Entry pollResend(int limit) {
        Entry entry = nextToResend;
        if (entry == null || outstanding >= limit) {
            return null;
        }
        nextToResend = entry.next;
        entry.sent = true;
        outstanding++;
        return entry;
    }

    /** Releases all messages and forgets everything. */
    void clear() {
        Entry entry;
        while ((entry = unacknowledged.poll()) != null) {
            entry.release();
        }
        firstReleased = null;
        lastReleased = null;
        nextToResend = null;
        nextToRelease = null;
        outstanding = 0;
        size = 0;
        table = new @Nullable Entry[FIRST_CAPACITY];
    }

    private void unlink(Entry entry) {
        if (entry == nextToResend) {
            nextToResend = entry.next;
        }
        unacknowledged.remove(entry);
    }

    private void forget(Entry entry) {
        table[entry.packetId & (table.length - 1)] = null;
        entry.next = null;
        entry.previous = null;
        size--;
        if (entry.sent) {
            outstanding--;
        }
        if (size == 0 && table.length > KEPT_CAPACITY) {
            table = new @Nullable Entry[FIRST_CAPACITY];
        }
    }

    private void grow() {
        @Nullable Entry[] larger = new @Nullable Entry[table.length * 2];
        for (Entry e : table) {
            if (e != null) {
                larger[e.packetId & (larger.length - 1)] = e;
            }
        }
        table = larger;
    }
}
