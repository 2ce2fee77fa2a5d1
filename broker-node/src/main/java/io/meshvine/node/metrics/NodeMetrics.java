package io.meshvine.node.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyAllocatorMetrics;
import io.micrometer.core.instrument.binder.netty4.NettyEventExecutorMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.util.concurrent.EventExecutor;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

/**
 * All meters of one node. What is counted elsewhere is read when Prometheus asks, so that no message pays for a meter.
 * Any thread. Names: {@code meshvine.mesh.publishes.forwarded} here is {@code meshvine_mesh_publishes_forwarded_total}
 * there. Tags are few and of low cardinality: qos, reason, peer; never a topic or a client id.
 */
public final class NodeMetrics implements AutoCloseable {

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final List<Runnable> refreshers = new CopyOnWriteArrayList<>();

    /** Metrics of the process itself, for the start. */
    public NodeMetrics(String version) {
        List.<MeterBinder>of(
                        new ClassLoaderMetrics(),
                        new JvmMemoryMetrics(),
                        new JvmThreadMetrics(),
                        collections,
                        new ProcessorMetrics(),
                        new FileDescriptorMetrics(),
                        new UptimeMetrics())
                .forEach(binder -> binder.bindTo(registry));
        Gauge.builder("meshvine.build.info", () -> 1)
                .description("always 1; the version of this node")
                .tag("version", version)
                .register(registry);
    }

    /** Adds a buffer pool of Netty. */
    public void allocator(ByteBufAllocatorMetricProvider allocator) {
        new NettyAllocatorMetrics(allocator).bindTo(registry);
    }

    /** Adds the threads of Netty, with the tasks that wait for each. */
    public void eventLoops(Iterable<EventExecutor> loops) {
        new NettyEventExecutorMetrics(loops).bindTo(registry);
    }

    /**
     * Adds something that only grows.
     *
     * @param name dotted, without the product's name in front
     * @param tags key, value, key, value, ...
     */
    public void counter(String name, String description, LongSupplier count, String... tags) {
        // The state is held weakly, the function is not: a state of its own would be gone with the next collection.
        FunctionCounter.builder("meshvine." + name, this, metrics -> count.getAsLong())
                .description(description)
                .tags(tags)
                .register(registry);
    }

    /** Adds something that goes up and down. */
    public void gauge(String name, String description, LongSupplier value, String... tags) {
        Gauge.builder("meshvine." + name, value, LongSupplier::getAsLong)
                .strongReference(true)
                .description(description)
                .tags(Tags.of(tags))
                .register(registry);
    }

    /** Everything in Prometheus' text format, as it is now. */
    public String scrape() {
        refreshers.forEach(Runnable::run);
        return registry.scrape();
    }

    /** Stops to listen to the JVM. */
    @Override
    public void close() {
        collections.close();
        registry.close();
    }

    MeterRegistry registry() {
        return registry;
    }

    /** Runs the task before each scrape, on the thread that asks. */
    void beforeScrape(Runnable task) {
        refreshers.add(task);
    }
}
