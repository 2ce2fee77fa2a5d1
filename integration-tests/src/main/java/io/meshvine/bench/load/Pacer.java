package io.meshvine.bench.load;

import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Open-loop schedule: message n is due at start + n / rate, whatever happened to the ones before it, and carries that time. Confined to
 * the load loop.
 */
final class Pacer {
    private final EventLoop loop;
    private final List<Publisher> publishers;
    private final double intervalNanos;
    private final Histogram lag = new Histogram(TimeUnit.SECONDS.toNanos(120), 3);
    private long startNanos;
    private long next;
    private boolean running;
    private @Nullable Future<?> timer;

    Pacer(EventLoop loop, List<Publisher> publishers, int ratePerSecond) {
        this.loop = loop;
        this.publishers = publishers;
        this.intervalNanos = 1e9 / ratePerSecond;
    }

    void start() {
        running = true;
        startNanos = System.nanoTime();
        tick();
    }

    void stop() {
        running = false;
        if (timer != null) {
            timer.cancel(false);
        }
    }

    private void tick() {
        if (!running) {
            return;
        }
        long now = System.nanoTime();
        long due = dueNanos();
        while (due <= now) {
            Publisher publisher = publishers.get((int) (next % publishers.size()));
            publisher.append(due);
            publisher.flushOut();
            lag.recordValue(Math.min(now - due, lag.getHighestTrackableValue()));
            next++;
            due = dueNanos();
        }
        timer = loop.schedule(this::tick, Math.max(0, due - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private long dueNanos() {
        return startNanos + (long) (next * intervalNanos);
    }

    /** How late this client sent, in nanoseconds. */
    Histogram lag() {
        return lag;
    }
}
