package io.meshvine.mesh.store;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.WriteUnit;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * A store in memory: nothing outlives the process. Callbacks run on the thread that writes, before {@link #write}
 * returns. Any thread; units are applied one at a time.
 */
public final class HeapRecordStore implements RecordStore {
    private final Map<Family, NavigableMap<byte[], byte[]>> families = new EnumMap<>(Family.class);
    private final Applying applying = new Applying();

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
        synchronized (applying) {
            unit.applyTo(applying);
        }
        unit.callbacks().forEach(Runnable::run);
    }

    @Override
    public byte @Nullable [] get(Family family, byte[] key) {
        return records(family).get(key);
    }

    @Override
    public void scan(Family family, byte[] from, byte @Nullable [] to, Reader reader) {
        NavigableMap<byte[], byte[]> tail = records(family).tailMap(from, true);
        for (Map.Entry<byte[], byte[]> found : tail.entrySet()) {
            boolean beyond = to != null && Arrays.compareUnsigned(found.getKey(), to) >= 0;
            if (beyond || !reader.accept(found.getKey(), found.getValue())) {
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
    public void close() {
        families.values().forEach(Map::clear);
    }

    private final class Applying implements WriteUnit.Target {
        @Override
        public void put(Family family, byte[] key, byte[] value) {
            records(family).put(key, value);
        }

        @Override
        public void delete(Family family, byte[] key) {
            records(family).remove(key);
        }

        @Override
        public void deleteRange(Family family, byte[] from, byte[] to) {
            records(family).subMap(from, to).clear();
        }
    }
}
