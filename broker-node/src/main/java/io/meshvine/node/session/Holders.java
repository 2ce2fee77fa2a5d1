package io.meshvine.node.session;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts who has a message, and runs a task once nobody has it any more. Any thread. It is apart from the references of
 * the payload, which connections hold too until it is written.
 */
final class Holders {

    private final AtomicInteger count = new AtomicInteger(1);
    private final Runnable released;

    /** One holder has it: whoever made the message. */
    Holders(Runnable released) {
        this.released = released;
    }

    void add() {
        count.incrementAndGet();
    }

    void remove() {
        if (count.decrementAndGet() == 0) {
            released.run();
        }
    }
}
