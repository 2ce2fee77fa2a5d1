package io.meshvine.node.routing;

import java.util.concurrent.atomic.AtomicInteger;

/** Runs a task, on the thread of the last one to report, once as many as were awaited have. Any thread. */
final class Countdown implements Runnable {

    private final AtomicInteger awaited;
    private final Runnable task;

    Countdown(int awaited, Runnable task) {
        this.awaited = new AtomicInteger(awaited);
        this.task = task;
    }

    @Override
    public void run() {
        if (awaited.decrementAndGet() == 0) {
            task.run();
        }
    }
}
