package io.meshvine.mesh;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Port: the single thread that owns all mesh state, and its only source of time and randomness. A real thread in a
 * node, virtual time in the simulation. Every method may be called from any thread; tasks run one at a time, in the
 * order of their submission.
 */
public interface EventLoop {

    /** Whether the caller runs on this loop. */
    boolean inLoop();

    /** Runs a task soon. After the loop was closed, tasks are refused with {@link IllegalStateException}. */
    void execute(Runnable task);

    /** Runs a task once, after a delay. */
    Scheduled schedule(Duration delay, Runnable task);

    /** Monotonic time in nanoseconds, from an arbitrary origin. */
    long nanoTime();

    /** Wall-clock time in milliseconds since 1970; may jump. */
    long wallMillis();

    /** Randomness, seeded in the simulation. Use it on the loop only. */
    RandomGenerator random();

    /** A task that waits for its time. */
    interface Scheduled {
        /** Forgets the task unless it already ran. Idempotent. */
        void cancel();
    }
}
