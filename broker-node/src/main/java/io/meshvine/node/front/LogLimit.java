package io.meshvine.node.front;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Lets through one message a second, so that clients cannot fill the log. Any thread. */
final class LogLimit {

    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final AtomicLong nextNanos = new AtomicLong(System.nanoTime());

    boolean allows() {
        long due = nextNanos.get();
        long now = System.nanoTime();
        return now - due >= 0 && nextNanos.compareAndSet(due, now + INTERVAL_NANOS);
    }
}
