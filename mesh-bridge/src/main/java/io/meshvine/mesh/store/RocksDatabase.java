package io.meshvine.mesh.store;

import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.RecordStore.Reader;
import io.meshvine.mesh.StoreException;
import io.meshvine.mesh.WriteUnit;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyDescriptor;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.FlushOptions;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.WriteBatch;

/**
 * A RocksDB from opening to closing: one column family for each family of records, and the default one for the store's
 * own. Any thread reads, one at a time writes, and nobody uses it while it is closed: others see to that.
 */
final class RocksDatabase implements AutoCloseable {

    private final RocksTuning tuning;
    private final RocksDB database;
    private final List<ColumnFamilyHandle> handles;
    private final Map<Family, ColumnFamilyHandle> families = new EnumMap<>(Family.class);

    private RocksDatabase(RocksTuning tuning, RocksDB database, List<ColumnFamilyHandle> handles)
            throws RocksDBException {
        this.tuning = tuning;
        this.database = database;
        this.handles = handles;
        for (ColumnFamilyHandle handle : handles) {
            String name = new String(handle.getName(), StandardCharsets.UTF_8);
            for (Family family : Family.values()) {
                if (name(family).equals(name)) {
                    families.put(family, handle);
                }
            }
        }
    }

    /** Opens a database, and makes it if there is none. */
    static RocksDatabase open(Path folder, RocksTuning tuning) throws RocksDBException {
        Set<String> names = new LinkedHashSet<>();
        names.add(new String(RocksDB.DEFAULT_COLUMN_FAMILY, StandardCharsets.UTF_8));
        for (Family family : Family.values()) {
            names.add(name(family));
        }
        // All there are have to be opened, those of later versions too.
        if (Files.exists(folder.resolve("CURRENT"))) {
            try (Options options = new Options()) {
                for (byte[] name : RocksDB.listColumnFamilies(options, folder.toString())) {
                    names.add(new String(name, StandardCharsets.UTF_8));
                }
            }
        }
        List<ColumnFamilyDescriptor> descriptors = new ArrayList<>();
        for (String name : names) {
            descriptors.add(new ColumnFamilyDescriptor(name.getBytes(StandardCharsets.UTF_8), tuning.family));
        }
        List<ColumnFamilyHandle> handles = new ArrayList<>();
        RocksDB opened = RocksDB.open(tuning.database, folder.toString(), descriptors, handles);
        try {
            return new RocksDatabase(tuning, opened, handles);
        } catch (RocksDBException e) {
            handles.forEach(ColumnFamilyHandle::close);
            opened.close();
            throw e;
        }
    }

    /** A family's name on disk. */
    private static String name(Family family) {
        return family.name().toLowerCase(Locale.ROOT);
    }

    private ColumnFamilyHandle handle(Family family) {
        ColumnFamilyHandle handle = families.get(family);
        if (handle == null) {
            throw new IllegalStateException("no family " + family);
        }
        return handle;
    }

    void write(List<WriteUnit> units) throws RocksDBException {
        try (WriteBatch batch = new WriteBatch()) {
            Filling filling = new Filling(batch);
            for (WriteUnit unit : units) {
                unit.applyTo(filling);
            }
            if (filling.failed != null) {
                throw filling.failed;
            }
            database.write(tuning.write, batch);
        }
    }

    /** Gives what the process still holds of the log to the operating system. */
    void flushLog() throws RocksDBException {
        database.flushWal(false);
    }

    /** Begins to write what is in memory only into tables. A log is kept as long as any family needs it: all of them. */
    void flush() throws RocksDBException {
        try (FlushOptions options = new FlushOptions()) {
            options.setWaitForFlush(false).setAllowWriteStall(true);
            database.flush(options, handles);
        }
    }

    /** Whether a flush or a compaction failed. RocksDB then begins none that could run out of space again. */
    boolean isHeldUp() throws RocksDBException {
        return database.getAggregatedLongProperty("rocksdb.background-errors") > 0;
    }

    byte @Nullable [] get(Family family, byte[] key) throws RocksDBException {
        return database.get(handle(family), key);
    }

    /** One of the store's own records. */
    byte @Nullable [] own(byte[] key) throws RocksDBException {
        return database.get(key);
    }

    void putOwn(byte[] key, byte[] value) throws RocksDBException {
        database.put(tuning.write, key, value);
    }

    void scan(Family family, byte[] from, byte @Nullable [] to, Reader reader) throws RocksDBException {
        if (to != null && Arrays.compareUnsigned(from, to) >= 0) {
            return;
        }
        try (Slice end = to == null ? null : new Slice(to);
                ReadOptions options = new ReadOptions(tuning.scan)) {
            if (end != null) {
                options.setIterateUpperBound(end);
            }
            try (RocksIterator records = database.newIterator(handle(family), options)) {
                records.seek(from);
                while (records.isValid() && reader.accept(records.key(), records.value())) {
                    records.next();
                }
                records.status();
            }
        }
    }

    /** The number of the last change. */
    long sequence() {
        return database.getLatestSequenceNumber();
    }

    /** Bytes on disk and of what is only in the log yet. */
    long storedBytes() throws RocksDBException {
        return database.getAggregatedLongProperty("rocksdb.total-sst-files-size") + memoryBytes();
    }

    /** Bytes of what is in memory and in the log only. */
    long memoryBytes() throws RocksDBException {
        return database.getAggregatedLongProperty("rocksdb.cur-size-all-mem-tables");
    }

    @Override
    public void close() {
        handles.forEach(ColumnFamilyHandle::close);
        database.close();
    }

    /** Fills a batch; the first failure is kept, as units cannot pass it on. */
    private final class Filling implements WriteUnit.Target {
        private final WriteBatch batch;
        private @Nullable RocksDBException failed;

        Filling(WriteBatch batch) {
            this.batch = batch;
        }

        @Override
        public void put(Family family, byte[] key, byte[] value) {
            try {
                batch.put(handle(family), key, value);
            } catch (RocksDBException e) {
                failed = e;
            }
        }

        @Override
        public void delete(Family family, byte[] key) {
            try {
                batch.delete(handle(family), key);
            } catch (RocksDBException e) {
                failed = e;
            }
        }

        @Override
        public void deleteRange(Family family, byte[] from, byte[] to) {
            try {
                batch.deleteRange(handle(family), from, to);
            } catch (RocksDBException e) {
                failed = e;
            }
        }
    }

    /** What opening it said, for people. */
    static StoreException unusable(Path folder, Exception cause) {
        return new StoreException(RocksTrouble.describe(folder, cause), cause);
    }
}
