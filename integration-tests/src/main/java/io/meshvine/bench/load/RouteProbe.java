package io.meshvine.bench.load;

import io.netty.buffer.ByteBuf;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * How long a subscription at one node takes until a publish at another node reaches it. Some subscriptions are sampled: from the moment
 * their SUBSCRIBE leaves, a publisher at the other node sends to them every few milliseconds; the send time of the first message that
 * arrives tells when the route was there. Constructed and executed by one thread; the rest is confined to the load loop.
 */
public final class RouteProbe {
    private static final long PROBE_MILLIS = 5;
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long HANDSHAKE_SECONDS = 20;
    private static final long RUN_SECONDS = 180;

    /**
     * What is subscribed.
     *
     * @param perPacket filters in one SUBSCRIBE
     * @param sampleEvery one of this many SUBSCRIBE packets is sampled
     */
    public record Plan(
            Protocol protocol,
            InetSocketAddress subscribeAt,
            InetSocketAddress publishAt,
            int connections,
            int filters,
            int perPacket,
            int sampleEvery) {}

    /**
     * Outcome; times in microseconds.
     *
     * @param subAck from SUBSCRIBE to SUBACK, all packets
     * @param visible from SUBSCRIBE to the send of the first message that arrived, samples
     * @param brokenPromises samples whose publish right after SUBACK did not arrive
     */
    public record Result(
            int filters, double seconds, Quantiles subAck, Quantiles visible, long samples, long brokenPromises) {}

    private final LoadLoop load;
    private final Plan plan;
    private final String run = Long.toString(System.nanoTime(), 36);
    private final Histogram subAck = new Histogram(LONGEST_NANOS, 3);
    private final Histogram visible = new Histogram(LONGEST_NANOS, 3);
    private final Map<Integer, Sample> samples = new HashMap<>();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private final MqttConnection publisher;
    private final List<Prober> subscribers = new ArrayList<>();
    private int openPackets;
    private int openSamples;

    /** One sampled filter. */
    private static final class Sample {
        private final PublishTemplate template;
        private final long subscribedNanos;
        private boolean isVisible;
        private boolean acknowledged;
        private boolean promiseKept;

        Sample(PublishTemplate template, long subscribedNanos) {
            this.template = template;
            this.subscribedNanos = subscribedNanos;
        }
    }

    /** Subscribes its share of the filters, one SUBSCRIBE after the other. */
    private final class Prober extends MqttConnection {
        private final int last;
        private int next;

        Prober(int number, int first, int last) {
            super(plan.protocol(), "route" + run + "s" + number, LoadRun.KEEP_ALIVE_SECONDS);
            this.next = first;
            this.last = last;
        }

        void subscribeNext() {
            int first = next;
            int end = Math.min(last, first + plan.perPacket());
            if (first >= end) {
                return;
            }
            next = end;
            List<String> filters = new ArrayList<>();
            for (int i = first; i < end; i++) {
                filters.add(topic(i));
            }
            boolean sampled = first / plan.perPacket() % plan.sampleEvery() == 0;
            long now = System.nanoTime();
            openPackets++;
            var unused = subscribe(filters, 0)
                    .whenComplete((acknowledged, failure) -> onSubscribed(first, now, sampled, failure));
            if (sampled) {
                openSamples++;
                PublishTemplate template =
                        new PublishTemplate(plan.protocol(), topic(first), 0, PublishTemplate.STAMP_BYTES, first);
                Sample sample = new Sample(template, now);
                samples.put(first, sample);
                probe(sample);
            }
        }

        private void onSubscribed(int first, long sentNanos, boolean sampled, @Nullable Throwable failure) {
            openPackets--;
            if (failure != null) {
                done.completeExceptionally(failure);
                return;
            }
            subAck.recordValue(Math.min(System.nanoTime() - sentNanos, LONGEST_NANOS));
            Sample sample = samples.get(first);
            if (sampled && sample != null) {
                sample.acknowledged = true;
                sample.template.write(publisher.out(), 0, 1, System.nanoTime());
                publisher.flushOut();
            }
            subscribeNext();
            finishIfDone();
        }

        @Override
        void onPublish(ByteBuf packet, int firstByte, int index, int length) {
            int payload = index + length - PublishTemplate.STAMP_BYTES;
            Sample sample = samples.get(packet.getInt(payload + PublishTemplate.PUBLISHER_OFFSET));
            if (sample == null) {
                return;
            }
            if (packet.getLong(payload + PublishTemplate.SEQUENCE_OFFSET) == 1) {
                sample.promiseKept = true;
            }
            if (!sample.isVisible) {
                sample.isVisible = true;
                openSamples--;
                long sent = packet.getLong(payload + PublishTemplate.INTENDED_OFFSET);
                visible.recordValue(Math.max(0, Math.min(sent - sample.subscribedNanos, LONGEST_NANOS)));
                finishIfDone();
            }
        }
    }

    public RouteProbe(LoadLoop load, Plan plan) {
        this.load = load;
        this.plan = plan;
        publisher = new MqttConnection(plan.protocol(), "route" + run + "p", LoadRun.KEEP_ALIVE_SECONDS);
        int share = plan.filters() / plan.connections();
        for (int i = 0; i < plan.connections(); i++) {
            int last = i == plan.connections() - 1 ? plan.filters() : (i + 1) * share;
            subscribers.add(new Prober(i, i * share, last));
        }
    }

    private String topic(int number) {
        return "route/" + run + "/" + number / 100 + "/" + number;
    }

    /** Subscribes all, waits until all samples are visible, and leaves the connections open until {@link #close()}. */
    public Result execute() throws InterruptedException {
        LoadLoop.await(new CompletableFuture<?>[] {load.connect(publisher, plan.publishAt())}, HANDSHAKE_SECONDS);
        LoadLoop.await(
                subscribers.stream()
                        .map(s -> load.connect(s, plan.subscribeAt()))
                        .toArray(CompletableFuture[]::new),
                HANDSHAKE_SECONDS);
        long start = System.nanoTime();
        load.call(() -> {
            subscribers.forEach(Prober::subscribeNext);
            return true;
        });
        LoadLoop.await(new CompletableFuture<?>[] {done}, RUN_SECONDS);
        double seconds = (System.nanoTime() - start) / 1e9;
        // The last promises are still on their way.
        TimeUnit.SECONDS.sleep(1);
        return load.call(() -> new Result(
                plan.filters(),
                seconds,
                Quantiles.of(subAck),
                Quantiles.of(visible),
                samples.size(),
                samples.values().stream()
                        .filter(s -> s.acknowledged && !s.promiseKept)
                        .count()));
    }

    private void probe(Sample sample) {
        if (sample.isVisible || done.isDone()) {
            return;
        }
        sample.template.write(publisher.out(), 0, 0, System.nanoTime());
        publisher.flushOut();
        // It ends by itself when the route is visible or the run is over.
        var unused = load.loop().schedule(() -> probe(sample), PROBE_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void finishIfDone() {
        boolean allSent = subscribers.stream().allMatch(subscriber -> subscriber.next >= subscriber.last);
        if (allSent && openPackets == 0 && openSamples == 0) {
            done.complete(null);
        }
    }

    /** Disconnects. */
    public void close() {
        load.call(() -> {
            done.cancel(false);
            subscribers.forEach(MqttConnection::disconnect);
            publisher.disconnect();
            return true;
        });
    }
}
