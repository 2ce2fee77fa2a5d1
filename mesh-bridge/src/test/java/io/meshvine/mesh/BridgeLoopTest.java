package io.meshvine.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class BridgeLoopTest {

    private final BridgeLoop loop = new BridgeLoop("test-loop");

    @AfterEach
    void close() {
        loop.close();
    }

    @Test
    void runsTasksOfEachSubmitterInOrderAndOneAtATime() throws Exception {
        int submitters = 4;
        int tasks = 20_000;
        List<List<Integer>> seen = new ArrayList<>();
        AtomicInteger inside = new AtomicInteger();
        AtomicBoolean overlapped = new AtomicBoolean();
        CountDownLatch done = new CountDownLatch(submitters * tasks);
        CyclicBarrier together = new CyclicBarrier(submitters);
        for (int s = 0; s < submitters; s++) {
            List<Integer> mine = new ArrayList<>();
            seen.add(mine);
            new Thread(() -> {
                        await(together);
                        for (int i = 0; i < tasks; i++) {
                            int number = i;
                            loop.execute(() -> {
                                overlapped.compareAndSet(false, inside.incrementAndGet() != 1);
                                mine.add(number);
                                inside.decrementAndGet();
                                done.countDown();
                            });
                        }
                    })
                    .start();
        }

        assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(overlapped).isFalse();
        for (List<Integer> mine : seen) {
            assertThat(mine).hasSize(tasks).isSorted();
        }
    }

    @Test
    void knowsWhetherTheCallerIsOnTheLoop() {
        AtomicBoolean inside = new AtomicBoolean();
        loop.execute(() -> inside.set(loop.inLoop()));
        Awaitility.await().untilTrue(inside);
        assertThat(loop.inLoop()).isFalse();
    }

    @Test
    void runsTimersInOrderOfTheirDeadlinesAndNeverEarly() {
        List<String> fired = Collections.synchronizedList(new ArrayList<>());
        long start = loop.nanoTime();
        List<Long> delays = Collections.synchronizedList(new ArrayList<>());
        loop.schedule(Duration.ofMillis(60), () -> fired.add("late"));
        loop.execute(() -> loop.schedule(Duration.ofMillis(30), () -> {
            delays.add(loop.nanoTime() - start);
            fired.add("early");
        }));
        loop.execute(() -> {
            loop.schedule(Duration.ZERO, () -> fired.add("first"));
            loop.schedule(Duration.ZERO, () -> fired.add("second"));
        });

        Awaitility.await().until(() -> fired.size() == 4);
        assertThat(fired).containsExactly("first", "second", "early", "late");
        assertThat(delays.get(0)).isGreaterThanOrEqualTo(Duration.ofMillis(30).toNanos());
    }

    @Test
    void forgetsCancelledTimersWhereverTheyAreCancelled() {
        AtomicInteger fired = new AtomicInteger();
        List<EventLoop.Scheduled> timers = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            timers.add(loop.schedule(Duration.ofMillis(50), fired::incrementAndGet));
        }
        timers.subList(0, 500).forEach(EventLoop.Scheduled::cancel);
        loop.execute(() -> timers.subList(500, 999).forEach(EventLoop.Scheduled::cancel));
        timers.get(0).cancel();

        Awaitility.await().until(() -> fired.get() > 0);
        CountDownLatch after = new CountDownLatch(1);
        loop.schedule(Duration.ofMillis(60), after::countDown);
        Awaitility.await().until(() -> after.getCount() == 0);
        assertThat(fired).hasValue(1);
    }

    @Test
    void survivesTasksThatThrow() {
        AtomicBoolean ran = new AtomicBoolean();
        loop.execute(() -> {
            throw new IllegalStateException("on purpose");
        });
        loop.schedule(Duration.ZERO, () -> {
            throw new AssertionError("on purpose");
        });
        loop.schedule(Duration.ofMillis(1), () -> ran.set(true));

        Awaitility.await().untilTrue(ran);
        assertThat(loop.failedTasks()).isEqualTo(2);
    }

    @Test
    void runsWhatIsQueuedWhenClosedAndRefusesWhatComesLater() {
        AtomicInteger ran = new AtomicInteger();
        CountDownLatch hold = new CountDownLatch(1);
        loop.execute(() -> await(hold));
        for (int i = 0; i < 100; i++) {
            loop.execute(ran::incrementAndGet);
        }
        hold.countDown();
        loop.close();

        assertThat(ran).hasValue(100);
        assertThatThrownBy(() -> loop.execute(ran::incrementAndGet)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> loop.schedule(Duration.ZERO, ran::incrementAndGet))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void everyTaskThatWasTakenRunsEvenIfClosedMeanwhile() throws Exception {
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger ran = new AtomicInteger();
        CountDownLatch started = new CountDownLatch(1);
        Thread submitter = new Thread(() -> {
            try {
                while (true) {
                    loop.execute(ran::incrementAndGet);
                    taken.incrementAndGet();
                    started.countDown();
                }
            } catch (IllegalStateException closed) {
                // That is the end of it.
            }
        });
        submitter.start();
        started.await();
        loop.close();
        submitter.join();

        assertThat(ran).hasValue(taken.get());
    }

    @Test
    void canBeClosedByOneOfItsOwnTasks() {
        AtomicBoolean refused = new AtomicBoolean();
        loop.execute(() -> {
            loop.close();
            loop.execute(() -> {
                try {
                    loop.schedule(Duration.ZERO, () -> {});
                } catch (IllegalStateException closed) {
                    refused.set(true);
                }
            });
        });
        Awaitility.await().untilTrue(refused);
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (Exception broken) {
            throw new IllegalStateException(broken);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException broken) {
            throw new IllegalStateException(broken);
        }
    }
}
