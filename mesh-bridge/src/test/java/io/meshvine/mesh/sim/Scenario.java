package io.meshvine.mesh.sim;

import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshPublish;
import java.util.List;
import java.util.SplittableRandom;

/** A random course of events on a mesh, from a seed; then everything heals, and once it is quiet the checks are made. */
final class Scenario {
    private static final List<String> TOPICS =
            List.of("a", "a/b", "a/c", "a/b/c", "b", "b/c", "b/c/d", "$x/a", "é/日", "a//b");
    private static final List<String> FILTERS =
            List.of("a", "a/b", "a/+", "a/#", "+/b", "#", "b/c", "b/+/d", "b/#", "$x/#", "+", "é/日", "a//b", "+/+/+");
    private static final List<String> GROUPS = List.of("g", "h");

    private static final int SHORT_WARM_UP = 2_000;
    private static final int LONG_WARM_UP = 15_000;
    private static final int QUIET_MILLIS = 45_000;
    private static final int PUBLISHERS = 3;
    private static final int MAX_NODES = 5;
    private static final int BURSTS_AROUND_A_FAULT = 6;
    private static final int BIG_PAYLOAD = 3_000;

    private final long seed;
    private final SplittableRandom random;
    private final SimMesh mesh;
    private final int nodes;

    /** Before it is over nothing goes wrong, in milliseconds. */
    private final int warmUp;

    private final long endMillis;

    private Scenario(long seed, Defect defect) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.nodes = 2 + random.nextInt(MAX_NODES - 1);
        this.warmUp = random.nextBoolean() ? SHORT_WARM_UP : LONG_WARM_UP;
        FaultPlan plan = random.nextInt(3) == 0 ? FaultPlan.calm(random) : FaultPlan.stormy(random);
        this.mesh = new SimMesh(random.split(), nodes, plan, defect);
        this.endMillis = warmUp + 5_000L + random.nextInt(30_000);
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

    private void plan() {
        for (int node = 0; node < nodes; node++) {
            int starting = node;
            mesh.at(random.nextInt(300), () -> mesh.start(starting));
            for (int i = random.nextInt(3); i > 0; i--) {
                mesh.at(300 + random.nextInt(warmUp), () -> subscribe(starting));
            }
            // Late in a long warm-up everybody knows everybody: what is confirmed then, the others have to keep.
            mesh.at(warmUp - random.nextInt(SHORT_WARM_UP), () -> subscribeDurably(starting));
        }
        int actions = 20 + random.nextInt(60);
        for (int i = 0; i < actions; i++) {
            long at = warmUp + random.nextLong(endMillis - warmUp);
            mesh.at(at, this::act);
        }
    }

    private void act() {
        int node = random.nextInt(nodes);
        int dice = random.nextInt(100);
        if (dice >= 90 && mesh.plan().faults()) {
            fault(node);
        } else if (dice >= 88) {
            mesh.slow(node, true);
            mesh.at(later(3_000), () -> mesh.slow(node, false));
        } else if (dice >= 70) {
            subscribe(node);
        } else if (dice >= 60 && mesh.plan().unsubscribes()) {
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
        for (int i = 1 + random.nextInt(8); i > 0; i--) {
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

    private void fault(int node) {
        int other = (node + 1 + random.nextInt(nodes - 1)) % nodes;
        for (int i = 0; i < BURSTS_AROUND_A_FAULT; i++) {
            mesh.at(later(2 * mesh.plan().detect()), () -> publish(random.nextInt(nodes)));
        }
        switch (random.nextInt(11)) {
            case 0 -> partition(1 + random.nextInt((1 << nodes) - 2));
            case 1 -> {
                mesh.cut(node, other, true);
                mesh.at(later(10_000), () -> mesh.cut(node, other, false));
            }
            case 2, 3 -> {
                if (mesh.node(node).isUp()) {
                    mesh.crash(node);
                    restart(node, later(8_000));
                }
            }
            case 9, 10 -> restartOneWhileTheOtherIsAway(node, other);
            case 8 -> {
                mesh.failDisk(node, true);
                mesh.at(later(5_000), () -> mesh.failDisk(node, false));
            }
            case 7 -> {
                if (mesh.node(node).isUp()) {
                    mesh.backUp(node);
                }
            }
            case 4 -> {
                if (mesh.node(node).isUp()) {
                    mesh.leave(node);
                    mesh.at(later(5_000), () -> mesh.start(node));
                }
            }
            default -> {
                mesh.suspect(node, other, true);
                mesh.at(later(4_000), () -> mesh.suspect(node, other, false));
            }
        }
    }

    private void restartOneWhileTheOtherIsAway(int node, int other) {
        if (mesh.node(node).isUp() && mesh.node(other).isUp()) {
            mesh.crash(other);
            long restarted = later(3_000);
            mesh.at(restarted - 1, () -> {
                if (mesh.node(node).isUp()) {
                    mesh.crash(node);
                }
            });
            mesh.at(restarted, () -> mesh.start(node));
            for (int i = 0; i < BURSTS_AROUND_A_FAULT; i++) {
                mesh.at(restarted + random.nextInt(2_000), () -> publish(node));
            }
            restart(other, restarted + random.nextInt(6_000));
        }
    }

    private void restart(int node, long atMillis) {
        int dice = random.nextInt(10);
        if (dice < 2) {
            mesh.at(atMillis, () -> mesh.startOnOtherDisk(node, dice == 0));
        } else {
            mesh.at(atMillis, () -> mesh.start(node));
        }
    }

    /** Splits the mesh into those whose bit is set and the others, for a while. */
    private void partition(int side) {
        split(side, true);
        mesh.at(later(15_000), () -> split(side, false));
    }

    private void split(int side, boolean isCut) {
        for (int from = 0; from < nodes; from++) {
            for (int to = 0; to < nodes; to++) {
                if ((side >> from & 1) != (side >> to & 1)) {
                    mesh.cut(from, to, isCut);
                }
            }
        }
    }

    private long later(int withinMillis) {
        return mesh.scheduler().nowNanos() / 1_000_000 + random.nextInt(1 + withinMillis);
    }

    private String oneOf(List<String> values) {
        return values.get(random.nextInt(values.size()));
    }

    private void run() {
        try {
            mesh.runUntil(endMillis);
            mesh.healEverything();
            long healedMillis = endMillis + 15_000;
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
            throw new AssertionError(failureMessage("it failed: " + failed), failed);
        }
        if (!mesh.books().problems().isEmpty()) {
            throw new AssertionError(failureMessage(mesh.books().problems().get(0)));
        }
    }

    private String failureMessage(String problem) {
        return "seed " + seed + ", " + nodes + " nodes, "
                + mesh.books().problems().size() + " problems; repeat with "
                + "-Dmeshvine.seed=" + seed + "\n" + problem + "\n" + mesh.plan() + "\n"
                + String.join("\n", mesh.happened());
    }
}
