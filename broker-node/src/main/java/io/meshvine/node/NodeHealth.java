package io.meshvine.node;

import io.meshvine.node.admin.Health;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Whether the threads that everything runs on still answer. Each is asked at every {@link #beat}, and whenever the
 * admin endpoint is: one that owes an answer for long makes the node not ready, one that owes it for very long makes it
 * not alive, for then only a new process helps. Any thread.
 */
final class NodeHealth {

    /** How often threads are asked. */
    static final Duration BEAT = Duration.ofSeconds(1);

    /** A thread that is busy for longer delays its clients so much that others had better serve them. */
    static final Duration SLOW = Duration.ofSeconds(2);

    /** No task and no pause of a JVM that works takes so long. */
    static final Duration HUNG = Duration.ofSeconds(10);

    private final List<Pulse> pulses = new CopyOnWriteArrayList<>();
    private final LongSupplier nanoTime;

    NodeHealth(Health health, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        health.aliveWhen("threads", () -> silent(HUNG));
        health.readyWhen("responsive", () -> silent(SLOW));
    }

    /** Watches a thread from now on. */
    void watch(String name, Executor loop) {
        pulses.add(new Pulse(name, loop, nanoTime));
    }

    /** Asks all threads. Returns at once. */
    void beat() {
        pulses.forEach(Pulse::ask);
    }

    private Optional<String> silent(Duration bound) {
        beat();
        return pulses.stream()
                .filter(pulse -> pulse.owedNanos() >= bound.toNanos())
                .max(Comparator.comparingLong(Pulse::owedNanos))
                .map(pulse -> pulse.name() + " has not answered for "
                        + TimeUnit.NANOSECONDS.toSeconds(pulse.owedNanos()) + " s");
    }
}
