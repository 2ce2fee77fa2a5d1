package io.meshvine.bench;

import io.meshvine.harness.Directories;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.StoreStatistics;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.store.Durability;
import io.meshvine.mesh.store.RocksRecordStore;
import io.meshvine.mesh.store.StoreOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What the store of a node manages: group commit, boot, queues that live long. */
@Command(
        name = "store",
        description = "Writes to a store as a node does: units kept per second, time to open and read a large store,"
                + " reading a queue that was filled and emptied for long.")
final class StoreCommand implements Callable<Integer> {
    private static final double MEGABYTE = 1e6;
    private static final double MILLI = 1e6;
    private static final double SECOND = 1e9;
    private static final int PENDING_BYTES = 8 << 20;
    private static final int STEPS = 5;

    @Option(names = "--folder", description = "On the disk to measure. Default: the temporary folder")
    Path folder = Path.of(System.getProperty("java.io.tmpdir"));

    @Option(names = "--seconds", description = "Of each run. Default: ${DEFAULT-VALUE}")
    int seconds = 5;

    @Option(names = "--value", description = "Bytes of a record. Default: ${DEFAULT-VALUE}")
    int valueBytes = 100;

    @Option(names = "--outstanding", split = ",", description = "Units not yet kept. Default: ${DEFAULT-VALUE}")
    List<Integer> outstanding = List.of(1, 10, 100, 1000);

    @Option(names = "--records", description = "Of the store that is opened and read. Default: ${DEFAULT-VALUE}")
    int records = 1_000_000;

    private final Report report = new Report(System.out);
    private final SplittableRandom random = new SplittableRandom(1);

    @Override
    public Integer call() throws IOException, InterruptedException {
        for (Durability durability : Durability.values()) {
            for (int window : outstanding) {
                inNewFolder(path -> commit(path, durability, window));
            }
        }
        inNewFolder(this::openAndRead);
        inNewFolder(this::queue);
        return 0;
    }

    private interface Run {
        void in(Path folder) throws IOException, InterruptedException;
    }

    private void inNewFolder(Run run) throws IOException, InterruptedException {
        Path own = Files.createTempDirectory(folder, "meshvine-store");
        try {
            run.in(own);
        } finally {
            Directories.delete(own);
        }
    }

    private static RecordStore open(Path folder, Durability durability) {
        return RocksRecordStore.open(StoreOptions.of(folder, "bench", durability));
    }

    private static byte[] key(long number) {
        return ByteBuffer.allocate(Integer.BYTES + Long.BYTES)
                .putInt(1)
                .putLong(number)
                .array();
    }

    private byte[] value() {
        byte[] value = new byte[valueBytes];
        random.nextBytes(value);
        return value;
    }

    private void commit(Path path, Durability durability, int window) throws InterruptedException {
        try (RecordStore store = open(path, durability)) {
            Semaphore free = new Semaphore(window);
            byte[] value = value();
            long start = System.nanoTime();
            long end = start + (long) (seconds * SECOND);
            long written = 0;
            while (System.nanoTime() < end) {
                free.acquire();
                store.write(new WriteUnit()
                        .put(Family.QUEUES, key(written++), value)
                        .whenDurable(free::release));
            }
            free.acquire(window);
            double taken = (System.nanoTime() - start) / SECOND;
            StoreStatistics statistics = store.statistics();
            report.line(Report.format(
                    "%s, %d outstanding: %.0f units/s, %.2f MB/s of values, %.1f units a commit, %.3f ms a commit",
                    durability,
                    window,
                    written / taken,
                    written * (double) valueBytes / MEGABYTE / taken,
                    written / (double) statistics.commits(),
                    statistics.commitNanos() / MILLI / statistics.commits()));
        }
    }

    private void openAndRead(Path path) throws InterruptedException {
        try (RecordStore store = open(path, Durability.OS)) {
            for (int i = 0; i < records; i++) {
                store.write(new WriteUnit().put(Family.SESSIONS, key(i), value()));
                holdBack(store);
            }
            settle(store);
        }
        long start = System.nanoTime();
        try (RecordStore store = open(path, Durability.OS)) {
            double opened = (System.nanoTime() - start) / SECOND;
            long read = count(store, Family.SESSIONS);
            report.line(Report.format(
                    "%d records: opened after %.2f s, read after %.2f s",
                    read, opened, (System.nanoTime() - start) / SECOND));
        }
    }

    /** A queue of 1,000 that moves on through as many messages as there are records. */
    private void queue(Path path) throws InterruptedException {
        int length = 1_000;
        try (RecordStore store = open(path, Durability.OS)) {
            byte[] value = value();
            long start = System.nanoTime();
            for (int i = 1; i <= records; i++) {
                store.write(new WriteUnit().put(Family.QUEUES, key(i), value).delete(Family.QUEUES, key(i - length)));
                holdBack(store);
                if (i % (records / STEPS) == 0) {
                    settle(store);
                    long before = System.nanoTime();
                    long read = count(store, Family.QUEUES);
                    report.line(Report.format(
                            "queue after %d messages: %d read in %.1f ms",
                            i, read, (System.nanoTime() - before) / MILLI));
                }
            }
            report.line(Report.format(
                    "%d messages in and out: %.0f a second, %.1f MB on disk",
                    records,
                    records / ((System.nanoTime() - start) / SECOND),
                    store.statistics().storedBytes() / MEGABYTE));
        }
    }

    private static long count(RecordStore store, Family family) {
        long[] found = {0};
        store.scan(family, new byte[0], null, (key, value) -> {
            found[0]++;
            return true;
        });
        return found[0];
    }

    private static void holdBack(RecordStore store) throws InterruptedException {
        if (store.pendingBytes() > PENDING_BYTES) {
            settle(store);
        }
    }

    private static void settle(RecordStore store) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        store.write(new WriteUnit().whenDurable(done::countDown));
        done.await();
    }
}
