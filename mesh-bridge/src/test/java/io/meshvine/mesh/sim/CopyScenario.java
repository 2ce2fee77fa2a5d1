package io.meshvine.mesh.sim;

import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshPublish;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A copy of a node's data starts while the node is there: alone, while others start, or after a power cut, shortly behind the
 * node itself. The node keeps its place everywhere, before and after its own restarts; the copy gets nowhere and leaves.
 */
final class CopyScenario {
    private static final List<String> TOPICS = List.of("a", "a/b", "b");
    private static final int WARM_UP = 4_000;
    private static final int QUIET_MILLIS = 30_000;

    /** The copy and the first one have met by then. */
    private static final long LEAVES_WITHIN_MILLIS = 5_000;

    private static final int OBSERVED_EVERY_MILLIS = 20;

    private final long seed;
    private final SplittableRandom random;
    private final int nodes;
    private final SimMesh mesh;
    private final int copied;
    private final List<SimCopy> copies = new ArrayList<>();

    private CopyScenario(long seed) {
        this.seed = seed;
        this.random = new SplittableRandom(seed);
        this.nodes = 2 + random.nextInt(3);
        this.copied = random.nextInt(nodes);
        FaultPlan plan = FaultPlan.stormy(random, EnumSet.of(Fault.CRASH, Fault.POWER_CUT))
                .keepingAll();
        this.mesh = new SimMesh(random.split(), nodes, 1, plan, Defect.NONE);
    }

    /** Plays the scenario of a seed. Fails with the whole story. */
    static Tally play(long seed) {
        CopyScenario scenario = new CopyScenario(seed);
        scenario.plan();
        scenario.run();
        return Tally.of(scenario.mesh, scenario.mesh.books().journeys());
    }

    private void plan() {
        for (int node = 0; node < nodes; node++) {
            int starting = node;
            mesh.at(random.nextInt(300), () -> mesh.start(starting));
            mesh.at(
                    2_000 + random.nextInt(1_000),
                    () -> mesh.subscribe(
                            starting, new Interest(Interest.NO_GROUP, TOPICS.get(random.nextInt(3)), 1, true)));
        }
        for (int i = 0; i < 40; i++) {
            mesh.at(WARM_UP + random.nextInt(20_000), () -> publish(random.nextInt(nodes)));
        }
        mesh.at(WARM_UP, () -> mesh.backUp(copied));
        switch (random.nextInt(4)) {
            case 0 -> mesh.at(WARM_UP + random.nextInt(3_000), this::startCopy);
            case 1 -> copyWhileOthersStart();
            case 2 -> copyBetweenRestarts();
            default -> copyAfterAPowerCut();
        }
    }

    private void copyWhileOthersStart() {
        int started = WARM_UP + 6_000;
        for (int node = 0; node < nodes; node++) {
            if (node != copied && random.nextInt(3) != 0) {
                int other = node;
                mesh.at(WARM_UP + random.nextInt(500), () -> mesh.crash(other));
                mesh.at(started + random.nextInt(1_000), () -> mesh.start(other));
            }
        }
        mesh.at(started + random.nextInt(1_000), this::startCopy);
    }

    private void copyBetweenRestarts() {
        for (int from = WARM_UP; from < WARM_UP + 20_000; from += 16_000) {
            int at = from + random.nextInt(500);
            mesh.at(at, () -> mesh.crash(copied));
            mesh.at(at + 100 + random.nextInt(4_000), () -> mesh.start(copied));
        }
        mesh.at(WARM_UP + 11_000 + random.nextInt(2_000), this::startCopy);
    }

    private void copyAfterAPowerCut() {
        mesh.at(WARM_UP + 1_000, () -> {
            for (int node = 0; node < nodes; node++) {
                mesh.crash(node, Fault.POWER_CUT);
            }
        });
        int first = WARM_UP + 8_000;
        mesh.at(first, () -> mesh.start(copied));
        mesh.at(first + 20 + random.nextInt(1_500), this::startCopy);
        for (int node = 0; node < nodes; node++) {
            int other = node;
            if (node != copied) {
                mesh.at(first + random.nextInt(2_500), () -> mesh.start(other));
            }
        }
    }

    private void startCopy() {
        SimCopy copy = mesh.copy(copied);
        copies.add(copy);
        long started = mesh.scheduler().nowNanos() / 1_000_000;
        mesh.at(started + random.nextInt(1_000), copy::publish);
        for (int millis = 0; millis < LEAVES_WITHIN_MILLIS; millis += OBSERVED_EVERY_MILLIS) {
            mesh.at(started + millis, copy::observe);
        }
        mesh.at(started + LEAVES_WITHIN_MILLIS + random.nextInt(20_000), copy::end);
    }

    private void publish(int node) {
        if (mesh.node(node).isUp()) {
            String topic = TOPICS.get(random.nextInt(TOPICS.size()));
            mesh.publish(node, 0, topic, random.nextInt(3), false, 1, MeshPublish.NEVER_EXPIRES, false);
        }
    }

    private void run() {
        List<String> problems = new ArrayList<>();
        try {
            long healedMillis = WARM_UP + 34_000L;
            mesh.runUntil(healedMillis);
            mesh.healEverything();
            mesh.runUntil(healedMillis + QUIET_MILLIS);
            Checks.askStatus(mesh);
            mesh.runUntil(healedMillis + QUIET_MILLIS + 10);
            Checks.checkQuiet(mesh, TOPICS);
        } catch (RuntimeException failed) {
            throw Suite.COPIES.failure(seed, mesh, "it failed: " + failed, failed);
        }
        for (SimCopy copy : copies) {
            copy.successes().forEach(success -> problems.add("the copy got somewhere: " + success));
            if (copy.displacedAfterMillis() > LEAVES_WITHIN_MILLIS) {
                problems.add("the copy did not leave");
            }
        }
        problems.addAll(mesh.books().problems());
        if (copies.isEmpty() || !problems.isEmpty()) {
            throw Suite.COPIES.failure(seed, mesh, problems.size() + " problems: " + problems, null);
        }
    }
}
