package io.meshvine.node.front;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * While the way onward is full, whoever publishes is not read from; everybody else is served as ever. Any thread.
 */
final class Congestion {

    private final ReadPauses.Cause cause;
    private final Queue<ReadPauses> waiting = new ConcurrentLinkedQueue<>();
    private volatile boolean on;

    /** @param cause what those who wait are told apart by */
    Congestion(ReadPauses.Cause cause) {
        this.cause = cause;
    }

    void set(boolean congested) {
        on = congested;
        if (!congested) {
            letGo();
        }
    }

    /** The client published: it waits if need be. On its loop. */
    void published(ReadPauses publisher) {
        if (on && publisher.pause(cause)) {
            waiting.add(publisher);
            if (!on) { // It may have ended before this one was in the queue.
                letGo();
            }
        }
    }

    private void letGo() {
        ReadPauses next;
        while ((next = waiting.poll()) != null) {
            next.resume(cause);
        }
    }
}
