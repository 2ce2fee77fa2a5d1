package io.meshvine.mesh.sim;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.StoreException;
import io.meshvine.mesh.StoreStatistics;
import io.meshvine.mesh.WriteUnit;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node's disk over all its lives, in virtual time. Each life {@linkplain #open opens} a store on it. A commit takes
 * all units that were handed over before it starts, lasts a random time, and only then its units can be read and their
 * callbacks run: as an event of their own, on no loop. A {@linkplain #crash} keeps what was committed and a random first
 * part of the rest, each unit as a whole. Confined to the thread of the simulation.
 *
 * <p>A unit that is changed after it was handed over fails the simulation, because a real store reads it later.
 */
public final class SimDisk {
    private static final Logger LOG = LoggerFactory.getLogger(SimDisk.class);
    private static final long RETRY_NANOS = Duration.ofMillis(100).toNanos();

    private final SimScheduler scheduler;
    private final RandomGenerator random;
    private final long maxCommitNanos;
    private final Map<Family, NavigableMap<byte[], byte[]>> records = new EnumMap<>(Family.class);
    private final Kept kept = new Kept();
    private @Nullable Store mounted;
    private boolean failing;
    private Runnable onCommit = () -> {};

    /**
     * An empty disk.
     *
     * @param maxCommitTime a commit lasts this long at most
     */
    public SimDisk(SimScheduler scheduler, RandomGenerator random, Duration maxCommitTime) {
        this.scheduler = scheduler;
        this.random = random;
        this.maxCommitNanos = maxCommitTime.toNanos();
        for (Family family : Family.values()) {
            records.put(family, new TreeMap<>(Arrays::compareUnsigned));
        }
    }

    /** Opens the store for a life of the node; one at a time. */
    public RecordStore open() {
        if (mounted != null) {
            throw new StoreException("this disk is in use by an earlier life");
        }
        mounted = new Store();
        return mounted;
    }

    /** Has something run each time when units are on the disk and nobody was told yet. */
    void onCommit(Runnable task) {
        onCommit = task;
    }

    /**
     * The process or the machine ends: of what was handed over, some first part is on the disk.
     *
     * @return how many units are not
     */
    public int crash() {
        Store store = mounted;
        if (store == null) {
            return 0;
        }
        int lost = store.waiting.size();
        int whole = failing ? 0 : random.nextInt(store.waiting.size() + 1);
        for (Waiting waiting : store.waiting) {
            if (whole-- <= 0) {
                break;
            }
            waiting.apply(kept);
            lost--;
        }
        store.end();
        return lost;
    }

    /** While true nothing can be written, as on a full disk. */
    public void fail(boolean fails) {
        failing = fails;
    }

    /** Another disk that holds what is durable on this one now: that of a cloned machine, or a backup. */
    public SimDisk copy() {
        SimDisk copy = new SimDisk(scheduler, random, Duration.ofNanos(maxCommitNanos));
        records.forEach((family, found) -> copy.records(family).putAll(found));
        return copy;
    }

    /** Whether a record is durable. */
    boolean has(Family family, byte[] key) {
        return records(family).containsKey(key);
    }

    /** Reads what is durable, in order. */
    void read(Family family, BiConsumer<byte[], byte[]> reader) {
        records(family).forEach(reader);
    }

    private NavigableMap<byte[], byte[]> records(Family family) {
        return records.get(family);
    }

    /** A unit that is not durable, and what it looked like when it was handed over. */
    private record Waiting(WriteUnit unit, int hash) {
        Waiting(WriteUnit unit) {
            this(unit, hash(unit));
        }

        void apply(WriteUnit.Target target) {
            if (hash(unit) != hash) {
                throw new AssertionError("a unit was changed after it was handed over");
            }
            unit.applyTo(target);
        }

        private static int hash(WriteUnit unit) {
            Fingerprint print = new Fingerprint();
            unit.applyTo(print);
            return 31 * print.hash + unit.callbacks().size();
        }
    }

    /** The store of one life. */
    private final class Store implements RecordStore {
        private final Deque<Waiting> waiting = new ArrayDeque<>();
        private long units;
        private long bytes;
        private long commits;
        private long commitNanos;
        private long failures;
        private long pendingBytes;
        private boolean committing;
        private boolean ended;
        private @Nullable String problem;

        @Override
        public void write(WriteUnit unit) {
            if (ended) {
                return;
            }
            waiting.add(new Waiting(unit));
            pendingBytes += unit.bytes();
            if (!committing) {
                startCommit();
            }
        }

        private void startCommit() {
            int count = waiting.size();
            boolean empty = isEmpty(waiting);
            long nanos = empty ? 0 : random.nextLong(maxCommitNanos + 1);
            committing = true;
            scheduler.after(nanos, () -> finishCommit(count, nanos));
        }

        private void finishCommit(int count, long nanos) {
            if (ended) {
                return;
            }
            List<Waiting> taken = waiting.stream().limit(count).toList();
            boolean empty = isEmpty(taken);
            if (failing && !empty) {
                problem = "the simulated disk is full";
                failures++;
                scheduler.after(RETRY_NANOS, () -> finishCommit(count, nanos + RETRY_NANOS));
                return;
            }
            problem = null;
            commits += empty ? 0 : 1;
            commitNanos += nanos;
            for (Waiting one : taken) {
                one.apply(kept);
                waiting.remove();
                pendingBytes -= one.unit.bytes();
                units += one.unit.isEmpty() ? 0 : 1;
                bytes += one.unit.bytes();
            }
            if (!empty) {
                onCommit.run();
            }
            taken.forEach(one -> run(one.unit));
            committing = false;
            if (!waiting.isEmpty() && !ended) {
                startCommit();
            }
        }

        private static boolean isEmpty(Collection<Waiting> units) {
            for (Waiting one : units) {
                if (!one.unit.isEmpty()) {
                    return false;
                }
            }
            return true;
        }

        /** Errors are left to fail the simulation. */
        private void run(WriteUnit unit) {
            for (Runnable callback : unit.callbacks()) {
                if (ended) {
                    return;
                }
                try {
                    callback.run();
                } catch (RuntimeException e) {
                    LOG.error("what waited for a unit failed: {}", callback, e);
                }
            }
        }

        @Override
        public byte @Nullable [] get(Family family, byte[] key) {
            byte[] value = records(family).get(key);
            return value == null ? null : value.clone();
        }

        @Override
        public void scan(Family family, byte[] from, byte @Nullable [] to, Reader reader) {
            List<Map.Entry<byte[], byte[]>> found =
                    new ArrayList<>(records(family).tailMap(from, true).entrySet());
            for (Map.Entry<byte[], byte[]> one : found) {
                if ((to != null && Arrays.compareUnsigned(one.getKey(), to) >= 0)
                        || !reader.accept(one.getKey().clone(), one.getValue().clone())) {
                    return;
                }
            }
        }

        @Override
        public long pendingBytes() {
            return pendingBytes;
        }

        @Override
        public Optional<String> problem() {
            return Optional.ofNullable(problem);
        }

        @Override
        public StoreStatistics statistics() {
            return new StoreStatistics(units, bytes, commits, commitNanos, failures, kept.bytes());
        }

        @Override
        public void close() {
            if (ended) {
                return;
            }
            while (!failing && !waiting.isEmpty()) {
                finishCommit(waiting.size(), 0);
            }
            end();
        }

        private void end() {
            ended = true;
            waiting.clear();
            mounted = null;
        }
    }

    /** Where units go. Arrays are copied: who hands over may use his again once the unit is durable. */
    private final class Kept implements WriteUnit.Target {
        @Override
        public void put(Family family, byte[] key, byte[] value) {
            records(family).put(key.clone(), value.clone());
        }

        @Override
        public void delete(Family family, byte[] key) {
            records(family).remove(key);
        }

        @Override
        public void deleteRange(Family family, byte[] from, byte[] to) {
            records(family).subMap(from, true, to, false).clear();
        }

        long bytes() {
            long bytes = 0;
            for (NavigableMap<byte[], byte[]> family : records.values()) {
                for (Map.Entry<byte[], byte[]> one : family.entrySet()) {
                    bytes += one.getKey().length + one.getValue().length;
                }
            }
            return bytes;
        }
    }

    private static final class Fingerprint implements WriteUnit.Target {
        private int hash;

        @Override
        public void put(Family family, byte[] key, byte[] value) {
            add(1, family, key, value);
        }

        @Override
        public void delete(Family family, byte[] key) {
            add(2, family, key, key);
        }

        @Override
        public void deleteRange(Family family, byte[] from, byte[] to) {
            add(3, family, from, to);
        }

        private void add(int kind, Family family, byte[] one, byte[] other) {
            hash = 31 * (31 * (31 * (31 * hash + kind) + family.name().hashCode()) + Arrays.hashCode(one))
                    + Arrays.hashCode(other);
        }
    }
}
