package io.meshvine.node.routing;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The node's figures as retained messages below {@code $SYS/}, under the names that Mosquitto users know. They stay on
 * the node: {@code $SYS/broker/} speaks of this node only. Values are published when they changed. Register before
 * {@link #start}; everything else runs on the timer.
 */
public final class SysTopics {

    private static final double SECONDS_PER_MINUTE = 60.0;

    private final BiConsumer<String, byte[]> publisher;
    private final ScheduledExecutorService timer;
    private final Duration interval;
    private final List<Value> values = new ArrayList<>();
    private final List<Load> loads = new ArrayList<>();
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

    void publishAll() {
        for (Value value : values) {
            publish(value.topic, String.valueOf(value.current.get()));
        }
        for (Load load : loads) {
            load.advance(interval.toMillis() / 1000.0);
            load.publish();
        }
    }

    private void publish(String topic, String text) {
        if (!text.equals(published.put(topic, text))) {
            publisher.accept(topic, text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private record Value(String topic, Supplier<Object> current) {}

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
