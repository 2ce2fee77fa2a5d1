package io.meshvine.mesh.sim;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * How bad the network, the machines and the clocks are, and which faults a run may contain. Drawn from a seed. All
 * durations in milliseconds.
 *
 * @param kinds what may go wrong; if it is empty, nothing is ever lost
 * @param unsubscribes whether subscriptions end
 * @param delay least delay of a frame
 * @param jitter most that is added to it
 * @param bytesPerMilli what a pair of nodes can carry
 * @param sendQueueBytes what the transport takes for a peer before it refuses
 * @param detect how long it takes at most until a node notices that another one is gone
 * @param lossPercent of the frames in flight when the set of members changes
 * @param repeatPercent of the frames in flight when the set of members changes
 * @param reorderPercent of the frames in flight when the set of members changes
 * @param skew how far wall clocks are from the truth
 * @param acceptDelay most that a broker takes to accept publishes
 * @param loopLagMicros most that a task waits for its loop
 * @param linkWindow bytes in memory per peer
 * @param outboxBytes bytes on disk per peer
 * @param outboxRetention how long publishes for an absent peer are kept
 */
record FaultPlan(
        Set<Fault> kinds,
        boolean unsubscribes,
        int delay,
        int jitter,
        int bytesPerMilli,
        int sendQueueBytes,
        int detect,
        int lossPercent,
        int repeatPercent,
        int reorderPercent,
        int skew,
        int acceptDelay,
        int loopLagMicros,
        int linkWindow,
        int outboxBytes,
        int outboxRetention) {

    private static final int DAY = 86_400_000;
    private static final int SHORT_RETENTION = 8_000;

    /** No run lasts so long. */
    static final int LONG_RETENTION = 600_000;

    private static final int MIB = 1024 * 1024;

    /** No publish of a run is larger. */
    static final int MAX_PUBLISH = 4_096;

    /** Whether nodes crash, the network splits, or the like. */
    boolean faults() {
        return !kinds.isEmpty();
    }

    /** Whether the plan has a fault; without one of these, nothing of that kind happens. */
    boolean has(Fault fault) {
        return kinds.contains(fault);
    }

    private static int anyWindow(SplittableRandom random) {
        return random.nextInt(3) == 0 ? 64 * MIB : MAX_PUBLISH + random.nextInt(4 * MAX_PUBLISH);
    }

    /** A few of what may go wrong: runs that contain everything seldom get far with anything. */
    private static Set<Fault> anyKinds(SplittableRandom random) {
        Set<Fault> kinds = EnumSet.noneOf(Fault.class);
        int chance = 1 + random.nextInt(4);
        for (Fault fault : Fault.values()) {
            if (fault.isDrawn() && random.nextInt(5) < chance) {
                kinds.add(fault);
            }
        }
        if (kinds.isEmpty()) {
            kinds.add(Fault.CRASH);
        }
        return Collections.unmodifiableSet(kinds);
    }

    /** A network that works, of whatever speed. */
    static FaultPlan calm(SplittableRandom random) {
        return new FaultPlan(
                Set.of(),
                random.nextInt(3) == 0,
                random.nextInt(3),
                random.nextInt(20),
                random.nextBoolean() ? 1_000_000 : 50 + random.nextInt(1000),
                4_000 + random.nextInt(200_000),
                5_000,
                0,
                0,
                0,
                random.nextInt(5_000),
                random.nextBoolean() ? 0 : random.nextInt(80),
                random.nextInt(400),
                64 * MIB,
                64 * MIB,
                DAY);
    }

    /** Some of what can happen. */
    static FaultPlan stormy(SplittableRandom random) {
        return stormy(random, anyKinds(random));
    }

    /** A network and machines that are bad enough for certain faults. */
    static FaultPlan stormy(SplittableRandom random, Set<Fault> kinds) {
        return new FaultPlan(
                kinds,
                random.nextInt(3) != 0,
                random.nextInt(5),
                random.nextInt(30),
                random.nextBoolean() ? 1_000_000 : 20 + random.nextInt(1000),
                4_000 + random.nextInt(200_000),
                200 + random.nextInt(5_000),
                random.nextInt(60),
                random.nextInt(30),
                random.nextInt(40),
                random.nextInt(20_000),
                random.nextBoolean() ? 0 : random.nextInt(200),
                random.nextInt(400),
                anyWindow(random),
                random.nextInt(6) == 0 ? random.nextInt(20_000) : 64 * MIB,
                random.nextInt(4) == 0 ? SHORT_RETENTION : DAY);
    }

    /** The same without certain faults; with crashes if nothing is left. */
    FaultPlan without(Set<Fault> never) {
        Set<Fault> left = EnumSet.noneOf(Fault.class);
        kinds.stream().filter(fault -> !never.contains(fault)).forEach(left::add);
        if (left.isEmpty()) {
            left.add(Fault.CRASH);
        }
        return new FaultPlan(
                Collections.unmodifiableSet(left),
                unsubscribes,
                delay,
                jitter,
                bytesPerMilli,
                sendQueueBytes,
                detect,
                lossPercent,
                repeatPercent,
                reorderPercent,
                skew,
                acceptDelay,
                loopLagMicros,
                linkWindow,
                outboxBytes,
                outboxRetention);
    }

    /** The same with outboxes that keep everything throughout. */
    FaultPlan keepingAll() {
        return new FaultPlan(
                kinds,
                unsubscribes,
                delay,
                jitter,
                bytesPerMilli,
                sendQueueBytes,
                detect,
                lossPercent,
                repeatPercent,
                reorderPercent,
                skew,
                acceptDelay,
                loopLagMicros,
                64 * MIB,
                64 * MIB,
                DAY);
    }
}
