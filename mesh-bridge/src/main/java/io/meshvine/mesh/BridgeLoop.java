package io.meshvine.mesh;

import java.time.Duration;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@link EventLoop} of a running node: one daemon thread, the system clock, real randomness.
 *
 * <p>Submitters push onto a stack that the loop takes as a whole and turns round, so a burst of tasks costs the loop
 * one atomic operation, and a thread is unparked only if the loop really sleeps. Timers run between batches: never
 * early, and late by at most the batch that is running. A task that throws is logged and counted, and the loop goes
 * on.
 *
 * <p>Thread-safe. The queue itself has no bound: whoever submits keeps a bound of his own (links their windows,
 * sessions their mailboxes).
 */
public final class BridgeLoop implements EventLoop, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(BridgeLoop.class);

    /** Tasks run before the timers are looked at again. */
    private static final int TASKS_PER_TIMER_CHECK = 256;

    /** Up to this many cancelled timers stay in the heap until their time comes. */
    private static final int TOLERATED_CANCELLED = 64;

    /** On top of the stack while the loop sleeps: who replaces it wakes the loop. */
    private static final Node SLEEPING = new Node(() -> {});

    /** On top of the stack for good once the loop took its last batch. */
    private static final Node CLOSED = new Node(() -> {});

    private final AtomicReference<@Nullable Node> submitted = new AtomicReference<>();
    private final LongAdder failed = new LongAdder();
    private final Thread thread;

    // The rest belongs to the loop's thread.
    private final PriorityQueue<Timer> timers = new PriorityQueue<>();
    private final RandomGenerator random = new SplittableRandom();
    private @Nullable Node batch;
    private long timersAdded;
    private int timersCancelled;
    private boolean closing;

    /** Starts the loop. The name is that of its thread. */
    public BridgeLoop(String name) {
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public boolean inLoop() {
        return Thread.currentThread() == thread;
    }

    @Override
    public void execute(Runnable task) {
        if (!submit(task)) {
            throw closed();
        }
    }

    @Override
    public Scheduled schedule(Duration delay, Runnable task) {
        Timer timer = new Timer(nanoTime() + delay.toNanos(), task);
        if (!inLoop()) {
            execute(timer::add);
        } else if (closing) {
            throw closed();
        } else {
            timer.add();
        }
        return timer;
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public long wallMillis() {
        return System.currentTimeMillis();
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    /** How many tasks threw since the start. */
    public long failedTasks() {
        return failed.sum();
    }

    /**
     * Ends the loop: everything submitted before still runs, timers do not, later tasks are refused. Returns when the
     * thread is done; at once if called on the loop itself, early if the caller is interrupted. Idempotent.
     */
    @Override
    public void close() {
        submit(() -> closing = true);
        if (inLoop()) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private IllegalStateException closed() {
        return new IllegalStateException(thread.getName() + " is closed");
    }

    private boolean submit(Runnable task) {
        Node node = new Node(task);
        while (true) {
            Node top = submitted.get();
            if (top == CLOSED) {
                return false;
            }
            node.next = top == SLEEPING ? null : top;
            if (submitted.compareAndSet(top, node)) {
                if (top == SLEEPING) {
                    LockSupport.unpark(thread);
                }
                return true;
            }
        }
    }

    private void run() {
        while (!closing) {
            runDueTimers();
            if (batch == null) {
                batch = inOrder(submitted.getAndSet(null));
            }
            if (batch == null) {
                sleep();
            } else {
                runTasks(TASKS_PER_TIMER_CHECK);
            }
        }
        timers.clear();
        runTasks(Integer.MAX_VALUE);
        batch = inOrder(submitted.getAndSet(CLOSED));
        runTasks(Integer.MAX_VALUE);
    }

    /** The youngest submission is on top of the stack: turns it round. */
    private static @Nullable Node inOrder(@Nullable Node top) {
        Node first = null;
        Node node = top == SLEEPING ? null : top;
        while (node != null) {
            Node below = node.next;
            node.next = first;
            first = node;
            node = below;
        }
        return first;
    }

    private void runTasks(int atMost) {
        Node node = batch;
        for (int i = 0; i < atMost && node != null; i++) {
            batch = node.next;
            runGuarded(node.task);
            node = batch;
        }
    }

    private void runDueTimers() {
        Timer first = timers.peek();
        if (first == null) {
            return;
        }
        long now = nanoTime();
        while (first != null && first.deadlineNanos - now <= 0) {
            timers.poll();
            first.fire();
            first = timers.peek();
        }
    }

    private void sleep() {
        Timer first = timers.peek();
        if (first != null && first.deadlineNanos - nanoTime() <= 0) {
            return;
        }
        if (!submitted.compareAndSet(null, SLEEPING)) {
            return;
        }
        if (first == null) {
            LockSupport.park(this);
        } else {
            LockSupport.parkNanos(this, first.deadlineNanos - nanoTime());
        }
        // Awake for whatever reason: submitters need not wake it again.
        submitted.compareAndSet(SLEEPING, null);
    }

    /** A task is foreign code: whatever it throws, the loop survives it. */
    private void runGuarded(Runnable task) {
        try {
            task.run();
        } catch (Throwable thrown) {
            failed.increment();
            LOG.error("a task of {} failed: {}", thread.getName(), task, thrown);
        }
    }

    /** A submitted task, linked to the one submitted before or, in a batch, to the next. */
    private static final class Node {
        final Runnable task;

        @Nullable
        Node next;

        Node(Runnable task) {
            this.task = task;
        }
    }

    /** A timer; everything but {@link #cancel} happens on the loop. Of equal deadlines the first added goes first. */
    private final class Timer implements Scheduled, Comparable<Timer> {
        final long deadlineNanos;
        private volatile @Nullable Runnable task;
        private long number;
        private boolean waiting;
        private boolean counted;

        Timer(long deadlineNanos, Runnable task) {
            this.deadlineNanos = deadlineNanos;
            this.task = task;
        }

        void add() {
            if (task != null) {
                number = timersAdded++;
                waiting = true;
                timers.add(this);
            }
        }

        void fire() {
            waiting = false;
            if (counted) {
                timersCancelled--;
            }
            Runnable due = task;
            task = null;
            if (due != null) {
                runGuarded(due);
            }
        }

        @Override
        public void cancel() {
            if (task == null) {
                return;
            }
            task = null;
            if (inLoop()) {
                countCancelled();
            } else {
                submit(this::countCancelled);
            }
        }

        private void countCancelled() {
            if (!waiting || counted) {
                return;
            }
            counted = true;
            timersCancelled++;
            if (timersCancelled > TOLERATED_CANCELLED && timersCancelled > timers.size() / 2) {
                timers.removeIf(timer -> timer.counted);
                timersCancelled = 0;
            }
        }

        @Override
        public int compareTo(Timer other) {
            int byDeadline = Long.compare(deadlineNanos - other.deadlineNanos, 0);
            return byDeadline != 0 ? byDeadline : Long.compare(number, other.number);
        }
    }
}
