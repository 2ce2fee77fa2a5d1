package io.meshvine.node;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a thread to answer and knows for how long it owes the answer. At most one question is open, so a thread that
 * hangs costs nothing more. Any thread.
 */
final class Pulse {

    private static final Logger LOG = LoggerFactory.getLogger(Pulse.class);

    private final String name;
    private final Executor loop;
    private final LongSupplier nanoTime;
    private final AtomicReference<@Nullable Question> open = new AtomicReference<>();

    private record Question(long askedNanos) {}

    /**
     * @param name of the thread, for operators
     * @param loop runs tasks on it
     */
    Pulse(String name, Executor loop, LongSupplier nanoTime) {
        this.name = name;
        this.loop = loop;
        this.nanoTime = nanoTime;
    }

    String name() {
        return name;
    }

    /** Asks, unless an answer is owed already. Returns at once. */
    void ask() {
        if (open.compareAndSet(null, new Question(nanoTime.getAsLong()))) {
            try {
                loop.execute(() -> open.set(null));
            } catch (RejectedExecutionException | IllegalStateException ended) {
                LOG.debug("{} has ended", name, ended); // The question stays open: nobody answers any more.
            }
        }
    }

    /** For how long an answer is owed; 0 if none is. */
    long owedNanos() {
        Question question = open.get();
        return question == null ? 0 : nanoTime.getAsLong() - question.askedNanos();
    }
}
