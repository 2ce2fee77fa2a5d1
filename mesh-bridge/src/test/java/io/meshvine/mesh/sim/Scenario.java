package io.meshvine.mesh.sim;

import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshPublish;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A random course of events on a mesh, from a seed: a warm-up in which nothing goes wrong, then publishes, subscriptions
 * and the faults that the seed drew. Then everything heals, and T later the checks are made.
 */
final class Scenario {
    private static final List<String> TOPICS =
            List.of("a", "a/b", "a/c", "a/b/c", "b", "b/c", "b/c/d", "$x/a", "é/日", "a//b");
    private static final List<String> FILTERS =
            List.of("a", "a/b", "a/+", "a/#", "+/b", "#", "b/c", "b/+/d", "b/#", "$x/#", "+", "é/日", "a//b", "+/+/+");
    private static final List<Moment> MOMENTS =
            List.of(Moment.SETTLED, Moment.ARRIVED, Moment.ACCEPTED, Moment.COMMITTED, Moment.CONFIRMED);
    private static final List<String> GROUPS = List.of("g", "h");

    private static final int SHORT_WARM_UP = 1_500;
    private static final int LONG_WARM_UP = 14_000;

    /** T of the promises: so long after the last fault is over, everything has to be as promised. */
    private static final int QUIET_MILLIS = 30_000;

    private static final int PUBLISHERS = 3;
    private static final int BURSTS_AROUND_A_FAULT = 4;
    private static final int BURSTS_AT_A_SURVIVOR = 3;
    private static final int BIG_PAYLOAD = 3_000;

    private final long seed;
    private final SplittableRandom random;
    private final SimMesh mesh;
    private final int nodes;
    private final List<Fault> faults = new ArrayList<>();

    /** Before it is over nothing goes wrong, in milliseconds. */
    private final int warmUp;

    private final long endMillis;
    private Suite suite = Suite.MESH;

    private Scenario(long seed, Defect defect) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.nodes = anyNumberOfNodes();
        this.warmUp = random.nextInt(6) == 0 ? LONG_WARM_UP : SHORT_WARM_UP;
        FaultPlan plan = random.nextInt(8) == 0 ? FaultPlan.calm(random) : FaultPlan.stormy(random);
        plan.kinds().stream().filter(Scenario::isPlayed).forEach(faults::add);
        this.mesh = new SimMesh(random.split(), nodes, plan, defect);
        this.endMillis = warmUp + 2_000L + random.nextInt(random.nextInt(4) == 0 ? 16_000 : 5_000);
    }

    /** Few nodes show most, and cost least. */
    private int anyNumberOfNodes() {
        int dice = random.nextInt(20);
        return dice < 8 ? 2 : dice < 16 ? 3 : dice < 19 ? 4 : 5;
    }

    /** Whether it is something to be done, and not what comes with something else. */
    private static boolean isPlayed(Fault fault) {
        return fault != Fault.CLOCK_STEP && fault != Fault.EMPTY_DISK;
    }

    /** Plays the scenario of a seed. Fails with the whole story. */
    static SimMesh play(long seed) {
        return play(seed, Defect.NONE);
    }

    /** The same with a bug put in. */
    static SimMesh play(long seed, Defect defect) {
        Scenario scenario = new Scenario(seed, defect);
        scenario.plan();
        scenario.run();
        return scenario.mesh;
    }

    /** The same where clients do not read as fast as they get. */
    static SimMesh playWithSlowClients(long seed, Defect defect) {
        Scenario scenario = new Scenario(seed, defect);
        scenario.suite = Suite.SLOW;
        scenario.mesh.slowClients();
        scenario.plan();
        scenario.run();
        return scenario.mesh;
    }

    private void plan() {
        for (int node = 0; node < nodes; node++) {
            int starting = node;
            mesh.at(random.nextInt(300), () -> mesh.start(starting));
            for (int i = random.nextInt(3); i > 0; i--) {
                mesh.at(300 + random.nextInt(warmUp), () -> subscribe(starting));
            }
            // Late in the warm-up everybody knows everybody: what is confirmed then, the others have to keep.
            mesh.at(warmUp - random.nextInt(SHORT_WARM_UP / 2), () -> subscribeDurably(starting));
        }
        for (int i = 8 + random.nextInt(24); i > 0; i--) {
            mesh.at(warmUp + random.nextLong(endMillis - warmUp), () -> act(random.nextInt(nodes)));
        }
        for (int i = faults.isEmpty() ? 0 : 1 + random.nextInt(4); i > 0; i--) {
            mesh.at(warmUp + random.nextLong(endMillis - warmUp), () -> fault(random.nextInt(nodes)));
        }
    }

    private void act(int node) {
        int dice = random.nextInt(10);
        if (dice >= 8) {
            subscribe(node);
        } else if (dice == 7 && mesh.plan().unsubscribes()) {
            unsubscribe(node);
        } else {
            publish(node);
        }
    }

    private void subscribe(int node) {
        if (mesh.node(node).isUp()) {
            String group = random.nextInt(4) == 0 ? oneOf(GROUPS) : Interest.NO_GROUP;
            mesh.subscribe(node, new Interest(group, oneOf(FILTERS), random.nextInt(3), random.nextInt(2) == 0));
        }
    }

    private void subscribeDurably(int node) {
        if (mesh.node(node).isUp()) {
            mesh.subscribe(node, new Interest(Interest.NO_GROUP, oneOf(FILTERS), 1 + random.nextInt(2), true));
        }
    }

    private void unsubscribe(int node) {
        if (mesh.node(node).isUp()) {
            mesh.unsubscribe(node, random.nextInt(100));
        }
    }

    private void publish(int node) {
        int publisher = random.nextInt(PUBLISHERS);
        String topic = oneOf(TOPICS);
        int qos = random.nextInt(3);
        boolean retains = random.nextInt(3) == 0;
        boolean withUnits = qos == 2 && publisher == 0;
        int within = random.nextInt(3) * 50;
        for (int i = 1 + random.nextInt(6); i > 0; i--) {
            mesh.at(later(within), () -> {
                if (mesh.node(node).isUp()) {
                    boolean retain = retains && random.nextInt(3) != 0;
                    int bytes = random.nextInt(4) == 0
                            ? (retain ? 0 : 1)
                            : 1 + random.nextInt(random.nextInt(8) == 0 ? BIG_PAYLOAD : 60);
                    long expiry = random.nextInt(8) == 0 ? random.nextInt(20) : MeshPublish.NEVER_EXPIRES;
                    mesh.publish(node, publisher, topic, qos, retain, bytes, expiry, withUnits);
                }
            });
        }
    }

    // ---- Faults

    private void fault(int node) {
        int other = (node + 1 + random.nextInt(nodes - 1)) % nodes;
        for (int i = 0; i < BURSTS_AROUND_A_FAULT; i++) {
            mesh.at(later(2 * mesh.plan().detect()), () -> publish(random.nextInt(nodes)));
        }
        switch (oneOf(faults)) {
            case CRASH -> crash(node);
            case POWER_CUT -> soonOrAt(oneOf(MOMENTS), this::cutPower);
            case RESTART_ALONE -> restartAlone(node);
            case LEAVE -> {
                if (mesh.node(node).isUp()) {
                    mesh.leave(node);
                    mesh.at(later(3_000), () -> mesh.start(node));
                }
            }
            case SPLIT -> {
                int side = 1 + random.nextInt((1 << nodes) - 2);
                mesh.split(side, true);
                mesh.at(later(anyLength()), () -> mesh.split(side, false));
            }
            case ONE_WAY_CUT -> {
                mesh.cut(node, other, true);
                mesh.at(later(anyLength()), () -> mesh.cut(node, other, false));
            }
            case SUSPICION -> {
                mesh.suspect(node, other, true);
                mesh.at(later(3_000), () -> mesh.suspect(node, other, false));
            }
            case SLOW_NODE -> {
                mesh.slow(node, true);
                mesh.at(later(3_000), () -> mesh.slow(node, false));
            }
            case FULL_DISK -> {
                mesh.failDisk(node, true);
                mesh.at(later(4_000), () -> mesh.failDisk(node, false));
            }
            case OLD_DISK -> {
                if (mesh.node(node).isUp()) {
                    mesh.backUp(node);
                    mesh.at(later(3_000), () -> crash(node));
                }
            }
            default -> throw new IllegalStateException("not played by itself");
        }
    }

    /** Mostly short, sometimes longer than an outbox keeps. */
    private int anyLength() {
        return random.nextInt(4) == 0 ? 12_000 : 3_000;
    }

    /** Has something done now, or as soon as a node is between two steps of something. */
    private void soonOrAt(Moment moment, Runnable action) {
        if (random.nextInt(3) == 0) {
            action.run();
        } else {
            mesh.ambush(moment, -1, node -> action.run());
        }
    }

    private void crash(int node) {
        if (random.nextInt(3) == 0) {
            crashNow(node);
        } else {
            mesh.ambush(oneOf(MOMENTS), node, there -> crashNow(node));
        }
    }

    private void crashNow(int node) {
        if (mesh.node(node).isUp()) {
            mesh.crash(node);
            restart(node, later(random.nextInt(3) == 0 ? 6_000 : 1_000));
        }
    }

    private void cutPower() {
        long first = later(1_000);
        int alone = random.nextInt(nodes);
        for (int node = 0; node < nodes; node++) {
            if (mesh.node(node).isUp()) {
                mesh.crash(node, Fault.POWER_CUT);
            }
            int starting = node;
            mesh.at(node == alone ? first : first + 200 + random.nextInt(4_000), () -> mesh.start(starting));
        }
        publishesOf(alone, first, 1_000);
    }

    private void restartAlone(int node) {
        for (int other = 0; other < nodes; other++) {
            if (!mesh.node(other).isUp()) {
                return;
            }
        }
        for (int other = 0; other < nodes; other++) {
            if (other != node) {
                mesh.crash(other, Fault.RESTART_ALONE);
            }
        }
        long restarted = later(2_000);
        mesh.at(restarted - 1, () -> {
            if (mesh.node(node).isUp()) {
                mesh.crash(node, Fault.RESTART_ALONE);
            }
        });
        mesh.at(restarted, () -> mesh.start(node));
        publishesOf(node, restarted, 1_500);
        for (int other = 0; other < nodes; other++) {
            if (other != node) {
                restart(other, restarted + random.nextInt(4_000));
            }
        }
    }

    private void publishesOf(int node, long fromMillis, int withinMillis) {
        for (int i = 0; i < BURSTS_AT_A_SURVIVOR; i++) {
            mesh.at(fromMillis + random.nextInt(withinMillis), () -> publish(node));
        }
    }

    private void restart(int node, long atMillis) {
        int dice = random.nextInt(4);
        if (dice == 0 && mesh.plan().has(Fault.OLD_DISK)) {
            mesh.at(atMillis, () -> mesh.startOnOtherDisk(node, true));
        } else if (dice == 1 && mesh.plan().has(Fault.EMPTY_DISK)) {
            mesh.at(atMillis, () -> mesh.startOnOtherDisk(node, false));
        } else {
            mesh.at(atMillis, () -> mesh.start(node));
        }
    }

    private long later(int withinMillis) {
        return mesh.scheduler().nowNanos() / 1_000_000 + random.nextInt(1 + withinMillis);
    }

    private <T> T oneOf(List<T> values) {
        return values.get(random.nextInt(values.size()));
    }

    // ---- The run

    private void run() {
        try {
            mesh.runUntil(endMillis);
            mesh.healEverything();
            long healedMillis = endMillis + 8_000;
            mesh.at(healedMillis, () -> {
                mesh.healEverything(); // what began late is over by now
                for (int node = 0; node < nodes; node++) {
                    if (!mesh.node(node).isUp() && random.nextBoolean()) {
                        mesh.start(node);
                    }
                }
            });
            mesh.runUntil(healedMillis + QUIET_MILLIS);
            Checks.askStatus(mesh);
            mesh.runUntil(healedMillis + QUIET_MILLIS + 10);
            Checks.checkQuiet(mesh, TOPICS);
        } catch (RuntimeException failed) {
            throw suite.failure(seed, mesh, "it failed: " + failed, failed);
        }
        List<String> problems = mesh.books().problems();
        if (!problems.isEmpty()) {
            throw suite.failure(seed, mesh, problems.size() + " problems; the first: " + problems.get(0), null);
        }
    }
}
