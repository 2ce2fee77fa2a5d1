package io.meshvine.mesh.store;

import java.io.File;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is free on the disk of a store. To delete takes space before it gives some back, so part of the disk is kept for
 * that: a store that filled its own disk with what it keeps could not be emptied otherwise. {@link #look} belongs to one
 * thread, the rest to any.
 */
final class DiskSpace {

    private static final Logger LOG = LoggerFactory.getLogger(DiskSpace.class);

    /** A disk takes a few megabytes meanwhile. */
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private static final int MOST_OF_DISK = 10;

    private final File folder;
    private final long reserveBytes;
    private long lookedNanos = System.nanoTime() - LOOK_NANOS;
    private long freeBytes = Long.MAX_VALUE;
    private volatile @Nullable String shortage;

    /** @param reserveBytes kept free, a tenth of the disk at most; 0 for none */
    DiskSpace(Path folder, long reserveBytes) {
        this.folder = folder.toFile();
        this.reserveBytes = reserveBytes;
    }

    /** Whether there is no more than the reserve. */
    boolean isFull() {
        return shortage != null;
    }

    /** What was free at the last look. On the thread that looks. */
    long freeBytes() {
        return freeBytes;
    }

    /** What is wrong, where, and what to do; empty if there is room. */
    Optional<String> problem() {
        return Optional.ofNullable(shortage);
    }

    /** Finds out, unless that was just done. It ends with a fourth more than the reserve, so as not to come and go. */
    void look() {
        long now = System.nanoTime();
        if (reserveBytes == 0 || now - lookedNanos < LOOK_NANOS) {
            return;
        }
        lookedNanos = now;
        long reserve = Math.min(reserveBytes, folder.getTotalSpace() / MOST_OF_DISK);
        long free = folder.getUsableSpace();
        freeBytes = free;
        if (free < reserve) {
            String found =
                    folder + ": " + (free >> 20) + " MiB left on its disk, which is what is needed to delete; nothing"
                            + " new is kept; free some, and the node goes on by itself (storage.reserve)";
            if (shortage == null) {
                LOG.error("nothing new is kept at present: {}", found);
            }
            shortage = found;
        } else if (shortage != null && free >= reserve + reserve / 4) {
            LOG.warn("there is room again on the disk of {}", folder);
            shortage = null;
        }
    }
}
