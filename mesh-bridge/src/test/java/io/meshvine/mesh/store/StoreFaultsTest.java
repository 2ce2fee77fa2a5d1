package io.meshvine.mesh.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.StoreException;
import io.meshvine.mesh.WriteUnit;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDBException;

/** A full disk, damaged files, folders of others. */
class StoreFaultsTest {

    private static final int DISK_MEGABYTES = 48;

    /** Large enough that its reserve, a tenth, outlasts what is written between two looks at the disk. */
    private static final int RESERVED_DISK_MEGABYTES = 128;

    /** Less than the reserve, more than a flush takes. */
    private static final long BARELY_FREE_BYTES = 11 << 20;

    private static final int BALLAST_BYTES = 16 << 20;
    private static final int VALUE_BYTES = 4_000;
    private static final int MAX_TRIES = 20;
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    Path temporary;

    private final SplittableRandom random = new SplittableRandom(1);

    private static RecordStore open(Path folder) {
        return RocksRecordStore.open(new StoreOptions(folder, "node", Durability.FSYNC, 8 << 20, 0));
    }

    private static byte[] key(int number) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(number).array();
    }

    private WriteUnit unit(int number) {
        byte[] value = new byte[VALUE_BYTES]; // random, so that nothing is compressed
        random.nextBytes(value);
        return new WriteUnit().put(Family.QUEUES, key(number), value);
    }

    private static int count(RecordStore store) {
        int[] found = {0};
        store.scan(Family.QUEUES, new byte[0], null, (key, value) -> {
            assertThat(ByteBuffer.wrap(key).getInt()).isEqualTo(found[0]++);
            return true;
        });
        return found[0];
    }

    /** Writes until the store takes no more; returns how many records that were. */
    private int fill(RecordStore store) throws InterruptedException {
        int records = 0;
        while (!store.isFull()) {
            store.write(unit(records++));
            while (store.pendingBytes() > 1 << 18 && !store.isFull()) {
                Thread.onSpinWait();
            }
        }
        settle(store);
        return records;
    }

    private static void settle(RecordStore store) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        store.write(new WriteUnit().whenDurable(done::countDown));
        assertThat(done.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void acknowledgesNothingOnAFullDiskAndGoesOnWhenThereIsSpace() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(temporary.resolve("disk"), DISK_MEGABYTES)) {
            Path folder = disk.folder().resolve("store");
            Path ballast = disk.folder().resolve("ballast");
            Files.write(ballast, new byte[BALLAST_BYTES]);
            List<Integer> durable = Collections.synchronizedList(new ArrayList<>());
            RecordStore store = open(folder);
            int handedOver = 0;
            Optional<String> problem = store.problem();
            while (problem.isEmpty()) {
                int number = handedOver++;
                store.write(unit(number).whenDurable(() -> durable.add(number)));
                problem = store.problem();
                while (store.pendingBytes() > 1 << 20 && problem.isEmpty()) {
                    problem = store.problem();
                }
            }

            assertThat(problem.orElseThrow()).contains(folder.toString()).contains("no space left");
            int safe;
            int tries = 0;
            do { // RocksDB may have deleted a file of its own meanwhile, and gone on in its place
                assertThat(tries++).as("times that there was space again").isLessThan(MAX_TRIES);
                disk.fill();
                int before = durable.size();
                int number = handedOver++;
                store.write(unit(number).whenDurable(() -> durable.add(number)));
                long failures = store.statistics().failures();
                await().atMost(LONG)
                        .until(() -> store.statistics().failures() > failures + 3 || durable.size() > before);
                safe = before;
            } while (durable.size() > safe);
            assertThat(count(store)).as("readable while the disk is full").isGreaterThanOrEqualTo(safe);

            Files.delete(ballast);
            disk.empty();
            int all = handedOver;
            await().atMost(LONG).until(() -> store.pendingBytes() == 0);
            settle(store);
            assertThat(store.problem()).isEmpty();
            assertThat(durable).hasSize(all).isSorted();
            assertThat(count(store)).isEqualTo(all);
            store.close();
            try (RecordStore again = open(folder)) {
                assertThat(count(again)).isEqualTo(all);
            }
        }
    }

    /** Its own records fill the disk, and only their deletion can make room. */
    @Test
    void keepsSpaceToDeleteWhatFilledTheDisk() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(temporary.resolve("disk"), RESERVED_DISK_MEGABYTES)) {
            Path folder = disk.folder().resolve("store");
            RecordStore store =
                    RocksRecordStore.open(new StoreOptions(folder, "node", Durability.FSYNC, 8 << 20, 128 << 20));
            int records = fill(store);
            assertThat(store.problem().orElseThrow())
                    .contains(folder.toString())
                    .contains("nothing new is kept")
                    .contains("storage.reserve");
            assertThat(count(store)).isEqualTo(records);
            CountDownLatch room = new CountDownLatch(1);
            store.whenRoom(room::countDown);
            assertThat(room.getCount()).isOne();

            for (int i = 0; i < records; i++) {
                store.write(new WriteUnit().delete(Family.QUEUES, key(i)));
            }
            settle(store);
            assertThat(room.await(LONG.toSeconds(), TimeUnit.SECONDS)).isTrue();

            assertThat(store.isFull()).isFalse();
            assertThat(store.problem()).isEmpty();
            assertThat(store.statistics().failures()).isZero();
            store.write(unit(0));
            settle(store);
            assertThat(count(store)).isOne();
            store.close();
        }
    }

    /**
     * Tables cannot be compacted in what space is left as long as only some of the records are deleted, and RocksDB does
     * not try again by itself once all are.
     */
    @Test
    void makesRoomAfterItHadNoSpaceToMakeIt() throws Exception {
        try (SmallDisk disk = SmallDisk.mount(temporary.resolve("disk"), RESERVED_DISK_MEGABYTES)) {
            Path folder = disk.folder().resolve("store");
            RecordStore store =
                    RocksRecordStore.open(new StoreOptions(folder, "node", Durability.FSYNC, 8 << 20, 128 << 20));
            int records = fill(store);
            for (int i = 0; i < records / 2; i++) {
                store.write(new WriteUnit().delete(Family.QUEUES, key(i)));
            }
            settle(store);
            await().atMost(LONG).until(() -> !store.isFull()); // the log is gone, and others take its space
            disk.leave(BARELY_FREE_BYTES);
            for (int i = records / 2; i < records; i++) {
                store.write(new WriteUnit().delete(Family.QUEUES, key(i)));
            }
            settle(store);

            await().atMost(LONG).until(() -> !store.isFull());
            assertThat(count(store)).isZero();
            store.write(unit(0));
            settle(store);
            store.close();
        }
    }

    /** A file system of its own, as only root can make one. */
    private record SmallDisk(Path folder) implements AutoCloseable {

        static SmallDisk mount(Path folder, int megabytes) throws IOException, InterruptedException {
            Files.createDirectories(folder);
            boolean mounted;
            try {
                mounted = run("mount", "-t", "tmpfs", "-o", "size=" + megabytes + "m", "tmpfs", folder.toString());
            } catch (IOException e) {
                mounted = false;
            }
            assumeTrue(mounted, "needs the right to mount a tmpfs");
            return new SmallDisk(folder);
        }

        /** Leaves no space at all. */
        void fill() throws IOException {
            byte[] page = new byte[4_096];
            try (OutputStream rest = Files.newOutputStream(
                    folder.resolve("rest"), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
                while (true) {
                    rest.write(page);
                }
            } catch (IOException full) {
                assertThat(full).hasMessageContaining("No space left");
            }
        }

        /** Leaves some space, and no more. */
        void leave(long bytes) throws IOException {
            byte[] page = new byte[4_096];
            try (OutputStream rest = Files.newOutputStream(folder.resolve("rest"))) {
                while (folder.toFile().getUsableSpace() > bytes) {
                    rest.write(page);
                }
            }
        }

        /** Takes back what {@link #fill} took. */
        void empty() throws IOException {
            Files.delete(folder.resolve("rest"));
        }

        @Override
        public void close() throws IOException, InterruptedException {
            run("umount", "--lazy", folder.toString());
        }

        private static boolean run(String... command) throws IOException, InterruptedException {
            return new ProcessBuilder(command).inheritIO().start().waitFor() == 0;
        }
    }

    @Test
    void failsToReadADamagedRecordInsteadOfNotFindingIt() throws Exception {
        Path folder = temporary.resolve("store");
        int records = 4_000; // more than a write buffer, so that some are in tables
        try (RecordStore store = open(folder)) {
            for (int i = 0; i < records; i++) {
                store.write(unit(i));
            }
            settle(store);
        }
        open(folder).close(); // what was in the log only is in tables now
        for (Path table : files(folder, ".sst")) {
            if (Files.size(table) > 1 << 20) { // the middle of a small one need not be records
                flipInTheMiddle(table);
            }
        }

        try (RecordStore store = open(folder)) {
            assertThatThrownBy(() -> count(store))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining(folder.toString())
                    .hasMessageContaining(".sst")
                    .hasMessageContaining("backup");
            int failed = 0;
            for (int i = 0; i < records; i++) {
                try {
                    assertThat(store.get(Family.QUEUES, key(i)))
                            .as("record %d", i)
                            .isNotNull();
                } catch (StoreException e) {
                    failed++;
                }
            }
            assertThat(failed).isPositive();
        }
    }

    @Test
    void saysWhichFileIsMissing() throws Exception {
        Path folder = temporary.resolve("store");
        try (RecordStore store = open(folder)) {
            for (int i = 0; i < 100; i++) {
                store.write(unit(i));
            }
        }
        open(folder).close();
        Path lost = files(folder, ".sst").get(0);
        Files.delete(lost);

        assertThatThrownBy(() -> {
                    try (RecordStore store = open(folder)) {
                        count(store);
                    }
                })
                .isInstanceOf(StoreException.class)
                .hasMessageContaining(lost.getFileName().toString())
                .hasMessageContaining("backup");
    }

    /** As a disk does whose cache is lost although it had said that all is written. */
    @Test
    void noticesThatTheEndOfTheLogIsGone() throws Exception {
        Path folder = temporary.resolve("store");
        StoreOptions options = StoreOptions.of(folder, "node", Durability.FSYNC);
        try (RecordStore store = open(folder)) {
            for (int i = 0; i < 100; i++) {
                store.write(unit(i));
            }
            settle(store);
            await().atMost(LONG).until(() -> new SafeMark(folder).noted() >= 100);
        }
        Path log = files(folder, ".log").get(0);
        try (RandomAccessFile bytes = new RandomAccessFile(log.toFile(), "rw")) {
            bytes.setLength(bytes.length() / 2);
        }

        try (RocksRecordStore store = RocksRecordStore.open(options)) {
            assertThat(store.lostChanges()).isPositive();
            assertThat(count(store)).isLessThan(100);
        }
        try (RocksRecordStore store = RocksRecordStore.open(options)) {
            assertThat(store.problem()).isEmpty();
        }
    }

    private static List<Path> files(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found =
                    files.filter(file -> file.toString().endsWith(suffix)).toList();
            assertThat(found).isNotEmpty();
            return found;
        }
    }

    private static void flipInTheMiddle(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            long middle = bytes.length() / 2;
            bytes.seek(middle);
            int before = bytes.read();
            bytes.seek(middle);
            bytes.write(before ^ 0x55);
        }
    }

    @Test
    void refusesTheFolderOfARunningStore() {
        Path folder = temporary.resolve("store");
        try (RecordStore store = open(folder)) {
            assertThatThrownBy(() -> open(folder))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining(folder.toString());
            assertThat(count(store)).isZero();
        }
    }

    @Test
    void refusesTheRecordsOfAnotherNode() {
        Path folder = temporary.resolve("store");
        open(folder).close();

        assertThatThrownBy(() -> RocksRecordStore.open(StoreOptions.of(folder, "another", Durability.OS)))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("belongs to node node");
        open(folder).close();
    }

    @Test
    void refusesANewerFormatAndLeavesItAsItIs() throws RocksDBException {
        Path folder = temporary.resolve("store");
        open(folder).close();
        StoreOptions options = StoreOptions.of(folder, "node", Durability.FSYNC);
        byte[] format = "format".getBytes(UTF_8);
        byte[] next = key(StoreFormat.CURRENT + 1);
        try (RocksTuning tuning = new RocksTuning(options);
                RocksDatabase database = RocksDatabase.open(folder, tuning)) {
            database.putOwn(format, next);
        }

        assertThatThrownBy(() -> open(folder))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("newer Meshvine")
                .hasMessageContaining("start that version");
        try (RocksTuning tuning = new RocksTuning(options);
                RocksDatabase database = RocksDatabase.open(folder, tuning)) {
            assertThat(database.own(format)).isEqualTo(next);
        }
    }

    @Test
    void refusesAFolderThatCannotBeMade() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "no folder");

        assertThatThrownBy(() -> open(file.resolve("store")))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("file");
    }
}
