package io.meshvine.mesh.store;

import io.meshvine.mesh.StoreStatistics;
import io.meshvine.mesh.WriteUnit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread of a store: takes all units that were handed over meanwhile, has them committed at once, and then runs
 * their callbacks. While one commit waits for the disk, the next gathers: the slower the disk, the larger the commits.
 *
 * <p>If a commit fails, its units and all after them wait, without a callback, while it is tried again at growing
 * intervals.
 *
 * <p>Any thread hands over; submitters meet in a queue without a lock, and wake the thread only if it sleeps. The bound
 * of what waits is the callers': {@link #pendingBytes} tells them.
 */
final class GroupWriter implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(GroupWriter.class);

    /** One commit holds no more, unless a single unit does. */
    private static final long MAX_COMMIT_BYTES = 4 << 20;

    private static final int MAX_COMMIT_UNITS = 8_192;

    private static final long IDLE_NANOS = Duration.ofSeconds(1).toNanos();

    private final Engine engine;
    private final Duration firstRetry;
    private final Duration lastRetry;
    private final Duration slow;
    private final Queue<WriteUnit> handedOver = new ConcurrentLinkedQueue<>();
    private final AtomicLong pendingBytes = new AtomicLong();
    private final Thread thread;
    private volatile boolean sleeping;
    private volatile boolean closed;
    private volatile @Nullable String problem;

    /** What the disk is asked for at present began then; 0 while it is asked for nothing. */
    private volatile long askedNanos;

    // Written by the thread only.
    private volatile StoreStatistics statistics = new StoreStatistics(0, 0, 0, 0, 0, 0);
    private boolean recovering;

    /**
     * Starts the thread.
     *
     * @param firstRetry how soon a failed commit is tried again; twice as long after each failure
     * @param lastRetry the longest that becomes
     * @param slow a disk that takes longer to answer is trouble
     */
    GroupWriter(String name, Engine engine, Duration firstRetry, Duration lastRetry, Duration slow) {
        this.engine = engine;
        this.firstRetry = firstRetry;
        this.lastRetry = lastRetry;
        this.slow = slow;
        this.thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    void add(WriteUnit unit) {
        if (closed) {
            return;
        }
        pendingBytes.addAndGet(unit.bytes());
        handedOver.add(unit);
        if (sleeping) {
            LockSupport.unpark(thread);
        }
    }

    long pendingBytes() {
        return pendingBytes.get();
    }

    Optional<String> problem() {
        String failed = problem;
        long asked = askedNanos;
        if (failed != null || asked == 0) {
            return Optional.ofNullable(failed);
        }
        Duration silent = Duration.ofNanos(System.nanoTime() - asked);
        return silent.compareTo(slow) < 0
                ? Optional.empty()
                : Optional.of("the disk has not answered for " + silent.toSeconds() + " s; look for its errors in the"
                        + " system's log");
    }

    /** Without what the records take. */
    StoreStatistics statistics() {
        return statistics;
    }

    /** Writes what was handed over and ends the thread. In trouble it tries once more only. Idempotent. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(thread);
        if (Thread.currentThread() == thread) {
            return;
        }
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true; // the engine is the thread's until it is done
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        List<WriteUnit> units = new ArrayList<>();
        boolean open = true;
        while (open) {
            take(units);
            if (!units.isEmpty()) {
                open = commit(units);
                units.clear();
            } else if (closed) {
                open = false;
            } else {
                idle();
                sleep(IDLE_NANOS);
            }
        }
        if (pendingBytes.get() > 0) {
            LOG.error("closed with {} bytes that could not be kept: {}", pendingBytes, problem);
        }
    }

    private void take(List<WriteUnit> units) {
        long bytes = 0;
        while (bytes < MAX_COMMIT_BYTES && units.size() < MAX_COMMIT_UNITS) {
            WriteUnit unit = handedOver.poll();
            if (unit == null) {
                return;
            }
            units.add(unit);
            bytes += unit.bytes();
        }
    }

    /** Commits units, however often it takes. Returns false if the writer was closed before that could be done. */
    private boolean commit(List<WriteUnit> units) {
        int filled = 0;
        long bytes = 0;
        for (WriteUnit unit : units) {
            if (!unit.isEmpty()) {
                filled++;
                bytes += unit.bytes();
            }
        }
        if (filled > 0) {
            long start = System.nanoTime();
            Duration retry = firstRetry;
            while (!tryToCommit(units)) {
                if (closed) {
                    return false;
                }
                sleepUntilClosed(retry);
                retry = shorter(retry.multipliedBy(2), lastRetry);
            }
            StoreStatistics s = statistics;
            statistics = new StoreStatistics(
                    s.units() + filled,
                    s.bytes() + bytes,
                    s.commits() + 1,
                    s.commitNanos() + System.nanoTime() - start,
                    s.failures(),
                    0);
            pendingBytes.addAndGet(-bytes);
        }
        units.forEach(GroupWriter::runCallbacks);
        return true;
    }

    private boolean tryToCommit(List<WriteUnit> units) {
        askedNanos = System.nanoTime();
        try {
            if (recovering) {
                engine.recover();
            }
            engine.commit(units);
        } catch (EngineException | RuntimeException e) {
            failed(e);
            return false;
        } finally {
            askedNanos = 0;
        }
        recovered();
        return true;
    }

    private void idle() {
        try {
            engine.idle();
        } catch (EngineException | RuntimeException e) {
            failed(e);
            return;
        }
        if (recovering) {
            recoverIdle();
        }
    }

    /** Nothing waits: readiness need not wait for somebody who writes. */
    private void recoverIdle() {
        try {
            engine.recover();
        } catch (EngineException | RuntimeException e) {
            failed(e);
            return;
        }
        recovered();
    }

    private void failed(Exception e) {
        recovering = true;
        StoreStatistics s = statistics;
        statistics = new StoreStatistics(s.units(), s.bytes(), s.commits(), s.commitNanos(), s.failures() + 1, 0);
        String message = e instanceof EngineException ? e.getMessage() : "the store failed: " + e;
        if (problem == null) {
            LOG.error("nothing is kept at present, and nothing acknowledged that has to be: {}", message, e);
        }
        problem = message;
    }

    private void recovered() {
        if (recovering) {
            recovering = false;
            problem = null;
            LOG.warn("the store works again");
        }
    }

    private static void runCallbacks(WriteUnit unit) {
        for (Runnable callback : unit.callbacks()) {
            try {
                callback.run();
            } catch (Throwable thrown) { // foreign code: the writer survives it
                LOG.error("what waited for a unit failed: {}", callback, thrown);
            }
        }
    }

    private void sleep(long nanos) {
        sleeping = true;
        if (handedOver.isEmpty() && !closed) {
            LockSupport.parkNanos(this, nanos);
        }
        sleeping = false;
    }

    private void sleepUntilClosed(Duration length) {
        long deadline = System.nanoTime() + length.toNanos();
        long left = length.toNanos();
        while (left > 0 && !closed) {
            LockSupport.parkNanos(this, left);
            left = deadline - System.nanoTime();
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
