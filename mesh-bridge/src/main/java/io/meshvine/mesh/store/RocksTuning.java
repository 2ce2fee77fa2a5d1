package io.meshvine.mesh.store;

import java.util.List;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.ColumnFamilyOptions;
import org.rocksdb.CompressionType;
import org.rocksdb.DBOptions;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.TablePropertiesCollectorFactory;
import org.rocksdb.WALRecoveryMode;
import org.rocksdb.WriteBufferManager;
import org.rocksdb.WriteOptions;

/**
 * How RocksDB is set up, and the native objects that say so. Memory: one cache holds blocks, indexes, filters and, by
 * its own account, the write buffers; a family that is written faster than it can be flushed may take a few buffers
 * more before writes wait. Immutable; closed after the database.
 */
final class RocksTuning implements AutoCloseable {

    private static final int SMALLEST_BUFFERS_PER_MEMORY = 8;
    private static final long LARGEST_BUFFER_BYTES = 64L << 20;
    private static final int ARENA_BLOCKS_PER_BUFFER = 32;
    private static final int BUFFERS_PER_FAMILY = 3;
    private static final int BACKGROUND_JOBS = 2;
    private static final int OPEN_FILES = 256;

    /** What has to be read again after a crash, at most: about a second. */
    private static final long WAL_BYTES = 64L << 20;

    private static final long MANIFEST_BYTES = 4L << 20;
    private static final long INFO_LOG_BYTES = 1L << 20;
    private static final int INFO_LOGS = 3;
    private static final long BYTES_PER_SYNC = 1L << 20;
    private static final long FILE_BYTES = 16L << 20;
    private static final long BASE_LEVEL_BYTES = 64L << 20;
    private static final long BLOCK_BYTES = 8L << 10;
    private static final double BLOOM_BITS_PER_KEY = 10;

    /** A file with a stretch of so many keys, half of them deletions, is compacted soon: queues leave such behind. */
    private static final long DELETION_WINDOW = 1_024;

    private static final long DELETIONS_IN_WINDOW = 512;

    /** Ranges of deleted keys slow every read of the buffer that holds them. */
    private static final int RANGES_PER_BUFFER = 256;

    final DBOptions database = new DBOptions();
    final ColumnFamilyOptions family;
    final WriteOptions write = new WriteOptions();
    final ReadOptions scan = new ReadOptions();

    private final Cache cache;
    private final WriteBufferManager buffers;
    private final BloomFilter bloom = new BloomFilter(BLOOM_BITS_PER_KEY);
    private final TablePropertiesCollectorFactory deletions =
            TablePropertiesCollectorFactory.NewCompactOnDeletionCollectorFactory(
                    DELETION_WINDOW, DELETIONS_IN_WINDOW, 0);

    RocksTuning(StoreOptions options) {
        this.cache = new LRUCache(options.memoryBytes());
        this.buffers = new WriteBufferManager(options.memoryBytes() / 2, cache);
        long bufferBytes = Math.min(LARGEST_BUFFER_BYTES, options.memoryBytes() / SMALLEST_BUFFERS_PER_MEMORY);
        database.setCreateIfMissing(true)
                .setCreateMissingColumnFamilies(true)
                .setParanoidChecks(true)
                // A crash leaves a first part of what was written: replay ends at the first record that is not whole.
                .setWalRecoveryMode(WALRecoveryMode.PointInTimeRecovery)
                .setManualWalFlush(options.durability() == Durability.NONE)
                .setMaxTotalWalSize(WAL_BYTES)
                .setMaxManifestFileSize(MANIFEST_BYTES)
                .setMaxBackgroundJobs(BACKGROUND_JOBS)
                // The writer opens the database anew after an error; two recoveries at a time are one too many.
                .setMaxBgErrorResumeCount(0)
                .setMaxOpenFiles(OPEN_FILES)
                .setBytesPerSync(BYTES_PER_SYNC)
                .setWriteBufferManager(buffers)
                .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
                .setMaxLogFileSize(INFO_LOG_BYTES)
                .setKeepLogFileNum(INFO_LOGS)
                .setStatsDumpPeriodSec(0)
                .setStatsPersistPeriodSec(0);
        this.family = familyOptions(bufferBytes);
        write.setSync(options.durability() == Durability.FSYNC)
                // The writer waits by itself: it must notice trouble meanwhile.
                .setNoSlowdown(true);
        scan.setFillCache(false);
    }

    private ColumnFamilyOptions familyOptions(long bufferBytes) {
        BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setBlockCache(cache)
                .setBlockSize(BLOCK_BYTES)
                .setCacheIndexAndFilterBlocks(true)
                .setFilterPolicy(bloom);
        // Only Options can be given the collector, and family options are made from them.
        try (Options options = new Options()) {
            options.setTablePropertiesCollectorFactory(List.of(deletions));
            return new ColumnFamilyOptions(options)
                    .setTableFormatConfig(table)
                    .setWriteBufferSize(bufferBytes)
                    .setArenaBlockSize(bufferBytes / ARENA_BLOCKS_PER_BUFFER)
                    .setMaxWriteBufferNumber(BUFFERS_PER_FAMILY)
                    .setMemtableMaxRangeDeletions(RANGES_PER_BUFFER)
                    .setTargetFileSizeBase(FILE_BYTES)
                    .setMaxBytesForLevelBase(BASE_LEVEL_BYTES)
                    .setLevelCompactionDynamicLevelBytes(true)
                    .setCompressionType(CompressionType.LZ4_COMPRESSION);
        }
    }

    @Override
    public void close() {
        scan.close();
        write.close();
        family.close();
        database.close();
        deletions.close();
        bloom.close();
        buffers.close();
        cache.close();
    }
}
