package io.meshvine.node.session;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.session.SessionHost;
import io.meshvine.mesh.wire.WireWriter;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a session without connection out of the store: header, subscriptions, what the client has not released, and then
 * deliveries in the order of the journal, including those that come meanwhile. Confined to one thread.
 *
 * <p>Units of several threads reach the store in another order than their places in the journal: what stands before a
 * record that can be read may still be missing. So until {@link #settle} nothing is read beyond where all is there.
 */
public final class SessionExport implements SessionHost.Export {

    private final RecordStore store;
    private final SessionHeader header;
    private final Iterator<byte[]> seenCopies;
    private final Cursor subscriptions;
    private final Cursor inbound;
    private final Cursor deliveries;
    private final Cursor whole;
    private volatile boolean settled;
    private boolean begun;

    /**
     * @param seenCopies of {@link ClientSession#seenCopies}
     * @param wholeThrough all up to this place in the journal can be read
     */
    SessionExport(RecordStore store, SessionHeader header, List<byte[]> seenCopies, long wholeThrough) {
        long number = header.number();
        this.store = store;
        this.header = header;
        this.seenCopies = seenCopies.iterator();
        this.whole = new Cursor(
                SessionParts.DELIVERY,
                Family.QUEUES,
                SessionRecords.queue(number),
                SessionRecords.queueKey(number, wholeThrough + 1));
        this.subscriptions = new Cursor(
                SessionParts.SUBSCRIPTION,
                Family.SESSIONS,
                SessionRecords.subscriptions(number),
                SessionRecords.subscriptions(number + 1));
        this.inbound = new Cursor(
                SessionParts.INBOUND,
                Family.SESSIONS,
                SessionRecords.inbound(number),
                SessionRecords.inbound(number + 1));
        this.deliveries = new Cursor(
                SessionParts.DELIVERY,
                Family.QUEUES,
                SessionRecords.queueKey(number, wholeThrough + 1),
                SessionRecords.queue(number + 1));
    }

    /** Up to where records of a kind were read. */
    private final class Cursor {
        private final char kind;
        private final Family family;
        private final byte[] to;
        private byte[] from;

        Cursor(char kind, Family family, byte[] from, byte[] to) {
            this.kind = kind;
            this.family = family;
            this.from = from;
            this.to = to;
        }

        boolean isBegun() {
            return from.length > SessionRecords.QUEUE_KEY_BYTES;
        }

        void read(WireWriter part) {
            store.scan(family, from, to, (key, value) -> {
                SessionParts.write(part, kind, key, value);
                from = Arrays.copyOf(key, key.length + 1); // the next key that there can be
                return part.size() < SessionParts.PART_BYTES;
            });
        }
    }

    /** Place in the journal of the last delivery that was read; 0 before the first. */
    @Override
    public long through() {
        Cursor last = deliveries.isBegun() ? deliveries : whole;
        return last.isBegun() ? SessionRecords.sequenceOf(last.from) : 0;
    }

    @Override
    public byte @Nullable [] next() {
        WireWriter part = SessionParts.begin();
        int empty = part.size();
        if (!begun) {
            begun = true;
            SessionParts.write(part, SessionParts.HEADER, new byte[0], SessionRecords.header(header));
        }
        subscriptions.read(part);
        while (part.size() < SessionParts.PART_BYTES && seenCopies.hasNext()) {
            SessionParts.write(part, SessionParts.SEEN, new byte[0], seenCopies.next());
        }
        if (part.size() < SessionParts.PART_BYTES) {
            inbound.read(part);
        }
        if (part.size() < SessionParts.PART_BYTES) {
            whole.read(part);
        }
        if (settled && part.size() < SessionParts.PART_BYTES) {
            deliveries.read(part);
        }
        return part.size() == empty ? null : part.toByteArray();
    }

    @Override
    public void settle(Runnable whenSettled) {
        settle(store, () -> {
            settled = true;
            whenSettled.run();
        });
    }

    /** Runs a task when what was handed to the store until now can be read: twice, for deletions follow some records. */
    static void settle(RecordStore store, Runnable settled) {
        store.write(new WriteUnit().whenDurable(() -> store.write(new WriteUnit().whenDurable(settled))));
    }
}
