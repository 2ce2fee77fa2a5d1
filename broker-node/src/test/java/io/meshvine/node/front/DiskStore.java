package io.meshvine.node.front;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.StoreStatistics;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.store.HeapRecordStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A disk that outlives the nodes which write to it, and that a test can hold up or pull out: units that were not durable
 * are lost then. Callbacks run on a thread of the disk's own, as those of a real one do.
 */
final class DiskStore {

    private final HeapRecordStore records = new HeapRecordStore();
    private final List<WriteUnit> held = new ArrayList<>();
    private final List<Runnable> waitForRoom = new ArrayList<>();
    private boolean stalled;
    private volatile boolean full;
    private long units;
    private Life life = new Life();

    /** What the next node writes to. */
    synchronized RecordStore newLife() {
        life.end();
        stalled = false;
        held.clear();
        life = new Life();
        return life;
    }

    /** From now on the present node writes into the void. */
    synchronized void crash() {
        life.end();
    }

    /** Nothing becomes durable until {@link #resume}. */
    synchronized void stall() {
        stalled = true;
    }

    synchronized void resume() {
        stalled = false;
        held.forEach(life::apply);
        held.clear();
    }

    /** From now on only what makes room is to be written. */
    void fill() {
        full = true;
    }

    synchronized void makeRoom() {
        full = false;
        waitForRoom.forEach(life.thread::execute);
        waitForRoom.clear();
    }

    /** Units that wait. */
    synchronized int stalled() {
        return held.size();
    }

    /** Bytes that wait. */
    synchronized long pendingBytes() {
        return held.stream().mapToLong(WriteUnit::bytes).sum();
    }

    /** Units written so far. */
    synchronized long units() {
        return units;
    }

    long count(RecordStore.Family family) {
        long[] count = {0};
        records.scan(family, new byte[0], null, (key, value) -> {
            count[0]++;
            return true;
        });
        return count[0];
    }

    private final class Life implements RecordStore {
        private final ExecutorService thread = Executors.newSingleThreadExecutor();
        private boolean ended;

        void end() {
            ended = true;
            thread.shutdownNow();
        }

        void apply(WriteUnit unit) {
            WriteUnit bare = new WriteUnit();
            unit.applyTo(new WriteUnit.Target() {
                @Override
                public void put(Family family, byte[] key, byte[] value) {
                    bare.put(family, key, value);
                }

                @Override
                public void delete(Family family, byte[] key) {
                    bare.delete(family, key);
                }

                @Override
                public void deleteRange(Family family, byte[] from, byte[] to) {
                    bare.deleteRange(family, from, to);
                }
            });
            records.write(bare);
            thread.execute(() -> unit.callbacks().forEach(Runnable::run));
        }

        @Override
        public void write(WriteUnit unit) {
            synchronized (DiskStore.this) {
                if (ended) {
                    return;
                }
                units++;
                if (stalled) {
                    held.add(unit);
                } else {
                    apply(unit);
                }
            }
        }

        @Override
        public boolean isFull() {
            return full;
        }

        @Override
        public void whenRoom(Runnable task) {
            synchronized (DiskStore.this) {
                if (full) {
                    waitForRoom.add(task);
                    return;
                }
            }
            task.run();
        }

        @Override
        public byte @Nullable [] get(Family family, byte[] key) {
            return records.get(family, key);
        }

        @Override
        public void scan(Family family, byte[] from, byte @Nullable [] to, Reader reader) {
            records.scan(family, from, to, reader);
        }

        @Override
        public long pendingBytes() {
            return DiskStore.this.pendingBytes();
        }

        @Override
        public StoreStatistics statistics() {
            return records.statistics();
        }

        @Override
        public Optional<String> problem() {
            return Optional.empty();
        }

        @Override
        public void close() {
            synchronized (DiskStore.this) {
                end();
            }
        }
    }
}
