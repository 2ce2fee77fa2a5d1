package io.meshvine.mesh.link;

import io.meshvine.mesh.DropReason;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.wire.EncodedPublish;
import io.meshvine.mesh.wire.PublishesFrame;
import io.meshvine.mesh.wire.StoredPublish;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The publishes for one peer, in the order in which they were handed over: those not sent yet, and those of QoS 1 and 2
 * that were sent and not confirmed. The latter have sequence numbers without gaps. Confined to the bridge loop.
 *
 * <p>Bounds: QoS 0 takes at most half of the window, so that a slow peer costs them before anything else. QoS 1 and 2
 * for a connected peer are always taken, as a publisher waits for each; but beyond the window their copy here does not
 * count as safe, so that the publisher goes on waiting. For an absent peer the window is the limit.
 */
final class Outbox {
    private final NodeId peer;
    private final long epoch;
    private final RecordStore store;
    private final Executor loop;
    private final LinkListener listener;
    private final long windowBytes;

    private final Deque<OutboxEntry> unsent = new ArrayDeque<>();
    private final Deque<OutboxEntry> unacked = new ArrayDeque<>();

    /** Sequenced entries that are not in the store, oldest first; some of them may be confirmed already. */
    private final Deque<OutboxEntry> unstored = new ArrayDeque<>();

    private long nextSequence;
    private long acknowledged;
    private long sentThrough;
    private long bytes;
    private long storedBytes;
    private long firstStored;
    private boolean saturated;

    /**
     * @param firstSequence sequence number of the first publish
     */
    Outbox(
            NodeId peer,
            long epoch,
            RecordStore store,
            Executor loop,
            LinkListener listener,
            long windowBytes,
            long firstSequence) {
        this.peer = peer;
        this.epoch = epoch;
        this.store = store;
        this.loop = loop;
        this.listener = listener;
        this.windowBytes = windowBytes;
        this.nextSequence = firstSequence;
        this.acknowledged = firstSequence - 1;
        this.sentThrough = acknowledged;
        this.firstStored = firstSequence;
    }

    /** Adds a publish that is not repeated when it gets lost. */
    void addUnsequenced(EncodedPublish publish, int flags, byte @Nullable [] groups, boolean connected, long nowNanos) {
        OutboxEntry entry = new OutboxEntry(publish, flags, groups, OutboxEntry.UNSEQUENCED, nowNanos, null);
        if (!connected) {
            listener.onDropped(DropReason.PEER_ABSENT, 1);
        } else if (bytes + entry.size > windowBytes / 2) {
            listener.onDropped(DropReason.PEER_SLOW, 1);
        } else {
            append(entry);
        }
    }

    /**
     * Adds a publish that is repeated until the peer confirmed it.
     *
     * @param settlement what waits for the confirmation; null if nothing does
     * @return false if there was no room for a publish that nothing waits for
     */
    boolean addSequenced(
            EncodedPublish publish,
            int flags,
            byte @Nullable [] groups,
            @Nullable Settlement settlement,
            boolean present,
            long nowNanos) {
        OutboxEntry entry = new OutboxEntry(publish, flags, groups, nextSequence, nowNanos, settlement);
        if (bytes + entry.size > windowBytes && (settlement == null || !present)) {
            if (settlement != null) {
                listener.onDropped(DropReason.OUTBOX_FULL, 1);
                entry.settle();
            }
            return false;
        }
        nextSequence++;
        unstored.add(entry);
        append(entry);
        return true;
    }

    private void append(OutboxEntry entry) {
        unsent.add(entry);
        bytes += entry.size;
        updateSaturation();
    }

    /** The peer confirmed everything up to here. */
    void acknowledge(long through) {
        long confirmed = Math.min(through, sentThrough); // a peer cannot confirm what it was not sent
        if (confirmed <= acknowledged) {
            return;
        }
        acknowledged = confirmed;
        removeConfirmed(unacked);
        removeConfirmed(unsent); // was about to be sent again
        if (storedBytes > 0 || !unstored.isEmpty()) {
            forgetConfirmed();
        }
        updateSaturation();
    }

    private void removeConfirmed(Deque<OutboxEntry> entries) {
        OutboxEntry entry = entries.peek();
        while (entry != null && entry.isSequenced() && entry.sequence <= acknowledged) {
            entries.remove();
            remove(entry);
            entry.settle();
            entry = entries.peek();
        }
    }

    private void forgetConfirmed() {
        OutboxEntry entry = unstored.peek();
        while (entry != null && entry.sequence <= acknowledged) {
            unstored.remove();
            entry = unstored.peek();
        }
        forgetStored();
    }

    private void forgetStored() {
        if (firstStored <= acknowledged) {
            store.write(new WriteUnit()
                    .deleteRange(
                            Family.OUTBOX,
                            LinkRecords.outboxKey(peer, epoch, firstStored),
                            LinkRecords.outboxKey(peer, epoch, acknowledged + 1)));
            firstStored = acknowledged + 1;
        }
    }

    private void remove(OutboxEntry entry) {
        bytes -= entry.size;
        if (entry.stored) {
            storedBytes -= entry.size;
        }
    }

    /** Everything from this sequence number on is to be sent again, in order, before anything new. */
    void rewind(long from) {
        OutboxEntry entry = unacked.peekLast();
        while (entry != null && entry.sequence >= from) {
            unsent.addFirst(unacked.removeLast());
            entry = unacked.peekLast();
        }
    }

    /**
     * The peer went away: QoS 0 is dropped; the rest is stored as far as the window goes, and what lies beyond and was
     * never sent is dropped.
     */
    void onAbsent() {
        rewind(0);
        int dropped = 0;
        for (Iterator<OutboxEntry> entries = unsent.iterator(); entries.hasNext(); ) {
            OutboxEntry entry = entries.next();
            if (!entry.isSequenced()) {
                entries.remove();
                remove(entry);
                dropped++;
            }
        }
        listener.onDropped(DropReason.PEER_ABSENT, dropped);
        dropped = 0;
        OutboxEntry last = unsent.peekLast();
        while (last != null && bytes > windowBytes && last.sequence > sentThrough && !last.stored) {
            unsent.removeLast();
            unstored.removeLast();
            nextSequence--;
            remove(last);
            last.settle();
            dropped++;
            last = unsent.peekLast();
        }
        listener.onDropped(DropReason.OUTBOX_FULL, dropped);
        updateSaturation();
    }

    /** Gives everything up. */
    void discard(DropReason reason) {
        int dropped = 0;
        rewind(0);
        for (OutboxEntry entry : unsent) {
            remove(entry);
            entry.settle();
            dropped++;
        }
        unsent.clear();
        unstored.clear();
        acknowledged = nextSequence - 1;
        sentThrough = acknowledged;
        forgetStored();
        listener.onDropped(reason, dropped);
        updateSaturation();
    }

    /**
     * Stores what has waited too long for a confirmation, as far as the window goes; once that is durable, its
     * publishers need not wait any longer.
     *
     * @param enqueuedBefore age limit, as a time of the loop's clock
     */
    void store(long enqueuedBefore, long nowNanos, long wallMillis) {
        List<OutboxEntry> batch = new ArrayList<>();
        WriteUnit unit = new WriteUnit();
        OutboxEntry entry = unstored.peek();
        while (entry != null && entry.enqueuedNanos - enqueuedBefore <= 0 && storedBytes + entry.size <= windowBytes) {
            unstored.remove();
            unit.put(
                    Family.OUTBOX,
                    LinkRecords.outboxKey(peer, epoch, entry.sequence),
                    StoredPublish.encode(entry.publish, entry.flags, entry.groups, nowNanos, wallMillis));
            entry.stored = true;
            storedBytes += entry.size;
            batch.add(entry);
            entry = unstored.peek();
        }
        if (!batch.isEmpty()) {
            unit.whenDurable(() -> loop.execute(() -> batch.forEach(OutboxEntry::settle)));
            store.write(unit);
        }
    }

    /** Since when the oldest entry waits that is neither confirmed nor stored; the alternative if there is none. */
    long oldestUnstoredNanos(long otherwise) {
        OutboxEntry oldest = unstored.peek();
        return oldest == null || storedBytes + oldest.size > windowBytes ? otherwise : oldest.enqueuedNanos;
    }

    /** Bytes that the next frame's entries take at most; 0 if there is nothing to send. */
    int nextFrameBytes(int maxFrameBytes) {
        int total = 0;
        for (OutboxEntry entry : unsent) {
            if (total > 0 && total + entry.size > maxFrameBytes) {
                break;
            }
            total += entry.size;
        }
        return total;
    }

    /** The sequence number that the next frame begins with. */
    long nextFrameSequence() {
        for (OutboxEntry entry : unsent) {
            if (entry.isSequenced()) {
                return entry.sequence;
            }
        }
        return nextSequence;
    }

    /**
     * Moves the next entries into a frame.
     *
     * @param entryBytes as from {@link #nextFrameBytes}
     * @return the number of entries
     */
    int fill(PublishesFrame frame, int entryBytes, long nowNanos) {
        int left = entryBytes;
        int resent = 0;
        int count = 0;
        OutboxEntry entry = unsent.peek();
        while (entry != null && entry.size <= left) {
            unsent.remove();
            left -= entry.size;
            count++;
            frame.add(entry.publish, entry.flags, entry.groups, nowNanos);
            if (!entry.isSequenced()) {
                bytes -= entry.size;
            } else {
                unacked.add(entry);
                if (entry.sequence <= sentThrough) {
                    resent++;
                }
                sentThrough = Math.max(sentThrough, entry.sequence);
            }
            entry = unsent.peek();
        }
        if (resent > 0) {
            listener.onResent(resent);
        }
        updateSaturation();
        return count;
    }

    private void updateSaturation() {
        boolean now = saturated ? bytes > windowBytes / 4 * 3 : bytes > windowBytes;
        if (now != saturated) {
            saturated = now;
            listener.onSaturation(peer, now);
        }
    }

    boolean hasUnsent() {
        return !unsent.isEmpty();
    }

    boolean hasUnacked() {
        return !unacked.isEmpty();
    }

    boolean isEmpty() {
        return unsent.isEmpty() && unacked.isEmpty();
    }

    int unsentCount() {
        return unsent.size();
    }

    int unackedCount() {
        return unacked.size();
    }

    long bytes() {
        return bytes;
    }

    boolean isSaturated() {
        return saturated;
    }

    /** The lowest sequence number that may still be sent. */
    long base() {
        return acknowledged + 1;
    }

    long sentThrough() {
        return sentThrough;
    }

    /** The sequence number of the next publish. */
    long nextSequence() {
        return nextSequence;
    }

    /** Since when the oldest unconfirmed publish waits; the alternative if there is none. */
    long oldestUnackedNanos(long otherwise) {
        OutboxEntry oldest = unacked.peek();
        return oldest == null ? otherwise : oldest.enqueuedNanos;
    }
}
