package io.meshvine.mesh.sim;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshOptions;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.interest.GroupInterest;
import io.meshvine.mesh.interest.PeerInterest;
import io.meshvine.mesh.interest.RemoteInterest;
import io.meshvine.mesh.retained.HybridTimestamp;
import io.meshvine.mesh.retained.RetainedMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A mesh of simulated nodes and what can be done to it. Everything follows from the seed and the plan. */
final class SimMesh {
    static final String NAME = "sim";

    /** So long after a change between two nodes, their link may be about to settle. */
    static final long SETTLE_NANOS = 12_000_000_000L;

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int FRAME_BYTES = 1024;
    private static final Duration SPILL_AFTER = Duration.ofMillis(50);
    private static final Duration CONFIRM_TIMEOUT = Duration.ofMillis(500);

    private final SimScheduler scheduler = new SimScheduler();
    private final SplittableRandom random;
    private final FaultPlan plan;
    private final SimNetwork network;
    private final Books books;
    private final List<SimNode> nodes = new ArrayList<>();
    private final Map<NodeId, SimNode.Life> lastLives = new HashMap<>();
    private final List<SimNode.Life> lives = new ArrayList<>();
    private final List<Subscribing> subscribings = new ArrayList<>();
    private final Map<SimNode.Life, CompletableFuture<MeshStatus>> statuses = new HashMap<>();
    private final List<String> happened = new ArrayList<>();

    /** A subscription that was asked for, and how often its confirmation came. */
    static final class Subscribing {
        final SimNode.Life life;
        final Interest interest;
        int confirmed;

        Subscribing(SimNode.Life life, Interest interest) {
            this.life = life;
            this.interest = interest;
        }
    }

    SimMesh(SplittableRandom random, int nodeCount, FaultPlan plan) {
        this.random = random;
        this.plan = plan;
        this.network = new SimNetwork(scheduler, random.split(), plan, nodeCount);
        this.books = new Books(this);
        for (int number = 0; number < nodeCount; number++) {
            nodes.add(new SimNode(this, number, random));
        }
    }

    /** Settings under which much happens in little time. */
    MeshOptions options(String nodeName) {
        return MeshOptions.defaults(NAME, nodeName)
                .with()
                .spillAfter(SPILL_AFTER)
                .subscribeConfirmTimeout(CONFIRM_TIMEOUT)
                .maxFrameBytes(FRAME_BYTES)
                .digestInterval(Duration.ofSeconds(8))
                .pingInterval(Duration.ofSeconds(4))
                .outboxRetention(Duration.ofMillis(plan.outboxRetention()))
                .build();
    }

    // ---- What can be done

    void start(int node) {
        SimNode starting = nodes.get(node);
        if (!starting.isUp()) {
            starting.start(random.split());
            lastLives.put(starting.id, starting.current());
            lives.add(starting.current());
            happened("start " + starting.current());
        }
    }

    void crash(int node) {
        happened("crash " + nodes.get(node).current());
        nodes.get(node).crash();
    }

    void leave(int node) {
        happened("leave " + nodes.get(node).current());
        nodes.get(node).leave();
    }

    void cut(int from, int to, boolean isCut) {
        happened((isCut ? "cut n" : "open n") + from + " to n" + to);
        network.cut(from, to, isCut);
    }

    void suspect(int node, int other, boolean isSuspected) {
        happened("n" + node + (isSuspected ? " loses sight of n" : " sees again n") + other);
        network.suspect(node, other, isSuspected);
    }

    void slow(int node, boolean isSlow) {
        happened("n" + node + (isSlow ? " is slow" : " is fast again"));
        network.slow(node, isSlow);
    }

    void healEverything() {
        happened("heal everything");
        network.healEverything();
    }

    void subscribe(int node, Interest interest) {
        SimNode.Life life = nodes.get(node).current();
        Subscription subscription = new Subscription(interest, scheduler.nowNanos());
        life.broker.subscriptions.add(subscription);
        life.wanted.add(interest);
        Subscribing subscribing = new Subscribing(life, interest);
        subscribings.add(subscribing);
        happened(life + " subscribes " + interest);
        life.bridge.subscribe(List.of(interest), () -> {
            subscribing.confirmed++;
            if (scheduler.nowNanos() - subscription.askedNanos < CONFIRM_TIMEOUT.toNanos()) {
                subscription.confirmedNanos = scheduler.nowNanos();
            }
        });
    }

    void unsubscribe(int node, int which) {
        SimNode.Life life = nodes.get(node).current();
        if (!life.broker.subscriptions.isEmpty()) {
            int index = which % life.broker.subscriptions.size();
            Interest interest = life.broker.subscriptions.remove(index).interest;
            life.wanted.remove(interest);
            happened(life + " unsubscribes " + interest);
            life.bridge.unsubscribe(List.of(interest));
        }
    }

    /**
     * Publishes as a node does: one match of what the peers want, one member of each group.
     *
     * @param payloadBytes 0 with {@code retain} deletes
     */
    void publish(int node, int publisher, String topic, int qos, boolean retain, int payloadBytes, long expirySeconds) {
        SimNode.Life life = nodes.get(node).current();
        byte[] body = books.body(payloadBytes);
        HybridTimestamp stamp = retain ? life.clock.now() : null;
        if (stamp != null) {
            long expiresAt = expirySeconds == MeshPublish.NEVER_EXPIRES
                    ? RetainedMessage.NEVER
                    : life.loop.wallMillis() + expirySeconds * 1000;
            life.retained.merge(
                    payloadBytes == 0
                            ? RetainedMessage.deleted(topic, stamp)
                            : new RetainedMessage(topic, stamp, qos, body, false, expiresAt));
        }
        MeshPublish publish = new MeshPublish(topic, qos, retain, stamp, life.loop.nanoTime(), expirySeconds, body);
        List<MeshTarget> targets = route(life, topic);
        Sending sending = books.onPublish(life, publisher, publish, targets);
        Checks.checkRouted(this, sending);
        life.bridge.publish(publish, targets, null, () -> books.onSettled(sending));
    }

    private List<MeshTarget> route(SimNode.Life life, String topic) {
        RemoteInterest wanted = life.index.match(topic);
        Map<NodeId, Integer> qos = new LinkedHashMap<>();
        Map<NodeId, List<GroupKey>> groups = new HashMap<>();
        List<NodeId> subscribers = new ArrayList<>();
        for (PeerInterest peer : wanted.peers()) {
            qos.put(peer.peer(), peer.qos());
            subscribers.add(peer.peer());
        }
        for (GroupInterest group : wanted.groups()) {
            if (!life.broker.hasMember(group.key())) {
                PeerInterest chosen =
                        group.members().get(random.nextInt(group.members().size()));
                groups.computeIfAbsent(chosen.peer(), peer -> new ArrayList<>()).add(group.key());
                qos.merge(chosen.peer(), chosen.qos(), Math::max);
            }
        }
        List<MeshTarget> targets = new ArrayList<>();
        qos.forEach((peer, highest) -> targets.add(
                new MeshTarget(peer, subscribers.contains(peer), highest, groups.getOrDefault(peer, List.of()))));
        return targets;
    }

    void runUntil(long millis) {
        scheduler.runUntil(millis * NANOS_PER_MILLI);
    }

    void at(long millis, Runnable action) {
        scheduler.at(millis * NANOS_PER_MILLI, action);
    }

    private void happened(String what) {
        happened.add(time(scheduler.nowNanos()) + " " + what);
    }

    // ---- What can be asked

    void askStatus(SimNode.Life life) {
        statuses.put(life, life.bridge.status());
    }

    /** The answer to {@link #askStatus}. */
    MeshStatus statusOf(SimNode.Life life) {
        return Objects.requireNonNull(Objects.requireNonNull(statuses.get(life)).getNow(null), "no answer");
    }

    /** Whether two lives see each other undisturbed since some time before a moment. */
    boolean isSettledPair(SimNode.Life one, SimNode.Life other, long sinceNanos) {
        return one.isUp()
                && other.isUp()
                && network.seeEachOther(one.transport, other.transport)
                && network.isOpen(one.transport, other.transport)
                && network.isOpen(other.transport, one.transport)
                && network.disturbedNanos(one.node.number, other.node.number) + SETTLE_NANOS < sinceNanos;
    }

    /** The life that a node has, or had last. */
    SimNode.@Nullable Life lastLife(NodeId node) {
        return lastLives.get(node);
    }

    SimNode node(int number) {
        return nodes.get(number);
    }

    List<SimNode> nodes() {
        return nodes;
    }

    List<SimNode.Life> lives() {
        return lives;
    }

    List<Subscribing> subscribings() {
        return subscribings;
    }

    List<String> happened() {
        return happened;
    }

    long acceptDelayNanos() {
        return plan.acceptDelay() == 0 ? 0 : random.nextLong(plan.acceptDelay() * NANOS_PER_MILLI);
    }

    long spillNanos() {
        return SPILL_AFTER.toNanos();
    }

    Books books() {
        return books;
    }

    FaultPlan plan() {
        return plan;
    }

    SimScheduler scheduler() {
        return scheduler;
    }

    SimNetwork network() {
        return network;
    }

    /** A moment, for people: seconds. */
    static String time(long nanos) {
        return String.format("%9.4f s", nanos / 1e9);
    }
}
