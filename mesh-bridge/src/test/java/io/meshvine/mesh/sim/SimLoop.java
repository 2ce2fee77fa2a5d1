package io.meshvine.mesh.sim;

import io.meshvine.mesh.EventLoop;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * The loop of one life of a node in virtual time. A task runs a little after it was submitted, so that things happen
 * in between, and keeps its place. The wall clock may be wrong.
 */
public final class SimLoop implements EventLoop {
    /** Virtual time 0 on a right wall clock, in milliseconds since 1970. */
    private static final long WALL_MILLIS = 1_790_000_000_000L;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final SimScheduler scheduler;
    private final SplittableRandom random;
    private final long originNanos;
    private final long wallSkewMillis;
    private final long maxLagNanos;
    private long lastRunNanos;
    private boolean running;
    private boolean dead;
    private Runnable afterwards = () -> {};

    /**
     * @param wallSkewMillis how far the wall clock is ahead
     * @param maxLagNanos a task waits this long at most
     */
    public SimLoop(SimScheduler scheduler, SplittableRandom random, long wallSkewMillis, long maxLagNanos) {
        this.scheduler = scheduler;
        this.random = random;
        this.originNanos = random.nextLong(); // a node must not care: differences count, even across an overflow
        this.wallSkewMillis = wallSkewMillis;
        this.maxLagNanos = maxLagNanos;
    }

    /** Has something done after each task. */
    void afterEach(Runnable task) {
        afterwards = task;
    }

    /** What waits never runs, and nothing else does. */
    public void kill() {
        dead = true;
    }

    @Override
    public boolean inLoop() {
        return running;
    }

    @Override
    public void execute(Runnable task) {
        lastRunNanos = Math.max(lastRunNanos, scheduler.nowNanos() + random.nextLong(maxLagNanos + 1));
        scheduler.at(lastRunNanos, () -> run(task));
    }

    @Override
    public Scheduled schedule(Duration delay, Runnable task) {
        return scheduler.after(delay.toNanos(), () -> run(task));
    }

    private void run(Runnable task) {
        if (dead) {
            return;
        }
        running = true;
        try {
            task.run();
        } finally {
            running = false;
        }
        afterwards.run();
    }

    @Override
    public long nanoTime() {
        return originNanos + scheduler.nowNanos();
    }

    @Override
    public long wallMillis() {
        return WALL_MILLIS + wallSkewMillis + scheduler.nowNanos() / NANOS_PER_MILLI;
    }

    @Override
    public RandomGenerator random() {
        return random;
    }
}
