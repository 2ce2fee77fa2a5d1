package io.meshvine.node.routing;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Figures as retained messages below {@code $SYS/}. They stay on the node: {@code $SYS/broker/} speaks of this node, under
 * the names that Mosquitto users know, {@code $SYS/mesh/} of the mesh as this node sees it. Values are published when
 * they changed. Register before {@link #start}; everything else runs on the timer.
 */
public final class SysTopics {

    private static final Logger LOG = LoggerFactory.getLogger(SysTopics.class);
    private static final double SECONDS_PER_MINUTE = 60.0;
    private static final byte[] DELETED = {};

    private final BiConsumer<String, byte[]> publisher;
    private final ScheduledExecutorService timer;
    private final Duration interval;
    private final List<Value> values = new ArrayList<>();
    private final List<Load> loads = new ArrayList<>();
    private final List<Tree> trees = new ArrayList<>();
    private final Map<String, String> published = new HashMap<>();
    private @Nullable Future<?> running;

    /** @param publisher publishes and retains on this node only: topic and payload */
    public SysTopics(BiConsumer<String, byte[]> publisher, ScheduledExecutorService timer, Duration interval) {
        this.publisher = publisher;
        this.timer = timer;
        this.interval = interval;
    }

    /** Adds a topic whose value is asked for at each interval. */
    public SysTopics value(String topic, Supplier<Object> current) {
        values.add(new Value(topic, current));
        return this;
    }

    /** Adds moving averages per minute of a growing count, at {@code <topic>/1min}, {@code /5min} and {@code /15min}. */
    public SysTopics load(String topic, LongSupplier total) {
        loads.add(new Load(topic, total));
        return this;
    }

    /**
     * Adds topics that come and go. All there are now are asked for at each interval, on the timer, and published when the
     * answer is there; those that are in it no longer are deleted. Without an answer everything stays.
     */
    public SysTopics tree(Supplier<? extends CompletionStage<Map<String, Object>>> current) {
        trees.add(new Tree(current));
        return this;
    }

    /** Publishes all values now and at each interval. */
    public void start() {
        running = timer.scheduleAtFixedRate(this::publishAll, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Stops publishing; the last values stay. */
    public void stop() {
        Future<?> task = running;
        if (task != null) {
            task.cancel(false);
        }
    }

    /** A task that throws would be the timer's last of its kind. */
    private void publishAll() {
        try {
            publishNow();
        } catch (RuntimeException failed) {
            LOG.warn("not all of $SYS/ could be published", failed);
        }
    }

    private void publishNow() {
        for (Value value : values) {
            publish(value.topic, String.valueOf(value.current.get()));
        }
        for (Load load : loads) {
            load.advance(interval.toMillis() / 1000.0);
            load.publish();
        }
        trees.forEach(Tree::ask);
    }

    private void publish(String topic, String text) {
        if (!text.equals(published.put(topic, text))) {
            publisher.accept(topic, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private record Value(String topic, Supplier<Object> current) {}

    /** Topics that come and go. */
    private final class Tree {
        private final Supplier<? extends CompletionStage<Map<String, Object>>> current;
        private Set<String> shown = Set.of();

        Tree(Supplier<? extends CompletionStage<Map<String, Object>>> current) {
            this.current = current;
        }

        void ask() {
            var unused = current.get().thenAcceptAsync(this::show, timer).exceptionally(failed -> {
                LOG.debug("nothing to be said below $SYS/", failed);
                return null;
            });
        }

        private void show(Map<String, Object> now) {
            for (String topic : shown) {
                if (!now.containsKey(topic)) {
                    published.remove(topic);
                    publisher.accept(topic, DELETED);
                }
            }
            now.forEach((topic, value) -> SysTopics.this.publish(topic, String.valueOf(value)));
            shown = Set.copyOf(now.keySet());
        }
    }

    /** Exponentially weighted moving averages, as Unix load averages are made. */
    private final class Load {
        private static final int[] MINUTES = {1, 5, 15};

        private final String topic;
        private final LongSupplier total;
        private final double[] perMinute = new double[MINUTES.length];
        private long last;

        Load(String topic, LongSupplier total) {
            this.topic = topic;
            this.total = total;
            this.last = total.getAsLong();
        }

        void advance(double seconds) {
            long now = total.getAsLong();
            double rate = (now - last) * SECONDS_PER_MINUTE / seconds;
            last = now;
            for (int i = 0; i < MINUTES.length; i++) {
                double keep = Math.exp(-seconds / (SECONDS_PER_MINUTE * MINUTES[i]));
                perMinute[i] = rate + keep * (perMinute[i] - rate);
            }
        }

        void publish() {
            for (int i = 0; i < MINUTES.length; i++) {
                SysTopics.this.publish(
                        topic + "/" + MINUTES[i] + "min", String.format(Locale.ROOT, "%.2f", perMinute[i]));
            }
        }
    }
}
