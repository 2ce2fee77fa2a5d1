package io.meshvine.mesh.sim;

import java.util.SplittableRandom;

/**
 * How bad the network, the machines and the clocks are, and which faults a scenario may contain. All durations in
 * milliseconds.
 *
 * @param faults whether nodes crash and the network splits; without, nothing is ever lost
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
        boolean faults,
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

    /** No scenario lasts so long. */
    static final int LONG_RETENTION = 600_000;

    private static final int MIB = 1024 * 1024;

    /** No publish of a scenario is larger. */
    static final int MAX_PUBLISH = 4_096;

    private static int anyWindow(SplittableRandom random) {
        return random.nextInt(3) == 0 ? 64 * MIB : MAX_PUBLISH + random.nextInt(4 * MAX_PUBLISH);
    }

    /** A network that works, of whatever speed. */
    static FaultPlan calm(SplittableRandom random) {
        return new FaultPlan(
                false,
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

    /** Everything that can happen. */
    static FaultPlan stormy(SplittableRandom random) {
        return new FaultPlan(
                true,
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

    /** The same with outboxes that keep everything throughout. */
    FaultPlan keepingAll() {
        return new FaultPlan(
                faults,
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
