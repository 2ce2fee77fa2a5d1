package io.meshvine.mesh.store;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.StoreException;
import io.meshvine.mesh.StoreStatistics;
import io.meshvine.mesh.WriteUnit;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records on disk, in RocksDB. Units are written by one thread, {@code meshvine-store}, many at a time; all threads
 * read. RocksDB's checksums guard its files: a damaged record fails the read, and is never taken for absent.
 *
 * <p>After an error RocksDB refuses to write until it is opened anew. The writer does that, once a probe shows that the
 * disk can be written again; up to then reads are served as before. What was being written is written again: units
 * change records in a way that can be repeated.
 */
public final class RocksRecordStore implements RecordStore {

    private static final Logger LOG = LoggerFactory.getLogger(RocksRecordStore.class);
    private static final Duration FIRST_RETRY = Duration.ofMillis(100);
    private static final Duration LAST_RETRY = Duration.ofSeconds(2);

    /** RocksDB wants the writer to wait for its flushes; longer than this is trouble. */
    private static final Duration LONGEST_STALL = Duration.ofSeconds(10);

    private static final Duration SLOW = Duration.ofSeconds(5);
    private static final long NOTE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long FLUSH_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long REOPEN_NANOS = Duration.ofSeconds(5).toNanos();
    private static final long STALL_CHECK_NANOS = 1_000_000;

    /** Opening takes some space for new files. */
    private static final int PROBE_BYTES = 1 << 20;

    private final Path folder;
    private final Durability durability;
    private final RocksTuning tuning;
    private final SafeMark mark;
    private final DiskSpace space;
    private final Queue<Runnable> waitForRoom = new ConcurrentLinkedQueue<>();
    private final long lostChanges;
    private final GroupWriter writer;

    /** Held for writing while the database is changed for a new one, for reading while it is used by other threads. */
    private final ReadWriteLock inUse = new ReentrantReadWriteLock();

    // Changed by the writer's thread under the lock; the first is made before there are others.
    private volatile @Nullable RocksDatabase database;
    private volatile long storedBytes;

    private RocksRecordStore(StoreOptions options, RocksTuning tuning, RocksDatabase database, long lostChanges) {
        this.folder = options.folder();
        this.durability = options.durability();
        this.tuning = tuning;
        this.mark = new SafeMark(folder);
        this.space = new DiskSpace(folder, options.reserveBytes());
        space.look();
        this.lostChanges = lostChanges;
        this.database = database;
        this.writer = new GroupWriter("meshvine-store", new Writing(), FIRST_RETRY, LAST_RETRY, SLOW);
    }

    /**
     * Opens a store, and makes it if there is none.
     *
     * @throws StoreException if it cannot be used
     */
    public static RocksRecordStore open(StoreOptions options) {
        Path folder = options.folder();
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw RocksDatabase.unusable(folder, e);
        }
        NativeLibrary.load(folder.resolve("native"));
        RocksTuning tuning = new RocksTuning(options);
        RocksDatabase database = null;
        boolean opened = false;
        try {
            database = RocksDatabase.open(folder, tuning);
            StoreFormat.check(options, database);
            RocksRecordStore store = new RocksRecordStore(options, tuning, database, lost(folder, database));
            opened = true;
            return store;
        } catch (RocksDBException | IOException e) {
            throw RocksDatabase.unusable(folder, e);
        } finally {
            if (!opened) {
                if (database != null) {
                    database.close();
                }
                tuning.close();
            }
        }
    }

    /** How many changes that were safe are not there; says so. */
    private static long lost(Path folder, RocksDatabase database) throws IOException {
        long lost = Math.max(0, new SafeMark(folder).noted() - database.sequence());
        if (lost > 0) {
            LOG.error(
                    "{}: the end of the log is gone, and with it {} changes that the disk had confirmed: it is"
                            + " damaged, or confirms too early; check it, and its write cache, before it is trusted again",
                    folder,
                    lost);
        }
        return lost;
    }

    /** How many changes were gone when the store was opened although the disk had confirmed them. */
    long lostChanges() {
        return lostChanges;
    }

    @Override
    public void write(WriteUnit unit) {
        writer.add(unit);
    }

    @Override
    public byte @Nullable [] get(Family family, byte[] key) {
        inUse.readLock().lock();
        try {
            return usable().get(family, key);
        } catch (RocksDBException e) {
            throw RocksDatabase.unusable(folder, e);
        } finally {
            inUse.readLock().unlock();
        }
    }

    @Override
    public void scan(Family family, byte[] from, byte @Nullable [] to, Reader reader) {
        inUse.readLock().lock();
        try {
            usable().scan(family, from, to, reader);
        } catch (RocksDBException e) {
            throw RocksDatabase.unusable(folder, e);
        } finally {
            inUse.readLock().unlock();
        }
    }

    private RocksDatabase usable() {
        RocksDatabase open = database;
        if (open == null) {
            throw new StoreException(folder + ": " + writer.problem().orElse("the store is closed"));
        }
        return open;
    }

    @Override
    public long pendingBytes() {
        return writer.pendingBytes();
    }

    @Override
    public Optional<String> problem() {
        return writer.problem().or(space::problem);
    }

    @Override
    public boolean isFull() {
        return space.isFull();
    }

    @Override
    public void whenRoom(Runnable task) {
        if (space.isFull()) {
            waitForRoom.add(task); // Whoever looks at the space runs it.
        } else {
            task.run();
        }
    }

    @Override
    public StoreStatistics statistics() {
        StoreStatistics s = writer.statistics();
        return new StoreStatistics(s.units(), s.bytes(), s.commits(), s.commitNanos(), s.failures(), storedBytes);
    }

    @Override
    public void close() {
        writer.close();
        inUse.writeLock().lock();
        try {
            if (database != null) {
                database.close();
                database = null;
                tuning.close();
            }
        } finally {
            inUse.writeLock().unlock();
        }
    }

    /** The writer's side. */
    private final class Writing implements Engine {
        private boolean broken;
        private boolean unflushed;
        private long notedNanos = System.nanoTime();
        private long notedSequence;
        private long flushedNanos = System.nanoTime();
        private long flushedSequence;
        private long openedNanos = System.nanoTime();

        @Override
        public void commit(List<WriteUnit> units) throws EngineException {
            long start = System.nanoTime();
            boolean done = false;
            while (!done) {
                done = tryToWrite(units, System.nanoTime() - start);
                if (!done) {
                    LockSupport.parkNanos(this, STALL_CHECK_NANOS);
                }
            }
            unflushed = durability == Durability.NONE;
            if (System.nanoTime() - notedNanos > NOTE_NANOS) {
                noteSafe();
            }
            lookAtSpace();
        }

        private void lookAtSpace() throws EngineException {
            space.look();
            if (space.isFull()) {
                makeRoom();
                return;
            }
            Runnable waiting = waitForRoom.poll();
            while (waiting != null) {
                waiting.run();
                waiting = waitForRoom.poll();
            }
        }

        /** What was deleted takes space as long as the deletions are in memory only, or no table is compacted. */
        private void makeRoom() throws EngineException {
            RocksDatabase open = database;
            long now = System.nanoTime();
            if (open == null || now - flushedNanos < FLUSH_NANOS) {
                return;
            }
            try {
                if (space.freeBytes() < open.memoryBytes() + PROBE_BYTES) {
                    return; // a flush that fails stops everything
                }
                if (now - openedNanos > REOPEN_NANOS && open.isHeldUp()) {
                    LOG.warn("{}: to make room for itself, the store is opened anew", folder);
                    reopen(); // with all deletions in tables, more can be left out than when it ran out of space
                } else if (open.sequence() != flushedSequence) {
                    flushedNanos = now;
                    flushedSequence = open.sequence();
                    open.flush();
                }
            } catch (RocksDBException e) {
                broken = true;
                throw new EngineException(RocksTrouble.describe(folder, e), e);
            }
        }

        /** What is committed is on the disk with {@code fsync} only. */
        private void noteSafe() {
            RocksDatabase open = database;
            if (durability != Durability.FSYNC || open == null || open.sequence() == notedSequence) {
                return;
            }
            notedNanos = System.nanoTime();
            try {
                mark.note(open.sequence());
                notedSequence = open.sequence();
            } catch (IOException e) {
                LOG.debug("the note of what is safe stays old", e); // it then only says less
            }
        }

        /** Returns false if RocksDB wants the writer to wait. */
        private boolean tryToWrite(List<WriteUnit> units, long waitedNanos) throws EngineException {
            try {
                usable().write(units);
                return true;
            } catch (RocksDBException e) {
                boolean stall = e.getStatus() != null && e.getStatus().getCode() == Status.Code.Incomplete;
                if (stall && waitedNanos < LONGEST_STALL.toNanos()) {
                    return false;
                }
                broken = !stall;
                throw new EngineException(
                        stall
                                ? folder + ": the disk is too slow for what is to be kept; it goes on by itself"
                                : RocksTrouble.describe(folder, e),
                        e);
            }
        }

        @Override
        public void recover() throws EngineException {
            if (!broken) {
                return;
            }
            try {
                probe();
                reopen();
            } catch (IOException | RocksDBException e) {
                throw new EngineException(RocksTrouble.describe(folder, e), e);
            }
            broken = false;
        }

        private void probe() throws IOException {
            Path file = folder.resolve("probe");
            try (FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = ByteBuffer.allocate(PROBE_BYTES);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            } finally {
                Files.deleteIfExists(file);
            }
        }

        private void reopen() throws RocksDBException {
            inUse.writeLock().lock();
            try {
                RocksDatabase old = database;
                database = null;
                if (old != null) {
                    old.close();
                }
                openedNanos = System.nanoTime();
                database = RocksDatabase.open(folder, tuning);
            } finally {
                inUse.writeLock().unlock();
            }
        }

        @Override
        public void idle() throws EngineException {
            try {
                RocksDatabase open = database;
                if (open == null) {
                    return;
                }
                if (unflushed) {
                    open.flushLog();
                    unflushed = false;
                }
                if (!broken) {
                    noteSafe();
                }
                storedBytes = open.storedBytes();
                lookAtSpace();
            } catch (RocksDBException e) {
                broken = true;
                throw new EngineException(RocksTrouble.describe(folder, e), e);
            }
        }
    }
}
