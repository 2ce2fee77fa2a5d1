package io.meshvine.mesh.link;

import io.meshvine.mesh.DropReason;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.wire.EncodedPublish;
import io.meshvine.mesh.wire.FrameContent;
import io.meshvine.mesh.wire.GuaranteedRun;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.PublishReader;
import io.meshvine.mesh.wire.PublishesFrame;
import io.meshvine.mesh.wire.StoredPublish;
import io.meshvine.mesh.wire.WireException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The publishes for one peer, in the order in which they were handed over. Those that are repeated until the peer
 * confirmed them have positions that grow. Confined to the bridge loop.
 *
 * <p>The order runs over three places. First comes the <em>head</em>, in memory: what was sent and not confirmed, then
 * what was not sent yet. Behind it the <em>tail</em>, on disk only, and last what is on its way there. An entry goes to
 * the head as long as nothing is behind it and the window has room; else to the tail, from where it is read back, in
 * order and in batches, when the head has room. An absent peer has no head.
 *
 * <p>Bounds: QoS 0 takes at most half of the window, so that a slow peer costs them before anything else. The head takes
 * one window. The tail has a bound of its own: beyond it QoS 1 and 2 for an absent peer are dropped; for a connected one
 * they wait in memory, and so do their publishers, who are told to pause once a window of them waits.
 */
final class Outbox {
    private static final Logger LOG = LoggerFactory.getLogger(Outbox.class);
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    /** Most bytes read back at once. */
    private static final long READ_BYTES = 1024 * 1024;

    /** A store that failed is asked again after this. */
    private static final long READ_AGAIN_NANOS = 5 * NANOS_PER_SECOND;

    private final NodeId peer;
    private final long epoch;
    private final RecordStore store;
    private final PublishReader reader;
    private final Executor loop;
    private final LinkListener listener;
    private final OutboxLimits limits;
    private final OutboxRecords records;

    /** Called when the store made room, or something to send. */
    private final Runnable onProgress;

    private final Deque<OutboxEntry> unsent = new ArrayDeque<>();
    private final Deque<OutboxEntry> unacked = new ArrayDeque<>();

    /** On the way to the tail, oldest first. */
    private final Deque<OutboxEntry> beyond = new ArrayDeque<>();

    /** Guaranteed entries that are not in the store, oldest first; some of them may be confirmed already. */
    private final Deque<OutboxEntry> unstored = new ArrayDeque<>();

    private final Tail tail = new Tail();

    private long nextSequence;

    /** What earlier lives left was {@linkplain #showLeftBehind reported} up to here. */
    private Position shownTo = Position.NONE;

    private Position acknowledged = Position.NONE;
    private Position sentThrough = Position.NONE;
    private long headBytes;
    private long beyondBytes;
    private boolean present;
    private boolean saturated;
    private boolean unreadable;
    private long readAgainNanos;

    /** What is on disk only. */
    private static final class Tail {
        /** Publishes. */
        private long count;

        private long bytes;

        /** Nothing of it stands before. */
        private Position from = Position.NONE.next();

        /** Nothing of it stands behind. */
        private Position through = Position.NONE;

        private long oldestNanos;
    }

    /**
     * @param firstSequence number of the first publish of this life
     * @param onProgress called when there may be something to send that was not before
     */
    Outbox(
            NodeId peer,
            long epoch,
            long firstSequence,
            RecordStore store,
            PublishReader reader,
            Executor loop,
            LinkListener listener,
            OutboxLimits limits,
            Runnable onProgress) {
        this.peer = peer;
        this.epoch = epoch;
        this.nextSequence = firstSequence;
        this.store = store;
        this.reader = reader;
        this.loop = loop;
        this.listener = listener;
        this.limits = limits;
        this.onProgress = onProgress;
        this.records = new OutboxRecords(peer, store);
    }

    /** Takes back what an earlier life left in the store. Once, before anything else. */
    void restore(long nowNanos, long wallMillis) {
        records.restore();
        tail.count = records.count();
        tail.bytes = records.bytes();
        if (tail.count == 0) {
            return;
        }
        tail.through = new Position(epoch, 0);
        tail.oldestNanos = nowNanos;
        records.read(tail.from, tail.through, (position, record) -> {
            tail.from = position;
            try {
                tail.oldestNanos = nowNanos
                        - StoredPublish.decode(reader, record, nowNanos, wallMillis)
                                        .waitedMillis()
                                * NANOS_PER_MILLI;
            } catch (WireException unknown) {
                LOG.debug("the age of what waits for {} is unknown: {}", peer, unknown.getMessage());
            }
            return false;
        });
    }

    /**
     * Reports, a batch at a time, what an earlier life left for members of shared subscriptions and the peer, which is
     * absent, has not taken: it stays where it is.
     */
    void showLeftBehind(long nowNanos, long wallMillis) {
        Position from = Position.max(tail.from, shownTo);
        Position last = new Position(epoch, 0);
        if (tail.count == 0 || from.isAfter(last)) {
            return;
        }
        long[] read = {0};
        shownTo = last.next();
        try {
            records.read(from, last, (position, record) -> {
                read[0] += record.length;
                if (StoredPublish.hasTicket(record)) {
                    show(record, nowNanos, wallMillis);
                }
                boolean goesOn = read[0] < READ_BYTES;
                shownTo = goesOn ? shownTo : position.next();
                return goesOn;
            });
        } catch (RuntimeException failed) {
            shownTo = from;
            LOG.error("what waits for {} on disk cannot be read; it is tried again later", peer, failed);
        }
    }

    private void show(byte[] record, long nowNanos, long wallMillis) {
        try {
            StoredPublish stored = StoredPublish.decode(reader, record, nowNanos, wallMillis);
            if (stored.waitedMillis() <= limits.retentionMillis()) {
                listener.onReadBack(peer, stored);
            }
        } catch (WireException malformed) {
            LOG.debug(
                    "a publish that waits for {} is unreadable: {}", peer, malformed.getMessage()); // counted when due
        }
    }

    /** Adds what is not repeated when it gets lost. */
    void addUnsequenced(FrameContent content, int flags, byte @Nullable [] groups, long nowNanos) {
        OutboxEntry entry = new OutboxEntry(content, flags, groups, Position.NONE, nowNanos, false, null);
        if (!present) {
            listener.onDropped(DropReason.PEER_ABSENT, content.publishes());
        } else if (headBytes + entry.size > limits.windowBytes() / 2) {
            listener.onDropped(DropReason.PEER_SLOW, content.publishes());
        } else {
            append(entry);
        }
    }

    /**
     * Adds a publish for which nothing waits, but which is repeated until the peer confirmed it or went away.
     *
     * @return false if there was no room
     */
    boolean addRepeated(EncodedPublish publish, int flags, byte @Nullable [] groups, long nowNanos) {
        OutboxEntry entry = new OutboxEntry(publish, flags, groups, nextPosition(), nowNanos, false, null);
        if (!present || isSpilling() || headBytes + entry.size > limits.windowBytes()) {
            return false;
        }
        nextSequence++;
        append(entry);
        return true;
    }

    /**
     * Adds a publish that is kept until the peer confirmed it.
     *
     * @param unit takes its record, and it is not sent before that is durable; null if it need not be stored yet
     * @param settlement what waits for the confirmation, or for a durable copy; null if the unit is what is waited for
     */
    void addGuaranteed(
            FrameContent content,
            int flags,
            byte @Nullable [] groups,
            @Nullable WriteUnit unit,
            @Nullable Settlement settlement,
            long nowNanos,
            long wallMillis) {
        OutboxEntry entry = new OutboxEntry(content, flags, groups, nextPosition(), nowNanos, true, settlement);
        if (!present && !hasRoom(entry.recordBytes() + beyondBytes)) {
            listener.onDropped(DropReason.OUTBOX_FULL, content.publishes());
            entry.settle();
            return;
        }
        nextSequence++;
        if (unit == null) {
            unstored.add(entry);
        } else {
            records.put(unit, entry, nowNanos, wallMillis);
            records.putSummary(unit);
            entry.held = true;
            unit.whenDurable(() -> loop.execute(() -> onDurable(List.of(entry))));
        }
        if (present && !isSpilling() && headBytes + entry.size <= limits.windowBytes()) {
            append(entry);
        } else {
            beyond.add(entry);
            beyondBytes += entry.size;
            updateSaturation();
        }
    }

    private Position nextPosition() {
        return new Position(epoch, nextSequence);
    }

    private void append(OutboxEntry entry) {
        unsent.add(entry);
        headBytes += entry.size;
    }

    /** Whether there is anything behind the head. */
    boolean isSpilling() {
        return tail.count > 0 || !beyond.isEmpty();
    }

    private boolean hasRoom(long recordBytes) {
        return records.bytes() + recordBytes <= limits.diskBytes();
    }

    // ---- Confirmed

    /** The peer took over everything up to here. */
    void acknowledge(Position through) {
        // A peer cannot confirm what it was not sent; what an earlier life sent is not known.
        Position confirmed = through.epoch() >= epoch && through.isAfter(sentThrough) ? sentThrough : through;
        if (!confirmed.isAfter(acknowledged)) {
            return;
        }
        acknowledged = confirmed;
        removeConfirmed(unacked);
        removeConfirmed(unsent); // was about to be sent again
        OutboxEntry entry = unstored.peek();
        while (entry != null && !entry.position.isAfter(acknowledged)) {
            unstored.remove();
            entry = unstored.peek();
        }
        updateSaturation();
    }

    private void removeConfirmed(Deque<OutboxEntry> entries) {
        OutboxEntry entry = entries.peek();
        while (entry != null && entry.isSequenced() && !entry.position.isAfter(acknowledged)) {
            entries.remove();
            remove(entry);
            entry.settle();
            entry = entries.peek();
        }
    }

    private void remove(OutboxEntry entry) {
        headBytes -= entry.size;
        if (entry.stored) {
            records.confirm(entry.content.publishes(), entry.recordBytes());
        }
    }

    /** Deletes what was confirmed from the store. */
    void deleteConfirmed() {
        OutboxEntry first = firstInHead();
        if (first != null) {
            records.deleteConfirmed(first.position);
        } else if (tail.count > 0) {
            records.deleteConfirmed(tail.from);
        } else if (!beyond.isEmpty()) {
            records.deleteConfirmed(beyond.getFirst().position);
        } else {
            records.deleteConfirmed(nextPosition());
        }
    }

    private @Nullable OutboxEntry firstInHead() {
        OutboxEntry first = unacked.peek();
        return first != null ? first : firstSequenced();
    }

    private @Nullable OutboxEntry firstSequenced() {
        for (OutboxEntry entry : unsent) {
            if (entry.isSequenced()) {
                return entry;
            }
        }
        return null;
    }

    /** Everything behind this position is to be sent again, in order, before anything new. */
    void rewind(Position received) {
        OutboxEntry entry = unacked.peekLast();
        while (entry != null && entry.position.isAfter(received)) {
            unsent.addFirst(unacked.removeLast());
            entry = unacked.peekLast();
        }
    }

    // ---- The peer comes and goes

    void onPresent() {
        present = true;
    }

    /** The peer went away: what was not promised is dropped, the rest goes to disk. */
    void onAbsent() {
        present = false;
        rewind(Position.NONE);
        int dropped = 0;
        for (Iterator<OutboxEntry> entries = unsent.iterator(); entries.hasNext(); ) {
            OutboxEntry entry = entries.next();
            if (!entry.guaranteed) {
                entries.remove();
                headBytes -= entry.size;
                dropped += EncodedPublish.isForSubscribers(entry.flags) ? entry.content.publishes() : 0;
            }
        }
        listener.onDropped(DropReason.PEER_ABSENT, dropped);
        park();
        updateSaturation();
    }

    /** Gives everything up. */
    void discard(DropReason reason) {
        rewind(Position.NONE);
        listener.onDropped(reason, unsentCount());
        for (Deque<OutboxEntry> entries : List.of(unsent, beyond)) {
            entries.forEach(OutboxEntry::settle);
            entries.clear();
        }
        unstored.clear();
        headBytes = 0;
        beyondBytes = 0;
        tail.count = 0;
        tail.bytes = 0;
        records.deleteAll();
        updateSaturation();
    }

    // ---- To disk

    /**
     * Stores what has waited too long for a confirmation, as far as the bound goes; once that is durable, its publishers
     * need not wait any longer.
     *
     * @param enqueuedBefore age limit, as a time of the loop's clock; does not matter once anything goes to disk only
     */
    void store(long enqueuedBefore, long nowNanos, long wallMillis) {
        if (store.isFull()) {
            return; // It waits in memory, and its publishers with it.
        }
        List<OutboxEntry> batch = new ArrayList<>();
        WriteUnit unit = new WriteUnit();
        OutboxEntry entry = unstored.peek();
        while (entry != null
                && (isSpilling() || !present || entry.enqueuedNanos - enqueuedBefore <= 0)
                && hasRoom(entry.recordBytes())) {
            unstored.remove();
            records.put(unit, entry, nowNanos, wallMillis);
            batch.add(entry);
            entry = unstored.peek();
        }
        if (!batch.isEmpty()) {
            records.putSummary(unit);
            unit.whenDurable(() -> loop.execute(() -> onDurable(batch)));
            store.write(unit);
        }
        if (!present && entry != null) {
            dropUnstored();
        }
    }

    /** The peer is absent and the disk has no room for more. */
    private void dropUnstored() {
        listener.onDropped(DropReason.OUTBOX_FULL, publishes(unstored));
        for (OutboxEntry entry : unstored) {
            if (unsent.remove(entry)) {
                headBytes -= entry.size;
            } else if (beyond.remove(entry)) {
                beyondBytes -= entry.size;
            }
            entry.settle();
        }
        unstored.clear();
        updateSaturation();
    }

    private void onDurable(List<OutboxEntry> batch) {
        for (OutboxEntry entry : batch) {
            entry.durable = true;
            entry.held = false;
            entry.settle();
        }
        OutboxEntry first = beyond.peek();
        while (first != null && first.durable) {
            beyond.remove();
            beyondBytes -= first.size;
            addToTail(first);
            first = beyond.peek();
        }
        if (!present) {
            park();
        }
        updateSaturation();
        onProgress.run();
    }

    private void addToTail(OutboxEntry entry) {
        if (tail.count == 0) {
            tail.from = entry.position;
            tail.oldestNanos = entry.enqueuedNanos;
        }
        tail.count += entry.content.publishes();
        tail.bytes += entry.recordBytes();
        tail.through = Position.max(tail.through, entry.position);
    }

    /** The copies in memory are of no use while the peer is absent: forgets them once all are durable. */
    private void park() {
        if (unsent.isEmpty() || !unsent.stream().allMatch(entry -> entry.durable)) {
            return;
        }
        OutboxEntry first = unsent.getFirst();
        for (OutboxEntry entry : unsent) {
            tail.count += entry.content.publishes();
            tail.bytes += entry.recordBytes();
            tail.through = Position.max(tail.through, entry.position);
        }
        tail.from = first.position;
        tail.oldestNanos = first.enqueuedNanos;
        unsent.clear();
        headBytes = 0;
    }

    /** Since when the oldest entry waits that is to be stored and fits; the alternative if there is none. */
    long oldestUnstoredNanos(long otherwise) {
        OutboxEntry oldest = unstored.peek();
        return oldest == null || store.isFull() || !hasRoom(oldest.recordBytes()) ? otherwise : oldest.enqueuedNanos;
    }

    // ---- From disk

    /** Fills the head once it has room: with what is on disk, a batch at a time, then with what is not there yet. */
    void refill(long nowNanos, long wallMillis) {
        readTail(nowNanos, wallMillis);
        if (tail.count == 0) {
            takeBeyond();
        }
    }

    /** What comes next need not go through the disk, which may have no room for it. */
    private void takeBeyond() {
        OutboxEntry first = beyond.peek();
        while (first != null && (headBytes == 0 || headBytes + first.size <= limits.windowBytes())) {
            beyond.remove();
            beyondBytes -= first.size;
            append(first);
            first = beyond.peek();
        }
        updateSaturation();
    }

    private void readTail(long nowNanos, long wallMillis) {
        if (tail.count == 0 || headBytes > limits.windowBytes() / 2 || (unreadable && nowNanos - readAgainNanos < 0)) {
            return;
        }
        unreadable = false;
        long[] read = {0};
        WriteUnit deletions = new WriteUnit();
        try {
            records.read(tail.from, tail.through, (position, record) -> {
                tail.bytes -= record.length;
                tail.from = position.next();
                read[0] += record.length;
                tail.count -= restore(position, record, deletions, nowNanos, wallMillis);
                return read[0] < READ_BYTES && headBytes <= limits.windowBytes() / 2;
            });
        } catch (RuntimeException failed) {
            unreadable = true;
            readAgainNanos = nowNanos + READ_AGAIN_NANOS;
            LOG.error("what waits for {} on disk cannot be read; it is tried again later", peer, failed);
            return;
        }
        if (read[0] == 0) {
            LOG.error("{} publishes for {} are missing in the store", tail.count, peer);
            listener.onDropped(DropReason.UNREADABLE, tail.count);
            tail.count = 0;
            tail.bytes = 0;
        }
        if (!deletions.isEmpty()) {
            records.putSummary(deletions);
            store.write(deletions);
        }
    }

    /** Takes a record to the head, if it is still to be sent. Returns how many publishes it holds. */
    private int restore(Position position, byte[] record, WriteUnit deletions, long nowNanos, long wallMillis) {
        StoredPublish stored;
        try {
            stored = StoredPublish.decode(reader, record, nowNanos, wallMillis);
        } catch (WireException malformed) {
            LOG.error("a publish that waited for {} on disk is dropped: {}", peer, malformed.getMessage());
            drop(DropReason.UNREADABLE, position, 1, record, deletions);
            return 1;
        }
        MeshPublish publish = stored.arrival().publish();
        int count = stored.arrival().count();
        if (!position.isAfter(acknowledged)) {
            records.confirm(count, record.length);
        } else if (stored.waitedMillis() > limits.retentionMillis()) {
            drop(DropReason.OUTBOX_EXPIRED, position, count, record, deletions);
        } else if (publish.expirySeconds() != MeshPublish.NEVER_EXPIRES
                && nowNanos - publish.acceptedNanos() >= publish.expirySeconds() * NANOS_PER_SECOND) {
            drop(DropReason.EXPIRED, position, count, record, deletions);
        } else if (count > 1) {
            GuaranteedRun run = GuaranteedRun.of(peer, stored.arrival());
            append(restored(
                    run, run.flags(), null, position, record, nowNanos - stored.waitedMillis() * NANOS_PER_MILLI));
        } else {
            EncodedPublish encoded = EncodedPublish.of(publish);
            long ticket = stored.arrival().ticket();
            byte[] groups = EncodedPublish.encodeGroups(stored.arrival().groups(), ticket);
            int flags = encoded.flags(true, stored.arrival().subscribers(), groups != null);
            if (ticket != 0) {
                flags = EncodedPublish.withTicket(flags);
                listener.onReadBack(peer, stored);
            }
            append(restored(
                    encoded, flags, groups, position, record, nowNanos - stored.waitedMillis() * NANOS_PER_MILLI));
        }
        return count;
    }

    private static OutboxEntry restored(
            FrameContent content,
            int flags,
            byte @Nullable [] groups,
            Position position,
            byte[] record,
            long sinceNanos) {
        OutboxEntry entry = new OutboxEntry(content, flags, groups, position, sinceNanos, true, null);
        entry.stored(record.length);
        entry.durable = true;
        return entry;
    }

    private void drop(DropReason reason, Position position, int count, byte[] record, WriteUnit deletions) {
        records.delete(deletions, position, count, record.length);
        listener.onDropped(reason, count);
    }

    // ---- To the peer

    /** Bytes that the next frame's entries take at most; 0 if there is nothing to send. */
    int nextFrameBytes(int maxFrameBytes) {
        int total = 0;
        OutboxEntry last = null;
        for (OutboxEntry entry : unsent) {
            boolean isNext = last == null || !entry.isSequenced() || entry.position.follows(last.position);
            if (entry.held || !isNext || (total > 0 && total + entry.size > maxFrameBytes)) {
                break;
            }
            last = entry.isSequenced() ? entry : last;
            total += entry.size;
        }
        return total;
    }

    /** The position that the next frame begins with. */
    Position nextFramePosition() {
        OutboxEntry first = firstSequenced();
        return first == null ? nextPosition() : first.position;
    }

    /** The last position that was sent and is not confirmed; none if everything is. */
    Position sentUnconfirmed() {
        OutboxEntry last = unacked.peekLast();
        return last == null ? Position.NONE : last.position;
    }

    /**
     * Moves the next entries into a frame.
     *
     * @param entryBytes as from {@link #nextFrameBytes}
     * @return the number of publishes
     */
    int fill(PublishesFrame frame, int entryBytes, long nowNanos) {
        int left = entryBytes;
        int resent = 0;
        int count = 0;
        OutboxEntry entry = unsent.peek();
        while (entry != null && entry.size <= left) {
            unsent.remove();
            left -= entry.size;
            count += entry.content.publishes();
            frame.add(entry.content, entry.flags, entry.groups, nowNanos);
            if (!entry.isSequenced()) {
                headBytes -= entry.size;
            } else {
                unacked.add(entry);
                resent += entry.position.isAfter(sentThrough) ? 0 : entry.content.publishes();
                sentThrough = Position.max(sentThrough, entry.position);
            }
            entry = unsent.peek();
        }
        if (resent > 0) {
            listener.onResent(resent);
        }
        return count;
    }

    private void updateSaturation() {
        long window = limits.windowBytes();
        boolean now = saturated ? beyondBytes > window / 4 * 3 : beyondBytes > window;
        if (now != saturated) {
            saturated = now;
            listener.onSaturation(peer, now);
        }
    }

    /** Whether there is something that may be sent. */
    boolean hasSendable() {
        OutboxEntry first = unsent.peek();
        return first != null && !first.held;
    }

    boolean hasUnacked() {
        return !unacked.isEmpty();
    }

    long unsentCount() {
        return publishes(unsent) + tail.count + publishes(beyond);
    }

    long unackedCount() {
        return publishes(unacked);
    }

    private static long publishes(Deque<OutboxEntry> entries) {
        long count = 0;
        for (OutboxEntry entry : entries) {
            count += entry.content.publishes();
        }
        return count;
    }

    /** Bytes in memory. */
    long bytes() {
        return headBytes + beyondBytes;
    }

    long storedCount() {
        return records.count();
    }

    long storedBytes() {
        return records.bytes();
    }

    boolean isSaturated() {
        return saturated;
    }

    /** The number of the next publish. */
    long nextSequence() {
        return nextSequence;
    }

    /** Since when the oldest publish waits for a confirmation; the alternative if none does. */
    long oldestNanos(long otherwise) {
        OutboxEntry first = firstInHead();
        if (first != null) {
            return first.enqueuedNanos;
        }
        if (tail.count > 0) {
            return tail.oldestNanos;
        }
        return beyond.isEmpty() ? otherwise : beyond.getFirst().enqueuedNanos;
    }
}
