package io.meshvine.mesh.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A queue through which very many messages have gone stays as small and as quick to read as it is short. */
class LongQueueTest {

    private static final int MESSAGES = 1_000_000;
    private static final int LENGTH = 100;
    private static final byte[] VALUE = new byte[100];

    /** What a million messages take, to compare with. */
    private static final long ALL_BYTES = (long) MESSAGES * VALUE.length;

    @TempDir
    Path folder;

    private static byte[] key(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(number).array();
    }

    private static void settle(RecordStore store) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(1);
        store.write(new WriteUnit().whenDurable(done::countDown));
        done.await();
    }

    private static int count(RecordStore store) {
        int[] found = {0};
        store.scan(Family.QUEUES, new byte[0], null, (key, value) -> {
            found[0]++;
            return true;
        });
        return found[0];
    }

    @Test
    void leavesNothingOfAMillionMessages() throws InterruptedException {
        try (RecordStore store = RocksRecordStore.open(StoreOptions.of(folder, "node", Durability.OS))) {
            for (int i = 0; i < MESSAGES; i++) {
                store.write(new WriteUnit()
                        .put(Family.QUEUES, key(i), VALUE)
                        .delete(Family.QUEUES, key((long) i - LENGTH)));
                if (store.pendingBytes() > 8 << 20) {
                    settle(store);
                }
            }
            settle(store);

            long start = System.nanoTime();
            assertThat(count(store)).isEqualTo(LENGTH);
            Duration taken = Duration.ofNanos(System.nanoTime() - start);
            System.out.println("LongQueueTest: " + LENGTH + " of " + MESSAGES + " read in " + taken.toMillis() + " ms, "
                    + store.statistics());
            assertThat(taken).isLessThan(Duration.ofSeconds(10)); // a thousand times what it should take
            assertThat(store.statistics().storedBytes()).isLessThan(ALL_BYTES / 2);
        }
    }

    @Test
    void opensAMillionRecordsInNoTime() throws InterruptedException {
        try (RecordStore store = RocksRecordStore.open(StoreOptions.of(folder, "node", Durability.OS))) {
            for (int i = 0; i < MESSAGES; i++) {
                store.write(new WriteUnit().put(Family.QUEUES, key(i), VALUE));
                if (store.pendingBytes() > 8 << 20) {
                    settle(store);
                }
            }
        }
        long start = System.nanoTime();
        try (RecordStore store = RocksRecordStore.open(StoreOptions.of(folder, "node", Durability.OS))) {
            assertThat(count(store)).isEqualTo(MESSAGES);
        }
        Duration taken = Duration.ofNanos(System.nanoTime() - start);
        System.out.println("LongQueueTest: " + MESSAGES + " records opened and read in " + taken.toMillis() + " ms");
        assertThat(taken).isLessThan(Duration.ofSeconds(30));
    }
}
