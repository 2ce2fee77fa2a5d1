package io.meshvine.mesh.sim;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshOptions;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.interest.GroupInterest;
import io.meshvine.mesh.interest.PeerInterest;
import io.meshvine.mesh.interest.RemoteInterest;
import io.meshvine.mesh.retained.HybridTimestamp;
import io.meshvine.mesh.retained.RetainedMessage;
import io.meshvine.mesh.wire.GuaranteedRun;
import io.meshvine.mesh.wire.PublishRun;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A mesh of simulated nodes and what can be done to it. Everything follows from the seed and the plan. */
final class SimMesh {
    static final String NAME = "sim";

    /** So long after a change between two nodes, their link may be about to settle. */
    /** Longer than a turn of an event loop, so that some publishes meet in it. */
    private static final long GATHER_NANOS = 5_000_000;

    private static final long SETTLE_NANOS = 12_000_000_000L;

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int FRAME_BYTES = 1024;
    private static final Duration SPILL_AFTER = Duration.ofMillis(50);
    private static final Duration CONFIRM_TIMEOUT = Duration.ofMillis(500);
    private static final Duration SESSION_PATIENCE = Duration.ofSeconds(1);
    private static final long AMBUSH_NANOS = 30 * NANOS_PER_MILLI;

    /** What event loops have not handed to their bridges yet. */
    private final Map<SimNode.Life, List<GuaranteedRun>> gathering = new HashMap<>();

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
    private final List<Happening> happened = new ArrayList<>();
    private final List<Episode> episodes = new ArrayList<>();
    private final List<Ambush> ambushes = new ArrayList<>();
    private final Drops drops = new Drops(this);
    private final List<Subscription> subscriptions = new ArrayList<>();
    private final Set<SimNode> withoutOldDisk = new HashSet<>();
    private final Set<SimNode> leaving = new HashSet<>();
    private final Defect defect;
    private Consumer<SimNode.Life> births = life -> {};
    private Duration tombstoneLife = Duration.ofDays(7);
    private boolean slowClients;

    /** Something that happened, for people. */
    private record Happening(long nanos, String what) {}

    /** Something that waits for a moment in the life of a node; any node if that is null. */
    private record Ambush(Moment moment, @Nullable SimNode node, Consumer<SimNode> action) {}

    /** A fault, from when to when, and to what node or between which two. */
    static final class Episode {
        final Fault fault;
        final int one;
        final int other;
        final long fromNanos;
        long toNanos = Long.MAX_VALUE;

        Episode(Fault fault, int one, int other, long fromNanos) {
            this.fault = fault;
            this.one = one;
            this.other = other;
            this.fromNanos = fromNanos;
        }
    }

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

    SimMesh(SplittableRandom random, int nodeCount, FaultPlan plan, Defect defect) {
        this(random, nodeCount, 0, plan, defect);
    }

    /** @param copies how many copies of nodes may be there at a time */
    SimMesh(SplittableRandom random, int nodeCount, int copies, FaultPlan plan, Defect defect) {
        this.random = random;
        this.defect = defect;
        this.plan = plan;
        this.network = new SimNetwork(scheduler, random.split(), plan, nodeCount + copies, this::struck);
        this.books = new Books(this);
        for (int number = 0; number < nodeCount; number++) {
            nodes.add(new SimNode(this, number, random));
        }
    }

    /** Brokers are crowded now and then, some for longer than links wait. Before anything else. */
    void slowClients() {
        slowClients = true;
    }

    boolean hasSlowClients() {
        return slowClients;
    }

    /** Settings under which much happens in little time. */
    MeshOptions options(String nodeName) {
        return MeshOptions.defaults(NAME, nodeName)
                .with()
                .spillAfter(SPILL_AFTER)
                .subscribeConfirmTimeout(CONFIRM_TIMEOUT)
                .maxFrameBytes(FRAME_BYTES)
                .sessionPatience(SESSION_PATIENCE)
                .digestInterval(Duration.ofSeconds(8))
                .pingInterval(Duration.ofSeconds(4))
                .maxPublishBytes(FaultPlan.MAX_PUBLISH)
                .linkWindowBytes(plan.linkWindow())
                .outboxMaxBytes(plan.outboxBytes())
                .outboxRetention(Duration.ofMillis(plan.outboxRetention()))
                .tombstoneLife(tombstoneLife)
                .build();
    }

    /** Has something done to each life before it joins the mesh. */
    void onBirth(Consumer<SimNode.Life> equip) {
        births = equip;
    }

    /** How long deletions are remembered, by nodes that start from now on. */
    void tombstoneLife(Duration life) {
        tombstoneLife = life;
    }

    void born(SimNode.Life life) {
        births.accept(life);
    }

    // ---- What can be done

    void start(int node) {
        SimNode starting = nodes.get(node);
        if (starting.isUp() || leaving.contains(starting)) {
            return;
        }
        if (plan.has(Fault.CLOCK_STEP) && lastLives.containsKey(starting.id) && random.nextBoolean()) {
            starting.setClock(random.nextInt(1 + plan.skew()));
            struck(Fault.CLOCK_STEP, node, node);
        }
        starting.start(random.split());
        lastLives.put(starting.id, starting.current());
        lives.add(starting.current());
        happened("start " + starting.current());
        nodesDown(Fault.values(), node);
        publishAgain(starting);
    }

    /** Whatever had a node down is over. */
    private void nodesDown(Fault[] faults, int node) {
        for (Fault fault : faults) {
            if (!fault.isBetweenTwo() && fault != Fault.SLOW_NODE && fault != Fault.FULL_DISK) {
                end(fault, node, node);
            }
        }
    }

    void crash(int node) {
        crash(node, Fault.CRASH);
    }

    /** Ends a node that is up, as part of some fault. */
    void crash(int node, Fault fault) {
        happened("crash " + nodes.get(node).current());
        begin(fault, node, node);
        if (nodes.get(node).crash() > 0) {
            struck(Fault.TORN_WRITE, node, node);
        }
    }

    void leave(int node) {
        happened("leave " + nodes.get(node).current());
        begin(Fault.LEAVE, node, node);
        SimNode going = nodes.get(node);
        leaving.add(going);
        going.leave(() -> leaving.remove(going));
    }

    /** Cuts or opens the way from one node to another. */
    void cut(int from, int to, boolean isCut) {
        happened((isCut ? "cut n" : "open n") + from + " to n" + to);
        note(Fault.ONE_WAY_CUT, from, to, isCut);
        network.cut(from, to, isCut);
    }

    /** Parts those whose bit is set from the others, or brings them together again. */
    void split(int side, boolean isCut) {
        happened((isCut ? "split off " : "bring back ") + Integer.toBinaryString(side));
        for (int from = 0; from < nodes.size(); from++) {
            for (int to = 0; to < nodes.size(); to++) {
                if ((side >> from & 1) != (side >> to & 1)) {
                    if (from < to) {
                        note(Fault.SPLIT, from, to, isCut);
                    }
                    network.cut(from, to, isCut);
                }
            }
        }
    }

    void suspect(int node, int other, boolean isSuspected) {
        happened("n" + node + (isSuspected ? " loses sight of n" : " sees again n") + other);
        note(Fault.SUSPICION, node, other, isSuspected);
        network.suspect(node, other, isSuspected);
    }

    void slow(int node, boolean isSlow) {
        happened("n" + node + (isSlow ? " is slow" : " is fast again"));
        note(Fault.SLOW_NODE, node, node, isSlow);
        network.slow(node, isSlow);
    }

    void healEverything() {
        happened("heal everything");
        nodes.forEach(node -> node.disk().fail(false));
        network.healEverything();
        ambushes.clear();
        episodes.stream()
                .filter(episode -> episode.toNanos == Long.MAX_VALUE
                        && (episode.fault.isBetweenTwo()
                                || episode.fault == Fault.SLOW_NODE
                                || episode.fault == Fault.FULL_DISK))
                .forEach(episode -> episode.toNanos = scheduler.nowNanos());
    }

    // ---- Moments, and what faults did

    /** Has something done as soon as a moment comes in the life of a node, or of any node if that is negative. */
    void ambush(Moment moment, int node, Consumer<SimNode> action) {
        ambushes.add(new Ambush(moment, node < 0 ? null : nodes.get(node), action));
    }

    /** A moment has come. What waited for it is done right now, or within some milliseconds. */
    void at(Moment moment, SimNode node) {
        for (int i = 0; i < ambushes.size(); i++) {
            Ambush ambush = ambushes.get(i);
            if (ambush.moment == moment && (ambush.node == null || ambush.node == node)) {
                ambushes.remove(i);
                long later = random.nextBoolean() ? 0 : random.nextLong(AMBUSH_NANOS);
                if (later == 0 && moment == Moment.COMMITTED) {
                    ambush.action.accept(node);
                } else {
                    scheduler.after(later, () -> ambush.action.accept(node));
                }
                return;
            }
        }
    }

    private void note(Fault fault, int one, int other, boolean begins) {
        if (begins) {
            begin(fault, one, other);
        } else {
            end(fault, one, other);
        }
    }

    private void begin(Fault fault, int one, int other) {
        episodes.add(new Episode(fault, one, other, scheduler.nowNanos()));
    }

    private void end(Fault fault, int one, int other) {
        for (Episode episode : episodes) {
            if (episode.fault == fault
                    && episode.one == one
                    && episode.other == other
                    && episode.toNanos == Long.MAX_VALUE) {
                episode.toNanos = scheduler.nowNanos();
            }
        }
    }

    private void struck(Fault fault, int one, int other) {
        Episode episode = new Episode(fault, one, other, scheduler.nowNanos());
        episode.toNanos = episode.fromNanos;
        episodes.add(episode);
    }

    List<Episode> episodes() {
        return episodes;
    }

    void subscribe(int node, Interest interest) {
        SimNode.Life life = nodes.get(node).current();
        Subscription subscription = new Subscription(subscriptions.size(), life.node, interest, scheduler.nowNanos());
        subscriptions.add(subscription);
        life.broker.subscriptions.add(subscription);
        life.wanted.add(interest);
        Subscribing subscribing = new Subscribing(life, interest);
        subscribings.add(subscribing);
        happened(life + " subscribes " + interest);
        boolean[] kept = {!subscription.isDurable()};
        if (subscription.isDurable()) {
            life.broker.keep(subscription, () -> {
                kept[0] = true;
                if (subscribing.confirmed > 0) {
                    onConfirmed(life, subscription);
                }
            });
        }
        life.bridge.subscribe(List.of(interest), () -> {
            subscribing.confirmed++;
            if (kept[0]) {
                onConfirmed(life, subscription);
            }
        });
    }

    /** All connected peers know and, if it is durable, it is on disk: the SUBACK leaves. */
    private void onConfirmed(SimNode.Life life, Subscription subscription) {
        long now = scheduler.nowNanos();
        boolean clientIsGone = leaving.contains(life.node); // A node that leaves ends its connections first.
        if (clientIsGone || now - subscription.askedNanos >= CONFIRM_TIMEOUT.toNanos()) {
            return;
        }
        subscription.confirmedNanos = now;
        for (SimNode other : nodes) {
            if (other != life.node && other.isUp() && knows(other.current(), life, subscription)) {
                subscription.knownBy.put(other, other.current());
                Promises.checkConfirmed(this, life, subscription, other);
            }
        }
        at(Moment.CONFIRMED, life.node);
    }

    /** Whether a node has to know a subscription that was confirmed just now: it was connected, or it has it. */
    private boolean knows(SimNode.Life other, SimNode.Life subscriber, Subscription subscription) {
        Interest there = other.index.get(
                subscriber.node.id, new GroupKey(subscription.interest.group(), subscription.interest.filter()));
        return isSettledPair(subscriber, other, subscription.askedNanos)
                || (isUndisturbedSince(subscriber, other, subscription.askedNanos)
                        && there != null
                        && there.qos() >= subscription.interest.qos()
                        && (there.durable() || !subscription.isDurable()));
    }

    void unsubscribe(int node, int which) {
        SimNode.Life life = nodes.get(node).current();
        if (!life.broker.subscriptions.isEmpty()) {
            int index = which % life.broker.subscriptions.size();
            Subscription ended = life.broker.subscriptions.remove(index);
            ended.ended = true;
            if (ended.isDurable()) {
                life.broker.forget(ended);
            }
            Interest interest = ended.interest;
            life.wanted.remove(interest);
            happened(life + " unsubscribes " + interest);
            life.bridge.unsubscribe(List.of(interest));
        }
    }

    /**
     * Publishes as a node does: one match of what the peers want, one member of each group.
     *
     * @param payloadBytes 0 with {@code retain} deletes
     * @param withUnit whether something is kept with it, as for a publisher's durable session; its publisher then sends it
     *     again after a crash that came between
     */
    void publish(
            int node,
            int publisher,
            String topic,
            int qos,
            boolean retain,
            int payloadBytes,
            long expirySeconds,
            boolean withUnit) {
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
        boolean repeats = withUnit && !retain;
        send(books.onPublish(life, publisher, repeats, publish, route(life, topic, qos)));
    }

    private void send(Sending sending) {
        Checks.checkRouted(this, sending);
        WriteUnit unit = null;
        if (sending.repeats) {
            byte[] key = publisherKey(sending);
            unit = new WriteUnit().put(Family.SESSIONS, key, key);
        } else if (sending.publish.stamp() != null) {
            unit = new WriteUnit().waitForOthers(); // for what the retained map had written
        }
        boolean inRuns = unit == null && goesInRuns(sending.publish, sending.targets);
        if (inRuns && sending.publish.qos() > 0) {
            gather(sending);
            return;
        }
        handOver(sending.origin);
        if (inRuns) {
            sending.targets.forEach(
                    target -> sending.origin.bridge.publish(run(sending.origin, target, sending.publish)));
            books.onSettled(sending);
        } else {
            sending.origin.bridge.publish(sending.publish, sending.targets, unit, () -> books.onSettled(sending));
        }
    }

    /** As an event loop of a node does for the rest of its turn. */
    private void gather(Sending sending) {
        SimNode.Life life = sending.origin;
        List<GuaranteedRun> open = gathering.computeIfAbsent(life, begun -> {
            scheduler.after(GATHER_NANOS, () -> handOver(life));
            return new ArrayList<>();
        });
        MeshPublish publish = sending.publish;
        int[] awaited = {sending.targets.size()};
        if (awaited[0] == 0) {
            books.onSettled(sending);
        }
        for (MeshTarget target : sending.targets) {
            GuaranteedRun run = guaranteedRun(open, life, target, publish);
            byte[] body = publish.body();
            int at = run.add(publish.topic().getBytes(StandardCharsets.UTF_8), body.length);
            System.arraycopy(body, 0, run.array(), at, body.length);
            run.whenSettled(() -> {
                awaited[0]--;
                if (awaited[0] == 0) {
                    books.onSettled(sending);
                }
            });
        }
    }

    /** The run that is being filled for the peer, if the publish may follow what is in it. */
    private static GuaranteedRun guaranteedRun(
            List<GuaranteedRun> open, SimNode.Life life, MeshTarget target, MeshPublish publish) {
        GuaranteedRun latest = null;
        for (GuaranteedRun run : open) {
            latest = run.peer().equals(target.peer()) ? run : latest;
        }
        if (latest == null
                || latest.interestVersion() != life.index.version()
                || latest.qos() != publish.qos()
                || !latest.topic().equals(publish.topic())) {
            latest = new GuaranteedRun(
                    target.peer(), life.index.version(), publish.topic(), publish.qos(), 0, Runnable::run);
            open.add(latest);
        }
        return latest;
    }

    private void handOver(SimNode.Life life) {
        List<GuaranteedRun> gathered = gathering.remove(life);
        if (gathered != null && life.isUp()) {
            for (GuaranteedRun run : gathered) {
                run.end();
                life.bridge.publish(run);
            }
        }
    }

    /** What a publisher's session keeps of a publish. */
    private static byte[] publisherKey(Sending sending) {
        return ByteBuffer.allocate(Long.BYTES).putLong(sending.id).array();
    }

    /** After a crash, publishers of QoS 2 send again what their node does not have, in order. */
    private void publishAgain(SimNode node) {
        if (lostDisk(node)) {
            return;
        }
        SimNode.Life life = node.current();
        for (Sending sending : books.sendings()) {
            boolean isOpen = sending.repeats && sending.origin.node == node && sending.settled == 0;
            if (isOpen && !node.disk().has(Family.SESSIONS, publisherKey(sending))) {
                MeshPublish was = sending.publish;
                MeshPublish publish = new MeshPublish(
                        was.topic(),
                        was.qos(),
                        was.retain(),
                        null,
                        life.loop.nanoTime(),
                        was.expirySeconds(),
                        was.body());
                List<MeshTarget> targets = route(life, was.topic(), was.qos());
                sending.again(life, publish, targets, books.livesOf(targets), scheduler.nowNanos());
                send(sending);
            }
        }
    }

    private static boolean goesInRuns(MeshPublish publish, List<MeshTarget> targets) {
        return !publish.retain()
                && publish.expirySeconds() == MeshPublish.NEVER_EXPIRES
                && targets.stream().allMatch(target -> target.groups().isEmpty() && target.qos() >= publish.qos());
    }

    private static PublishRun run(SimNode.Life life, MeshTarget target, MeshPublish publish) {
        PublishRun run = new PublishRun(target.peer(), life.index.version(), 0);
        byte[] body = publish.body();
        int at = run.add(publish.topic().getBytes(StandardCharsets.UTF_8), body.length);
        System.arraycopy(body, 0, run.array(), at, body.length);
        return run;
    }

    private List<MeshTarget> route(SimNode.Life life, String topic, int publishQos) {
        RemoteInterest wanted = life.index.match(topic);
        Map<NodeId, Integer> qos = new LinkedHashMap<>();
        Map<NodeId, List<GroupKey>> groups = new HashMap<>();
        List<NodeId> subscribers = new ArrayList<>();
        for (PeerInterest peer : wanted.peers()) {
            if (peer.absent() && publishQos == 0) {
                continue;
            }
            qos.put(peer.peer(), peer.qos());
            subscribers.add(peer.peer());
        }
        for (GroupInterest group : wanted.groups()) {
            if (!life.broker.hasMember(group.key())) {
                List<PeerInterest> live = group.members().stream()
                        .filter(member -> !member.absent())
                        .toList();
                List<PeerInterest> members = live.isEmpty() && publishQos > 0 ? group.members() : live;
                if (members.isEmpty()) {
                    continue;
                }
                PeerInterest chosen = members.get(random.nextInt(members.size()));
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

    void happened(String what) {
        happened.add(new Happening(scheduler.nowNanos(), what));
    }

    /** Nothing can be written on a node's disk, or again. */
    void failDisk(int node, boolean fails) {
        happened("disk of n" + node + (fails ? " is full" : " has room again"));
        note(Fault.FULL_DISK, node, node, fails);
        nodes.get(node).disk().fail(fails);
    }

    /** Copies the disk of a node as it is now. */
    void backUp(int node) {
        nodes.get(node).backUp();
        happened("back up n" + node);
    }

    /** Starts a copy of a node that is up, on a machine of its own, with the disk as it was backed up. */
    SimCopy copy(int node) {
        SimNode copied = nodes.get(node);
        happened("a copy of " + copied.current() + " starts");
        struck(Fault.COPY, node, node);
        return new SimCopy(this, copied, nodes.size(), random.split());
    }

    /** Starts a node that is down on the last backup of its disk, or on an empty one. */
    void startOnOtherDisk(int node, boolean byBackup) {
        SimNode starting = nodes.get(node);
        if (!starting.isUp() && !leaving.contains(starting)) {
            happened("n" + node + " gets " + (byBackup ? "an old copy of its disk" : "an empty disk"));
            withoutOldDisk.add(starting);
            struck(byBackup ? Fault.OLD_DISK : Fault.EMPTY_DISK, node, node);
            starting.replaceDisk(byBackup);
            start(node);
        }
    }

    // ---- What can be asked

    Defect defect() {
        return defect;
    }

    Subscription subscription(int number) {
        return subscriptions.get(number);
    }

    List<Subscription> subscriptions() {
        return subscriptions;
    }

    /** Whether the node ever got another disk: then all that was promised on the old one is void. */
    boolean lostDisk(SimNode node) {
        return withoutOldDisk.contains(node);
    }

    void askStatus(SimNode.Life life) {
        statuses.put(life, life.bridge.status());
    }

    /** The answer to {@link #askStatus}. */
    MeshStatus statusOf(SimNode.Life life) {
        return Objects.requireNonNull(Objects.requireNonNull(statuses.get(life)).getNow(null), "no answer");
    }

    /** Whether two lives see each other undisturbed since some time before a moment. */
    boolean isSettledPair(SimNode.Life one, SimNode.Life other, long sinceNanos) {
        return isUndisturbedSince(one, other, sinceNanos - SETTLE_NANOS);
    }

    /** Whether two lives see each other, and nothing has changed between them since a moment. */
    boolean isUndisturbedSince(SimNode.Life one, SimNode.Life other, long sinceNanos) {
        return one.isUp()
                && other.isUp()
                && network.seeEachOther(one.transport, other.transport)
                && network.isOpen(one.transport, other.transport)
                && network.isOpen(other.transport, one.transport)
                && network.disturbedNanos(one.node.number, other.node.number) < sinceNanos;
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

    /** What was done to the mesh, a line each. */
    List<String> happened() {
        return happened.stream().map(each -> time(each.nanos) + " " + each.what).toList();
    }

    Drops drops() {
        return drops;
    }

    long acceptDelayNanos() {
        return plan.acceptDelay() == 0 ? 0 : random.nextLong(plan.acceptDelay() * NANOS_PER_MILLI);
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
