package io.meshvine.mesh.retained;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.Seed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class HybridClockTest {

    private static final NodeId SELF = new NodeId(0, 1);
    private static final NodeId PEER = new NodeId(0, 2);
    private static final int LIFE = 3;

    private final AtomicLong wall = new AtomicLong(1_000_000);
    private final HybridClock clock = new HybridClock(SELF, LIFE, wall::get);

    /** The stamp of this node whose counter has grown so often. */
    private static HybridTimestamp own(long wallMillis, int count) {
        return new HybridTimestamp(wallMillis, count << 8 | LIFE, SELF);
    }

    /** Found by seed 49473 of the simulation: two messages of one stamp never converge. */
    @Test
    void aNewLifeMakesNoStampThatALostOneMade() {
        HybridTimestamp known = clock.now();
        HybridTimestamp lost = clock.now();
        HybridClock next = new HybridClock(SELF, LIFE + 1, wall::get);
        next.resume(known);

        assertThat(next.now()).isGreaterThan(known).isNotEqualTo(lost);
    }

    @Test
    void followsTheWallClock() {
        assertThat(clock.now()).isEqualTo(own(1_000_000, 0));
        assertThat(clock.now()).isEqualTo(own(1_000_000, 1));
        wall.incrementAndGet();
        assertThat(clock.now()).isEqualTo(own(1_000_001, 0));
    }

    @Test
    void neverGoesBackWhenTheWallClockDoes() {
        HybridTimestamp before = clock.now();
        wall.set(5);
        assertThat(clock.now()).isGreaterThan(before).isEqualTo(own(1_000_000, 1));
    }

    @Test
    void stampsAfterWhatItObserved() {
        HybridTimestamp ahead = new HybridTimestamp(1_059_000, 7, PEER);
        assertThat(clock.observe(ahead)).isTrue();
        assertThat(clock.now()).isEqualTo(own(1_059_000, 1));
        assertThat(clock.observe(new HybridTimestamp(3, 3, PEER))).isTrue();
        assertThat(clock.now()).isEqualTo(own(1_059_000, 2));
    }

    @Test
    void refusesStampsMoreThanAMinuteAhead() {
        assertThat(clock.observe(new HybridTimestamp(1_060_001, 0, PEER))).isFalse();
        assertThat(clock.observe(new HybridTimestamp(Long.MAX_VALUE, 0, PEER))).isFalse();
        assertThat(clock.now()).isEqualTo(own(1_000_000, 0));
        assertThat(clock.observe(new HybridTimestamp(1_060_000, 0, PEER))).isTrue();
        assertThat(clock.now()).isEqualTo(own(1_060_000, 1));
    }

    /** The bound holds against the wall, so a chain of stamps cannot drag the clock along. */
    @Test
    void isNotDraggedAheadStepByStep() {
        for (int i = 0; i < 100; i++) {
            clock.observe(new HybridTimestamp(clock.now().wallMillis() + 50_000, 0, PEER));
        }
        assertThat(clock.now().wallMillis()).isLessThanOrEqualTo(1_060_000);
    }

    @Test
    void carriesAFullCounterIntoTheWallPart() {
        assertThat(clock.observe(new HybridTimestamp(1_000_000, -1, PEER))).isTrue();
        HybridTimestamp next = clock.now();
        assertThat(next).isEqualTo(own(1_000_001, 0));
        assertThat(next).isGreaterThan(new HybridTimestamp(1_000_000, -1, PEER));
    }

    @Test
    void isMonotoneWhateverHappens() {
        RandomGenerator random = Seed.random("isMonotoneWhateverHappens");
        HybridTimestamp last = clock.now();
        for (int i = 0; i < 100_000; i++) {
            wall.addAndGet(random.nextInt(41) - 20);
            if (random.nextInt(3) == 0) {
                HybridTimestamp stamp = new HybridTimestamp(
                        wall.get() + random.nextInt(130_000) - 65_000,
                        random.nextInt(),
                        random.nextBoolean() ? SELF : PEER);
                boolean accepted = clock.observe(stamp);
                assertThat(accepted).isEqualTo(stamp.wallMillis() <= wall.get() + 60_000);
                if (accepted && stamp.compareTo(last) > 0) {
                    last = stamp;
                }
            }
            HybridTimestamp now = clock.now();
            assertThat(now).isGreaterThan(last);
            assertThat(now.node()).isEqualTo(SELF);
            last = now;
        }
    }

    @Test
    void neverStampsTwiceAlikeFromManyThreads() throws Exception {
        Set<HybridTimestamp> all = ConcurrentHashMap.newKeySet();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                running.add(threads.submit(() -> {
                    List<HybridTimestamp> mine = new ArrayList<>();
                    for (int i = 0; i < 20_000; i++) {
                        if (i % 100 == 0) {
                            wall.incrementAndGet();
                        }
                        mine.add(clock.now());
                    }
                    List<HybridTimestamp> sorted = new ArrayList<>(mine);
                    Collections.sort(sorted);
                    assertThat(mine).isEqualTo(sorted);
                    all.addAll(mine);
                }));
            }
            for (Future<?> future : running) {
                future.get(30, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(all).hasSize(80_000);
    }
}
