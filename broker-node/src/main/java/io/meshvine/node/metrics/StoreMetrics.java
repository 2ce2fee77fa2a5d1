package io.meshvine.node.metrics;

import io.meshvine.mesh.RecordStore;
import io.micrometer.core.instrument.FunctionTimer;
import java.util.concurrent.TimeUnit;

/** What the node writes to disk, in metrics. Traffic that needs no disk moves none of these. */
public final class StoreMetrics {

    private StoreMetrics() {}

    /** Adds the store to the node's metrics. */
    public static void bind(NodeMetrics metrics, RecordStore store) {
        metrics.counter(
                "store.units",
                "changes kept as a whole",
                () -> store.statistics().units());
        metrics.counter(
                "store.written.bytes",
                "bytes of those changes",
                () -> store.statistics().bytes());
        metrics.counter(
                "store.failures",
                "attempts to write that failed",
                () -> store.statistics().failures());
        metrics.gauge("store.pending.bytes", "bytes that are not durable yet", store::pendingBytes);
        metrics.gauge(
                "store.size.bytes",
                "bytes of the store",
                () -> store.statistics().storedBytes());
        metrics.gauge(
                "store.problem",
                "1 while nothing can be written, and nothing is acknowledged that has to be",
                () -> store.problem().isPresent() ? 1 : 0);
        FunctionTimer.builder(
                        "meshvine.store.commit",
                        store,
                        written -> written.statistics().commits(),
                        written -> written.statistics().commitNanos(),
                        TimeUnit.NANOSECONDS)
                .description("writes to disk, each of all that waited, synchronised as durability says")
                .register(metrics.registry());
    }
}
