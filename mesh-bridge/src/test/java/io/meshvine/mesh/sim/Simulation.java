package io.meshvine.mesh.sim;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Plays many seeds of a suite on several threads, each seed as a whole on one of them; stops at the first broken
 * promise.
 */
final class Simulation {
    private final Suite suite;
    private final int threads;
    private final AtomicLong next;
    private final long endSeed;
    private final long deadlineNanos;
    private final Tally tally = new Tally();
    private final ConcurrentLinkedQueue<AssertionError> failures = new ConcurrentLinkedQueue<>();
    private volatile boolean stopped;

    /**
     * @param fromSeed the first seed
     * @param count how many seeds
     * @param atMost when to stop all the same
     */
    Simulation(Suite suite, int threads, long fromSeed, long count, Duration atMost) {
        this.suite = suite;
        this.threads = threads;
        this.next = new AtomicLong(fromSeed);
        this.endSeed = fromSeed + count;
        this.deadlineNanos = System.nanoTime() + atMost.toNanos();
    }

    /** Plays all of them. Returns the first broken promise; null if all were kept. */
    @Nullable
    AssertionError run() {
        List<Thread> workers = new ArrayList<>();
        for (int i = 1; i < threads; i++) {
            Thread worker = new Thread(this::play, "simulation-" + i);
            worker.start();
            workers.add(worker);
        }
        play();
        for (Thread worker : workers) {
            try {
                worker.join();
            } catch (InterruptedException e) {
                stopped = true;
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
        return failures.peek();
    }

    private void play() {
        while (!stopped && System.nanoTime() - deadlineNanos < 0) {
            long seed = next.getAndIncrement();
            if (seed >= endSeed) {
                return;
            }
            try {
                enter(suite.play(seed, Defect.NONE));
            } catch (AssertionError broken) {
                failures.add(broken);
                stopped = true;
            } catch (RuntimeException failed) {
                failures.add(new AssertionError("seed " + seed + " of " + suite.label() + " failed", failed));
                stopped = true;
            }
        }
    }

    private synchronized void enter(Tally one) {
        tally.add(one);
    }

    /** What was played. */
    synchronized Tally tally() {
        Tally copy = new Tally();
        copy.add(tally);
        return copy;
    }
}
