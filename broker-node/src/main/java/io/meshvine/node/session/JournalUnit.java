package io.meshvine.node.session;

import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records that are kept together, and what waits until they are. Filled by one thread until it is handed to the store;
 * the other methods may be called from any thread.
 */
public final class JournalUnit {

    private static final Logger LOG = LoggerFactory.getLogger(JournalUnit.class);

    private final Journal journal;

    /** Null once written: a delivery that waits keeps this object, not its records. */
    private @Nullable WriteUnit records;

    private @Nullable Delivery encoded;
    private byte @Nullable [] encodedRecord;

    private volatile boolean durable;
    /** Guarded by this. */
    private @Nullable List<Runnable> waiting;
    /** What goes once it is there. Guarded by this. */
    private @Nullable WriteUnit afterwards;

    JournalUnit(Journal journal, WriteUnit records) {
        this.journal = journal;
        this.records = records;
        records.whenDurable(this::onDurable);
    }

    private WriteUnit records() {
        WriteUnit open = records;
        if (open == null) {
            throw new IllegalStateException("written already");
        }
        return open;
    }

    long bytes() {
        WriteUnit open = records;
        return open == null ? 0 : open.bytes();
    }

    void put(Family family, byte[] key, byte[] value) {
        records().put(family, key, value);
    }

    void delete(Family family, byte[] key) {
        records().delete(family, key);
    }

    void deleteRange(Family family, byte[] from, byte[] to) {
        records().deleteRange(family, from, to);
    }

    /** The record of a delivery; the same for all sessions that get it in this unit. */
    @SuppressWarnings("ReferenceEquality") // Those who get the same share the object; to compare would cost more.
    byte[] record(Delivery delivery) {
        byte[] known = encodedRecord;
        if (known == null || encoded != delivery) {
            known = SessionRecords.delivery(delivery, SessionRecords.IDENTIFIER_BY_SEQUENCE);
            encoded = delivery;
            encodedRecord = known;
        }
        return known;
    }

    /** The unit itself, to go along with what others write. */
    WriteUnit shared() {
        return records();
    }

    void write() {
        WriteUnit filled = records();
        sealed();
        journal.write(filled);
    }

    /** Nothing is added any more. */
    void sealed() {
        records = null;
        encoded = null;
        encodedRecord = null;
    }

    /** Whether it is as durable as configured. */
    boolean isDurable() {
        return durable;
    }

    /** Runs a task once the unit is durable: at once if it is, else on the store's thread, in the order of the calls. */
    public void whenDurable(Runnable task) {
        synchronized (this) {
            if (!durable) {
                List<Runnable> tasks = waiting;
                if (tasks == null) {
                    tasks = new ArrayList<>(2);
                    waiting = tasks;
                }
                tasks.add(task);
                return;
            }
        }
        task.run();
    }

    /** Deletes a record of this unit behind it. Returns false, and does nothing, if the unit is durable already. */
    boolean deleteBehind(Family family, byte[] key) {
        if (durable) {
            return false;
        }
        synchronized (this) {
            if (durable) {
                return false;
            }
            WriteUnit deletions = afterwards;
            if (deletions == null) {
                deletions = new WriteUnit();
                afterwards = deletions;
            }
            deletions.delete(family, key);
            return true;
        }
    }

    private void onDurable() {
        List<Runnable> tasks;
        WriteUnit deletions;
        synchronized (this) {
            durable = true;
            tasks = waiting;
            waiting = null;
            deletions = afterwards;
            afterwards = null;
        }
        if (deletions != null) {
            journal.write(deletions);
        }
        if (tasks != null) {
            tasks.forEach(JournalUnit::run);
        }
    }

    /** Whoever waits must not keep the others waiting. */
    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("failed on what was waiting for the store", e);
        }
    }
}
