package io.meshvine.node.session;

import java.util.function.Consumer;
import java.util.function.IntConsumer;
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

    /** Gives an entry a packet identifier that is not in use [MQTT-2.2.1-4], and keeps it as sent. */
    void add(Entry entry) {
        if (size >= table.length / 2 && table.length < MAX_CAPACITY) {
            grow();
        }
        int mask = table.length - 1;
        int id = lastPacketId;
        do {
            id = id == SessionLimits.MAX_PACKET_ID ? 1 : id + 1;
        } while (table[id & mask] != null);
        lastPacketId = id;
        table[id & mask] = entry;
        entry.packetId = id;
        entry.sent = true;
        unacknowledged.add(entry);
        size++;
        outstanding++;
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
        Entry before = lastReleased;
        entry.previous = before;
        if (before == null) {
            firstReleased = entry;
        } else {
            before.next = entry;
        }
        lastReleased = entry;
        if (!entry.sent) {
            // Confirmed before it was sent again: the PUBREL takes its place on this connection.
            entry.sent = true;
            outstanding++;
        }
    }

    /** PUBCOMP. Returns false if no PUBREL of that identifier is on its way. */
    boolean complete(int packetId) {
        if (!isReleased(packetId)) {
            return false;
        }
        Entry entry = table[packetId & (table.length - 1)];
        if (entry == null) {
            return false;
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
        return true;
    }

    /** A new connection: nothing was sent on it yet. */
    void reconnect() {
        outstanding = 0;
        for (Entry e = unacknowledged.first(); e != null; e = e.next) {
            e.sent = false;
        }
        nextToResend = unacknowledged.first();
        for (Entry e = firstReleased; e != null; e = e.next) {
            e.sent = true;
            outstanding++;
        }
    }

    /** The identifiers for which a PUBREL is on its way, in the order of their PUBRECs. */
    void forEachReleased(IntConsumer sink) {
        for (Entry e = firstReleased; e != null; e = e.next) {
            sink.accept(e.packetId);
        }
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
