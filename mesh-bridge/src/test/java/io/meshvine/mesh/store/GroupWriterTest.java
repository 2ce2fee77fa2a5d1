package io.meshvine.mesh.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The writer over an engine that does what the test wants. */
class GroupWriterTest {

    private static final Duration SOON = Duration.ofMillis(1);
    private static final Duration SLOW = Duration.ofMillis(500);

    private final Disk disk = new Disk();
    private final GroupWriter writer = new GroupWriter("writer", disk, SOON, Duration.ofMillis(4), SLOW);
    private final List<Integer> durable = Collections.synchronizedList(new ArrayList<>());

    /** Keeps the keys of what it is given; may be stopped or broken. */
    private static final class Disk implements Engine {
        private final List<Integer> keys = Collections.synchronizedList(new ArrayList<>());
        private final List<Integer> sizes = Collections.synchronizedList(new ArrayList<>());
        private final Semaphore permits = new Semaphore(Integer.MAX_VALUE / 2);
        private final AtomicInteger failures = new AtomicInteger();
        private volatile boolean broken;
        private final AtomicInteger recoveries = new AtomicInteger();

        @Override
        public void commit(List<WriteUnit> units) throws EngineException {
            permits.acquireUninterruptibly();
            if (broken) {
                failures.incrementAndGet();
                throw new EngineException("the disk is broken; mend it", new IllegalStateException());
            }
            sizes.add(units.size());
            for (WriteUnit unit : units) {
                unit.applyTo(new WriteUnit.Target() {
                    @Override
                    public void put(Family family, byte[] key, byte[] value) {
                        keys.add((int) key[0]);
                    }

                    @Override
                    public void delete(Family family, byte[] key) {}

                    @Override
                    public void deleteRange(Family family, byte[] from, byte[] to) {}
                });
            }
        }

        @Override
        public void recover() {
            recoveries.incrementAndGet();
        }

        @Override
        public void idle() {}
    }

    private WriteUnit unit(int number) {
        return new WriteUnit()
                .put(Family.META, new byte[] {(byte) number}, new byte[100])
                .whenDurable(() -> durable.add(number));
    }

    @AfterEach
    void close() {
        disk.broken = false;
        disk.permits.release(1_000);
        writer.close();
    }

    @Test
    void commitsAtOnceWhatGatheredDuringTheLastCommit() {
        disk.permits.drainPermits();
        writer.add(unit(0));
        await().until(disk.permits::hasQueuedThreads);
        for (int i = 1; i < 50; i++) {
            writer.add(unit(i));
        }
        assertThat(durable).isEmpty();
        assertThat(writer.pendingBytes()).isEqualTo(50 * unit(0).bytes());

        disk.permits.release(2);
        await().until(() -> durable.size() == 50);

        assertThat(disk.sizes).containsExactly(1, 49);
        assertThat(disk.keys).isSorted().hasSize(50);
        assertThat(durable).isSorted();
        assertThat(writer.statistics().commits()).isEqualTo(2);
        assertThat(writer.pendingBytes()).isZero();
    }

    @Test
    void keepsEverythingWhileTheDiskIsBrokenAndThenGoesOnByItself() {
        disk.broken = true;
        for (int i = 0; i < 20; i++) {
            writer.add(unit(i));
        }
        await().until(() -> disk.failures.get() > 5);

        assertThat(writer.problem()).contains("the disk is broken; mend it");
        assertThat(durable).isEmpty();
        assertThat(writer.pendingBytes()).isEqualTo(20 * unit(0).bytes());
        assertThat(writer.statistics().units()).isZero();

        disk.broken = false;
        await().until(() -> durable.size() == 20);
        assertThat(durable).isSorted();
        assertThat(disk.keys).isSorted().hasSize(20);
        assertThat(disk.recoveries.get()).isPositive();
        assertThat(writer.problem()).isEmpty();
        assertThat(writer.statistics().failures()).isEqualTo(disk.failures.get());
    }

    @Test
    void saysThatTheDiskDoesNotAnswer() {
        disk.permits.drainPermits();
        writer.add(unit(0));
        await().until(() -> writer.problem().isPresent());

        assertThat(writer.problem().orElseThrow()).contains("has not answered");
        assertThat(durable).isEmpty();

        disk.permits.release();
        await().until(() -> durable.size() == 1);
        await().until(() -> writer.problem().isEmpty());
    }

    @Test
    void isClosedSoonEvenIfTheDiskStaysBroken() throws InterruptedException {
        disk.broken = true;
        writer.add(unit(0));
        await().until(() -> writer.problem().isPresent());
        CountDownLatch closed = new CountDownLatch(1);
        new Thread(() -> {
                    writer.close();
                    closed.countDown();
                })
                .start();

        assertThat(closed.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(durable).isEmpty();
    }

    @Test
    void writesWhatWasHandedOverBeforeItCloses() {
        for (int i = 0; i < 100; i++) {
            writer.add(unit(i));
        }
        writer.close();

        assertThat(durable).hasSize(100).isSorted();
        assertThat(disk.keys).hasSize(100);
    }

    @Test
    void neverLetsTheCallerWait() {
        disk.permits.drainPermits();
        for (int i = 0; i < 10_000; i++) {
            writer.add(new WriteUnit().put(Family.META, new byte[] {1}, new byte[1]));
        }

        assertThat(writer.pendingBytes()).isPositive();
    }
}
