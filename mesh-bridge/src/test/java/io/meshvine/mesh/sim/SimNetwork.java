package io.meshvine.mesh.sim;

import io.meshvine.mesh.PeerAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Carries frames between the nodes of a simulation and tells each of them, at its own time, whom it can reach. Ways
 * between nodes can be cut, in one direction or both. A short cut only delays: what was sent comes in order once the way
 * is open. When a node's view changes, anything in flight to and from it may get lost, come twice or late.
 */
final class SimNetwork {
    private static final long NOTED_NANOS = 3_000_000_000L;
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int JOIN_MILLIS = 300;
    private static final int LEAVE_MILLIS = 50;
    private static final int SLOWDOWN = 40;
    private static final int PERCENT = 100;

    private final SimScheduler scheduler;
    private final SplittableRandom random;
    private final FaultPlan plan;
    /** Members that live. */
    private final Map<PeerAddress, SimTransport> members = new LinkedHashMap<>();

    /** Members that ever lived. */
    private final Map<PeerAddress, SimTransport> known = new HashMap<>();

    private final boolean[][] cut;
    private final boolean[][] suspected;
    private final boolean[] slow;

    /** When something happened last to a pair of nodes, by both their numbers; the lower one first. */
    private final long[][] disturbedNanos;

    /** Since when a node, by its disk, may believe another one to be away; {@link Long#MAX_VALUE} if it does not. */
    private final long[][] awaySinceNanos;

    private final Struck struck;

    /** Is told what happened to a frame between two nodes. */
    @FunctionalInterface
    interface Struck {
        void accept(Fault fault, int one, int other);
    }

    SimNetwork(SimScheduler scheduler, SplittableRandom random, FaultPlan plan, int nodes, Struck struck) {
        this.struck = struck;
        this.scheduler = scheduler;
        this.random = random;
        this.plan = plan;
        this.cut = new boolean[nodes][nodes];
        this.suspected = new boolean[nodes][nodes];
        this.slow = new boolean[nodes];
        this.disturbedNanos = new long[nodes][nodes];
        this.awaySinceNanos = new long[nodes][nodes];
        for (long[] each : awaySinceNanos) {
            Arrays.fill(each, Long.MAX_VALUE);
        }
    }

    SimTransport transport(int node) {
        return new SimTransport(this, node, new PeerAddress(random.nextLong(), random.nextLong()));
    }

    // ---- Members

    void join(SimTransport transport) {
        members.put(transport.self(), transport);
        known.put(transport.self(), transport);
        transport.view = Set.of(transport.self());
        for (int other = 0; other < cut.length; other++) {
            lostSight(transport.node, other);
        }
        transport.listener().onView(transport.view);
        announceSoon(JOIN_MILLIS);
    }

    /** What it sent before still arrives. */
    void leave(SimTransport transport) {
        members.remove(transport.self());
        announceSoon(LEAVE_MILLIS);
    }

    void crashed(SimTransport transport) {
        members.remove(transport.self());
        transport.channels.values().forEach(SimChannel::drop);
        announceSoon(plan.detect());
    }

    /** Opens or cuts the way from one node to another. */
    void cut(int from, int to, boolean isCut) {
        if (cut[from][to] == isCut) {
            return;
        }
        cut[from][to] = isCut;
        touch(from, to);
        if (isCut) {
            announceSoon(plan.detect());
        } else {
            for (SimTransport member : members.values()) {
                member.channels.forEach((peer, channel) -> {
                    if (member.node == from && peer.node == to) {
                        channel.heal();
                    }
                });
            }
            announceSoon(plan.detect() / 2 + JOIN_MILLIS);
        }
    }

    /** A node takes another one for gone, or no longer, while frames go on flowing. */
    void suspect(int node, int other, boolean isSuspected) {
        suspected[node][other] = isSuspected;
        announceSoon(JOIN_MILLIS);
    }

    /** Makes everything to and from a node slow, or fast again. */
    void slow(int node, boolean isSlow) {
        slow[node] = isSlow;
    }

    void healEverything() {
        for (int from = 0; from < cut.length; from++) {
            slow[from] = false;
            for (int to = 0; to < cut.length; to++) {
                cut(from, to, false);
                suspect(from, to, false);
            }
        }
    }

    private void announceSoon(int withinMillis) {
        for (SimTransport member : members.values()) {
            scheduler.after(random.nextLong(1 + withinMillis * NANOS_PER_MILLI), () -> announce(member));
        }
    }

    private void announce(SimTransport member) {
        if (!member.up) {
            return;
        }
        Set<PeerAddress> view = new LinkedHashSet<>();
        for (SimTransport other : members.values()) {
            if (other == member || sees(member, other)) {
                view.add(other.self());
            }
        }
        Set<PeerAddress> before = member.view;
        if (view.equals(before)) {
            return;
        }
        member.view = Collections.unmodifiableSet(view);
        for (PeerAddress gone : before) {
            if (!view.contains(gone)) {
                lostSight(member.node, Objects.requireNonNull(known.get(gone)).node);
            }
        }
        for (PeerAddress come : view) {
            if (!before.contains(come)) {
                scheduler.after(NOTED_NANOS, () -> noted(member, come));
            }
        }
        for (SimTransport other : members.values()) {
            boolean changed = before.contains(other.self()) != view.contains(other.self());
            if (other != member && (changed || random.nextBoolean())) {
                touch(member.node, other.node);
                channel(member, other).disturb();
                channel(other, member).disturb();
            }
        }
        member.channels.forEach((peer, channel) -> {
            if (!members.containsKey(peer.self())) {
                channel.drop();
            }
        });
        member.listener().onView(member.view);
    }

    private void lostSight(int node, int other) {
        long[] since = awaySinceNanos[node];
        since[other] = Math.min(since[other], scheduler.nowNanos());
    }

    /** What a node saw for so long, it has on its disk. */
    private void noted(SimTransport member, PeerAddress come) {
        if (member.up && member.view.contains(come)) {
            awaySinceNanos[member.node][Objects.requireNonNull(known.get(come)).node] = Long.MAX_VALUE;
        }
    }

    private boolean sees(SimTransport member, SimTransport other) {
        return !cut[member.node][other.node] && !cut[other.node][member.node] && !suspected[member.node][other.node];
    }

    private void touch(int one, int other) {
        disturbedNanos[Math.min(one, other)][Math.max(one, other)] = scheduler.nowNanos();
    }

    /** When the ways between two nodes, or the view that one has of the other, last changed. */
    long disturbedNanos(int one, int other) {
        return disturbedNanos[Math.min(one, other)][Math.max(one, other)];
    }

    /** For how long some node may believe a node to be away; 0 if none does. */
    long longestAwayNanos(int node) {
        long since = scheduler.nowNanos();
        for (long[] each : awaySinceNanos) {
            since = Math.min(since, each[node]);
        }
        return scheduler.nowNanos() - since;
    }

    /** Whether two nodes' lives have each other in their views. */
    boolean seeEachOther(SimTransport one, SimTransport other) {
        return one.up && other.up && one.view.contains(other.self()) && other.view.contains(one.self());
    }

    // ---- Frames

    boolean send(SimTransport from, PeerAddress peer, ByteBuffer frame) {
        SimTransport to = known.get(peer);
        return to != null && channel(from, to).send(frame);
    }

    private SimChannel channel(SimTransport from, SimTransport to) {
        return from.channels.computeIfAbsent(to, peer -> new SimChannel(this, from, peer));
    }

    boolean isOpen(SimTransport from, SimTransport to) {
        return !cut[from.node][to.node] && to.up;
    }

    long delayNanos(SimTransport from, SimTransport to) {
        long jitter = random.nextLong(1 + plan.jitter() * NANOS_PER_MILLI);
        return plan.delay() * NANOS_PER_MILLI + jitter * (isSlow(from, to) ? SLOWDOWN : 1);
    }

    long transmissionNanos(SimTransport from, SimTransport to, int bytes) {
        return bytes * NANOS_PER_MILLI / plan.bytesPerMilli() * (isSlow(from, to) ? SLOWDOWN : 1);
    }

    private boolean isSlow(SimTransport from, SimTransport to) {
        return slow[from.node] || slow[to.node];
    }

    /** A moment for a frame that lost its place. */
    long someTimeSoon() {
        int within = random.nextBoolean() ? 100 : plan.detect();
        return scheduler.nowNanos() + random.nextLong(1 + within * NANOS_PER_MILLI);
    }

    /** Something happened to a frame. */
    void struck(Fault fault, SimTransport from, SimTransport to) {
        struck.accept(fault, from.node, to.node);
    }

    boolean percent(int chance) {
        return random.nextInt(PERCENT) < chance;
    }

    FaultPlan plan() {
        return plan;
    }

    SimScheduler scheduler() {
        return scheduler;
    }
}
