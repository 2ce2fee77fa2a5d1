package io.meshvine.mesh.sim;

import io.meshvine.mesh.EventLoop;
import java.util.Comparator;
import java.util.PriorityQueue;

/** Virtual time, in nanoseconds from 0, and what is to happen when. What falls on the same moment runs in order. */
public final class SimScheduler {
    private static final Comparator<Event> IN_ORDER =
            Comparator.<Event>comparingLong(event -> event.atNanos).thenComparingLong(event -> event.order);

    private final PriorityQueue<Event> events = new PriorityQueue<>(IN_ORDER);
    private long nowNanos;
    private long order;

    /** Something to happen. */
    private static final class Event implements EventLoop.Scheduled {
        private final long atNanos;
        private final long order;
        private final Runnable task;
        private boolean cancelled;

        Event(long atNanos, long order, Runnable task) {
            this.atNanos = atNanos;
            this.order = order;
            this.task = task;
        }

        @Override
        public void cancel() {
            cancelled = true;
        }
    }

    public long nowNanos() {
        return nowNanos;
    }

    /** Has a task run at a moment, or now if that is over. */
    public EventLoop.Scheduled at(long atNanos, Runnable task) {
        Event event = new Event(Math.max(atNanos, nowNanos), order++, task);
        events.add(event);
        return event;
    }

    public EventLoop.Scheduled after(long delayNanos, Runnable task) {
        return at(nowNanos + delayNanos, task);
    }

    /** Lets everything happen up to a moment. */
    public void runUntil(long endNanos) {
        Event event = events.peek();
        while (event != null && event.atNanos <= endNanos) {
            events.remove();
            nowNanos = event.atNanos;
            if (!event.cancelled) {
                event.task.run();
            }
            event = events.peek();
        }
        nowNanos = Math.max(nowNanos, endNanos);
    }
}
