package io.meshvine.mesh.store;

import java.nio.file.Path;

/**
 * How a store on disk is kept.
 *
 * @param folder its own folder; made if it is not there
 * @param owner whose records these are: the node's id; a store of somebody else is refused
 * @param durability when a unit counts as kept
 * @param memoryBytes memory beside the Java heap for what was written last and what is read often
 * @param reserveBytes space on the disk that is kept for what makes room, a tenth of the disk at most; 0 keeps none
 */
public record StoreOptions(Path folder, String owner, Durability durability, long memoryBytes, long reserveBytes) {

    /** Enough for a small gateway; more is quicker. */
    public static final long DEFAULT_MEMORY_BYTES = 32L << 20;

    /** As much as a compaction takes for a while. */
    public static final long DEFAULT_RESERVE_BYTES = 128L << 20;

    private static final long LEAST_MEMORY_BYTES = 4L << 20;

    public StoreOptions {
        if (memoryBytes < LEAST_MEMORY_BYTES) {
            throw new IllegalArgumentException("memory of a store: " + memoryBytes + " < " + LEAST_MEMORY_BYTES);
        }
        if (reserveBytes < 0) {
            throw new IllegalArgumentException("reserve of a store: " + reserveBytes);
        }
    }

    public static StoreOptions of(Path folder, String owner, Durability durability) {
        return new StoreOptions(folder, owner, durability, DEFAULT_MEMORY_BYTES, DEFAULT_RESERVE_BYTES);
    }
}
