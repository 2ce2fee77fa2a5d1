package io.meshvine.mesh.link;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.link.LinkRecords.Summary;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.StoredPublish;

/**
 * The records of one peer's outbox: counts their publishes, in memory and in the store, where the number is part of every unit that
 * changes it. What was confirmed is deleted in passes, so that an acknowledgement costs no write of its own. Confined to
 * the bridge loop.
 */
final class OutboxRecords {
    private final NodeId peer;
    private final RecordStore store;
    private long count;
    private long bytes;
    private long confirmedCount;
    private long confirmedBytes;

    /** All records before this one are deleted. */
    private Position deletedTo = Position.NONE.next();

    OutboxRecords(NodeId peer, RecordStore store) {
        this.peer = peer;
        this.store = store;
    }

    /** Counts what an earlier life left. */
    void restore() {
        Summary left = LinkRecords.summary(store, peer);
        count = left.count();
        bytes = left.bytes();
    }

    /** Adds the record of an entry to a unit. */
    void put(WriteUnit unit, OutboxEntry entry, long nowNanos, long wallMillis) {
        byte[] record = StoredPublish.encode(entry.content, entry.flags, entry.groups, nowNanos, wallMillis);
        unit.put(Family.OUTBOX, LinkRecords.outboxKey(peer, entry.position), record);
        count += entry.content.publishes();
        bytes += record.length;
        entry.stored(record.length);
    }

    /** Adds to a unit how many records there are, once all others of this peer are in it. */
    void putSummary(WriteUnit unit) {
        unit.put(Family.OUTBOX, LinkRecords.summaryKey(peer), new Summary(count, bytes).encode());
    }

    /** A record is not needed any more. */
    void confirm(int publishes, long recordBytes) {
        confirmedCount += publishes;
        confirmedBytes += recordBytes;
    }

    /** Deletes the confirmed records, all of which stand before a position, as nothing else does. */
    void deleteConfirmed(Position before) {
        if (confirmedCount == 0) {
            return;
        }
        count -= confirmedCount;
        bytes -= confirmedBytes;
        confirmedCount = 0;
        confirmedBytes = 0;
        WriteUnit unit = new WriteUnit()
                .deleteRange(
                        Family.OUTBOX, LinkRecords.outboxKey(peer, deletedTo), LinkRecords.outboxKey(peer, before));
        deletedTo = before;
        if (count == 0) {
            unit.delete(Family.OUTBOX, LinkRecords.summaryKey(peer));
        } else {
            putSummary(unit);
        }
        store.write(unit);
    }

    /** Deletes a record that is not to be sent, wherever it stands; its unit gets the number of records at the end. */
    void delete(WriteUnit unit, Position position, int publishes, long recordBytes) {
        unit.delete(Family.OUTBOX, LinkRecords.outboxKey(peer, position));
        count -= publishes;
        bytes -= recordBytes;
    }

    /** Deletes everything. */
    void deleteAll() {
        if (count > 0) {
            count = 0;
            bytes = 0;
            confirmedCount = 0;
            confirmedBytes = 0;
            store.write(new WriteUnit()
                    .deleteRange(Family.OUTBOX, LinkRecords.summaryKey(peer), LinkRecords.outboxEnd(peer)));
        }
    }

    /** Reads records in order. */
    void read(Position from, Position through, Reader reader) {
        store.scan(
                Family.OUTBOX,
                LinkRecords.outboxKey(peer, from),
                LinkRecords.outboxKey(peer, through.next()),
                (key, value) -> reader.accept(LinkRecords.position(key), value));
    }

    /** Takes records; returns whether to go on. */
    @FunctionalInterface
    interface Reader {
        boolean accept(Position position, byte[] record);
    }

    /** Number of publishes in records that are needed. */
    long count() {
        return count - confirmedCount;
    }

    /** Size of the records that are needed. */
    long bytes() {
        return bytes - confirmedBytes;
    }
}
