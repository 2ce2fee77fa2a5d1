package io.meshvine.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One run of a plan: connect, warm up, measure, drain, count. Used by one thread; the connections live on the load loop. */
public final class LoadRun {
    static final int KEEP_ALIVE_SECONDS = 300;

    private static final long HANDSHAKE_SECONDS = 20;
    private static final long CHECK_MILLIS = 100;
    private static final long DRAIN_QUIET_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long DRAIN_NANOS = TimeUnit.SECONDS.toNanos(15);

    /** Told about the measured window, to sample what the brokers use meanwhile. */
    public interface Observer {
        void windowOpened();

        void windowClosed();
    }

    private record Sample(long nanos, long received, long sent, long clientCpuNanos) {}

    private final LoadLoop load;
    private final LoadPlan plan;
    private final LatencyWindow latency = new LatencyWindow();
    private final LatencyWindow ackLatency = new LatencyWindow();
    private final List<Subscriber> subscribers = new ArrayList<>();
    private final List<Publisher> publishers = new ArrayList<>();
    private final @Nullable Pacer pacer;
    private boolean pumpDue;

    public LoadRun(LoadLoop load, LoadPlan plan) {
        this.load = load;
        this.plan = plan;
        Runnable progressed = plan.isClosedLoop() ? this::requestPump : () -> {};
        for (int i = 0; i < plan.groups() * plan.subscribersPerGroup(); i++) {
            String clientId = plan.runName() + "-s" + i;
            subscribers.add(
                    new Subscriber(plan.protocol(), clientId, plan.durable(), plan.publishers(), latency, progressed));
        }
        for (int i = 0; i < plan.publishers(); i++) {
            publishers.add(publisher(i));
        }
        pacer = plan.isClosedLoop() ? null : new Pacer(load.loop(), publishers, plan.ratePerSecond());
    }

    private Publisher publisher(int number) {
        int group = number / plan.publishersPerGroup();
        List<SequenceTrack> receivers = subscribersOf(group)
                .map(subscriber -> subscriber.expect(number))
                .toList();
        PublishTemplate template =
                new PublishTemplate(plan.protocol(), plan.topic(number), plan.qos(), plan.payloadBytes(), number);
        int window = plan.isClosedLoop() ? plan.window() / plan.publishersPerGroup() : 0;
        String clientId = plan.runName() + "-p" + number;
        return new Publisher(
                plan.protocol(), clientId, template, plan.qos(), window, plan.inFlight(), receivers, ackLatency);
    }

    private Stream<Subscriber> subscribersOf(int group) {
        int first = group * plan.subscribersPerGroup();
        return subscribers.subList(first, first + plan.subscribersPerGroup()).stream();
    }

    /** Runs the plan to its end; takes warm-up, measured time and drain. */
    public LoadResult execute(Observer observer) throws InterruptedException {
        connect();
        try {
            load.call(() -> {
                start();
                return true;
            });
            watch(plan.warmUp().toNanos());
            observer.windowOpened();
            Sample from = load.call(this::sample);
            long measureNanos = plan.measure().toNanos();
            load.call(() -> {
                latency.open(from.nanos(), from.nanos() + measureNanos);
                ackLatency.open(from.nanos(), from.nanos() + measureNanos);
                return true;
            });
            watch(measureNanos);
            Sample to = load.call(this::sample);
            observer.windowClosed();
            drain();
            return load.call(() -> result(from, to));
        } finally {
            disconnect();
        }
    }

    private void connect() {
        LoadLoop.await(
                subscribers.stream()
                        .map(client -> load.connect(client, plan.subscribeAt()))
                        .toArray(CompletableFuture[]::new),
                HANDSHAKE_SECONDS);
        CompletableFuture<?>[] subscribed = load.call(() -> {
            List<CompletableFuture<Void>> acks = new ArrayList<>();
            for (int i = 0; i < subscribers.size(); i++) {
                String filter = plan.filter(i / plan.subscribersPerGroup());
                acks.add(subscribers.get(i).subscribe(List.of(filter), plan.qos()));
            }
            return acks.toArray(CompletableFuture[]::new);
        });
        LoadLoop.await(subscribed, HANDSHAKE_SECONDS);
        LoadLoop.await(
                publishers.stream()
                        .map(client -> load.connect(client, plan.publishAt()))
                        .toArray(CompletableFuture[]::new),
                HANDSHAKE_SECONDS);
    }

    private void start() {
        if (pacer != null) {
            pacer.start();
        } else {
            publishers.forEach(Publisher::start);
        }
    }

    /** One round over all publishers per wake-up of the loop, after all its reads. */
    private void requestPump() {
        if (!pumpDue) {
            pumpDue = true;
            load.loop().execute(() -> {
                pumpDue = false;
                for (int i = 0; i < publishers.size(); i++) {
                    publishers.get(i).pump();
                }
            });
        }
    }

    private void watch(long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            TimeUnit.NANOSECONDS.sleep(Math.min(left, TimeUnit.MILLISECONDS.toNanos(CHECK_MILLIS)));
            load.call(() -> {
                long now = System.nanoTime();
                publishers.forEach(publisher -> publisher.checkStall(now));
                return true;
            });
        }
    }

    private Sample sample() {
        long received = subscribers.stream().mapToLong(Subscriber::received).sum();
        return new Sample(System.nanoTime(), received, sent(), load.cpuNanos());
    }

    private long sent() {
        return publishers.stream().mapToLong(Publisher::sent).sum();
    }

    private void drain() throws InterruptedException {
        load.call(() -> {
            publishers.forEach(Publisher::stop);
            if (pacer != null) {
                pacer.stop();
            }
            return true;
        });
        long start = System.nanoTime();
        long quietSince = start;
        long last = -1;
        while (System.nanoTime() - start < DRAIN_NANOS && System.nanoTime() - quietSince < DRAIN_QUIET_NANOS) {
            long missing = load.call(this::missing);
            if (missing == 0) {
                return;
            }
            if (missing != last) {
                last = missing;
                quietSince = System.nanoTime();
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private long missing() {
        return expected()
                - unique()
                + publishers.stream().mapToLong(Publisher::missingAcks).sum();
    }

    private long expected() {
        return publishers.stream()
                .mapToLong(p -> p.sent() * p.receivers().size())
                .sum();
    }

    private long unique() {
        return tracks().mapToLong(SequenceTrack::unique).sum();
    }

    private Stream<SequenceTrack> tracks() {
        return publishers.stream().flatMap(publisher -> publisher.receivers().stream());
    }

    private LoadResult result(Sample from, Sample to) {
        double seconds = (to.nanos() - from.nanos()) / 1e9;
        List<String> failures = Stream.concat(subscribers.stream(), publishers.stream())
                .map(MqttConnection::failure)
                .filter(failure -> failure != null)
                .map(String::valueOf)
                .distinct()
                .toList();
        return new LoadResult(
                (to.received() - from.received()) / seconds,
                (to.sent() - from.sent()) / seconds,
                seconds,
                to.received() - from.received(),
                expected(),
                expected() - unique(),
                tracks().mapToLong(SequenceTrack::duplicates).sum(),
                tracks().mapToLong(track -> track.reordered() + track.tooOld()).sum(),
                subscribers.stream().mapToLong(Subscriber::strangers).sum(),
                publishers.stream().mapToLong(Publisher::missingAcks).sum(),
                publishers.stream().mapToLong(Publisher::refused).sum(),
                publishers.stream().mapToLong(Publisher::unknownAcks).sum(),
                publishers.stream().mapToLong(Publisher::stalls).sum(),
                Quantiles.of(latency.histogram()),
                Quantiles.of(ackLatency.histogram()),
                pacer == null ? Quantiles.NONE : Quantiles.of(pacer.lag()),
                (to.clientCpuNanos() - from.clientCpuNanos()) / (seconds * 1e9),
                failures);
    }

    private void disconnect() {
        load.call(() -> {
            subscribers.forEach(MqttConnection::disconnect);
            publishers.forEach(MqttConnection::disconnect);
            return true;
        });
    }
}
