package io.meshvine.mesh;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Port: what a node keeps across its lives. Records are values by key, in families that are ordered by key (unsigned
 * bytes), and are changed in {@linkplain WriteUnit units}.
 *
 * <p>Any thread. {@link #write} hands over and returns; units are applied in the order in which they were handed over.
 * After a crash, what is found is the outcome of some first part of that order: each unit as a whole or not at all, none
 * without those before it, and at least those whose callbacks have run.
 */
public interface RecordStore extends AutoCloseable {

    /** The parts of a store. Names are on disk: one is never used for something else. */
    enum Family {
        /** What the store itself, and the node as a whole, remember. */
        META,
        /** Retained messages and their tombstones. */
        RETAINED,
        /** Sessions, their subscriptions and the QoS 2 publishes that their clients have not released. */
        SESSIONS,
        /** What waits for the clients of sessions, or is in flight to them. */
        QUEUES,
        /** What peers have not confirmed. */
        OUTBOX,
        /** Up to where the publishes of peers were taken over. */
        WATERMARKS,
        /** What peers want for their durable sessions, also while they are away. */
        INTEREST,
        /** Where clients are at home, and the wills of other nodes' clients. */
        CLIENTS
    }

    /** Takes records in key order. Returns whether to go on. */
    @FunctionalInterface
    interface Reader {
        boolean accept(byte[] key, byte[] value);
    }

    /**
     * Hands a unit over, which must not be changed afterwards. Its callbacks run, on the store's thread and in the order
     * of units, once it and all before it are as durable as configured; if the store cannot write, they wait until it can
     * again, and never run if it is closed before. They run one at a time, must be quick, and may hand over more; what
     * they throw is logged. After {@link #close} a unit is dropped. Never blocks.
     */
    void write(WriteUnit unit);

    /**
     * The value of a key, as of the units applied so far: at least those whose callbacks have run. Null if there is none.
     *
     * @throws StoreException if the record is damaged or cannot be read: never taken for absent
     */
    byte @Nullable [] get(Family family, byte[] key);

    /**
     * Reads the records whose keys are at least {@code from} and, unless null, less than {@code to}, as of the units
     * applied so far: at least those whose callbacks have run.
     *
     * @throws StoreException if a record is damaged or cannot be read: never taken for absent
     */
    void scan(Family family, byte[] from, byte @Nullable [] to, Reader reader);

    /** Bytes handed over and not yet durable. */
    long pendingBytes();

    /**
     * Why nothing can be written at present, for people: what, where and what to do. Empty while all is well. A store
     * goes on by itself once the reason is gone.
     */
    Optional<String> problem();

    /**
     * Whether so little space is left that it is kept for what makes room: deletions are written as ever, and callers bring
     * nothing new that can wait. {@link #problem} then says so.
     */
    default boolean isFull() {
        return false;
    }

    /** Runs a task once there is room: at once if there is, else on the store's thread. */
    default void whenRoom(Runnable task) {
        task.run();
    }

    StoreStatistics statistics();

    /** Writes what was handed over, as far as possible, and closes. */
    @Override
    void close();
}
