package io.meshvine.mesh;

/**
 * What a {@link RecordStore} did since it was opened. Units without changes count nowhere: traffic that needs no disk
 * leaves all of this as it is.
 *
 * @param units units that were kept
 * @param bytes their memory, as {@link WriteUnit#bytes()} says
 * @param commits how often units were written, many at a time under load
 * @param commitNanos time that took, all together; with {@code durability = fsync} mostly the disk's
 * @param failures how often writing failed and was tried again
 * @param storedBytes what the records take on disk, or in memory where there is none; a second old at most
 */
public record StoreStatistics(
        long units, long bytes, long commits, long commitNanos, long failures, long storedBytes) {}
