package io.meshvine.mesh.store;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.StoreStatistics;
import io.meshvine.mesh.WriteUnit;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store in memory: nothing outlives the process. Any thread. A unit is applied and its callbacks run before {@link
 * #write} returns, unless another is being applied, by another thread or further up on the same: then that one goes on
 * with it. No more than one is applied at a time.
 */
public final class HeapRecordStore implements RecordStore {

    private static final Logger LOG = LoggerFactory.getLogger(HeapRecordStore.class);

    private final Map<Family, NavigableMap<byte[], byte[]>> families = new EnumMap<>(Family.class);
    private final Applying applying = new Applying();
    private final Queue<WriteUnit> handedOver = new ConcurrentLinkedQueue<>();

    /** Units in the queue or being applied: who raises it from 0 applies until it is 0 again. */
    private final AtomicInteger waiting = new AtomicInteger();

    // Written by whoever applies.
    private volatile StoreStatistics statistics = new StoreStatistics(0, 0, 0, 0, 0, 0);
    private volatile boolean closed;

    public HeapRecordStore() {
        for (Family family : Family.values()) {
            families.put(family, new ConcurrentSkipListMap<>(Arrays::compareUnsigned));
        }
    }

    private NavigableMap<byte[], byte[]> records(Family family) {
        NavigableMap<byte[], byte[]> records = families.get(family);
        if (records == null) {
            throw new IllegalStateException("no family " + family);
        }
        return records;
    }

    @Override
    public void write(WriteUnit unit) {
        handedOver.add(unit);
        if (waiting.getAndIncrement() > 0) {
            return;
        }
        do {
            WriteUnit next = handedOver.poll();
            if (next != null && !closed) {
                apply(next);
            }
        } while (waiting.decrementAndGet() > 0);
    }

    private void apply(WriteUnit unit) {
        if (!unit.isEmpty()) {
            unit.applyTo(applying);
            StoreStatistics s = statistics;
            statistics =
                    new StoreStatistics(s.units() + 1, s.bytes() + unit.bytes(), s.commits() + 1, 0, 0, applying.bytes);
        }
        for (Runnable callback : unit.callbacks()) {
            try {
                callback.run();
            } catch (Throwable thrown) { // foreign code: the next unit is not to suffer from it
                LOG.error("what waited for a unit failed: {}", callback, thrown);
            }
        }
    }

    @Override
    public byte @Nullable [] get(Family family, byte[] key) {
        return records(family).get(key);
    }

    @Override
    public void scan(Family family, byte[] from, byte @Nullable [] to, Reader reader) {
        NavigableMap<byte[], byte[]> tail = records(family).tailMap(from, true);
        for (Map.Entry<byte[], byte[]> found : tail.entrySet()) {
            if ((to != null && Arrays.compareUnsigned(found.getKey(), to) >= 0)
                    || !reader.accept(found.getKey(), found.getValue())) {
                return;
            }
        }
    }

    @Override
    public long pendingBytes() {
        return 0;
    }

    @Override
    public Optional<String> problem() {
        return Optional.empty();
    }

    @Override
    public StoreStatistics statistics() {
        return statistics;
    }

    @Override
    public void close() {
        closed = true;
        families.values().forEach(Map::clear);
    }

    private final class Applying implements WriteUnit.Target {
        private long bytes;

        @Override
        public void put(Family family, byte[] key, byte[] value) {
            byte[] before = records(family).put(key, value);
            bytes += before == null ? key.length + value.length : value.length - before.length;
        }

        @Override
        public void delete(Family family, byte[] key) {
            byte[] before = records(family).remove(key);
            bytes -= before == null ? 0 : key.length + before.length;
        }

        @Override
        public void deleteRange(Family family, byte[] from, byte[] to) {
            NavigableMap<byte[], byte[]> range = records(family).subMap(from, true, to, false);
            range.forEach((key, value) -> bytes -= key.length + value.length);
            range.clear();
        }
    }
}
