package io.meshvine.mesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.function.BiConsumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * A shared subscription on a mesh whose members and nodes come and go. {@code -Dmeshvine.seed=N} repeats one scenario,
 * {@code -Dmeshvine.sim.seeds=N} plays so many.
 */
class GroupScenarioTest {
    private static final int DEFAULT_SEEDS = 300;
    private static final int COURSE_MILLIS = 15_000;
    private static final int PUBLISHES = 60;
    private static final int QUIET_MILLIS = 40_000;

    @Test
    void eachPublishIsAcknowledgedOnceWhileMembersComeAndGo() {
        forEachSeed((random, groups) -> {
            course(random, groups, -1);
            groups.run(QUIET_MILLIS);
            groups.accepted()
                    .forEach(name ->
                            assertThat(groups.acknowledged(name)).as(name).hasSize(1));
            assertThat(groups.parked).isEmpty();
        });
    }

    @Test
    void nothingIsLostWithTheNodeOfTheMemberThatHadIt() {
        forEachSeed((random, groups) -> {
            int dies = random.nextInt(groups.mesh.nodes().size());
            course(random, groups, dies);
            groups.mesh.at(groups.nowMillis() + 2_000 + random.nextInt(COURSE_MILLIS), () -> groups.mesh.crash(dies));
            groups.run(COURSE_MILLIS + QUIET_MILLIS);
            groups.accepted()
                    .forEach(name ->
                            assertThat(groups.acknowledged(name)).as(name).isNotEmpty());
        });
    }

    @Test
    void nothingIsLostInASplitThatHeals() {
        forEachSeed((random, groups) -> {
            int alone = random.nextInt(groups.mesh.nodes().size());
            course(random, groups, -1);
            long cutMillis = groups.nowMillis() + 1_000 + random.nextInt(8_000);
            groups.mesh.at(cutMillis, () -> cut(groups, alone, true));
            groups.mesh.at(cutMillis + random.nextInt(20_000), () -> cut(groups, alone, false));
            groups.run(COURSE_MILLIS + 20_000 + QUIET_MILLIS);
            groups.accepted()
                    .forEach(name ->
                            assertThat(groups.acknowledged(name)).as(name).isNotEmpty());
        });
    }

    /** Members come and go, and somebody publishes; at the end at least one member is connected. */
    private static void course(SplittableRandom random, SimGroups groups, int dies) {
        int nodes = groups.mesh.nodes().size();
        int stays = (dies + 1 + random.nextInt(nodes - 1)) % nodes;
        groups.node(stays).addMember();
        groups.run(3_000);
        long start = groups.nowMillis();
        for (int i = 0; i < PUBLISHES; i++) {
            int node = random.nextInt(nodes);
            groups.mesh.at(start + random.nextInt(COURSE_MILLIS), () -> {
                if (groups.mesh.node(node).isUp()) {
                    groups.publish(node);
                }
            });
        }
        for (int i = 0; i < 10; i++) {
            int node = random.nextInt(nodes);
            boolean away = random.nextBoolean();
            groups.mesh.at(start + random.nextInt(COURSE_MILLIS), () -> {
                if (groups.mesh.node(node).isUp() && node != stays) {
                    groups.mesh.happened("a member at n" + node + (away ? " goes away" : " is back"));
                    if (away) {
                        groups.node(node).detachMember();
                    } else {
                        groups.node(node).attachMember();
                    }
                    groups.noteAway();
                }
            });
        }
        groups.mesh.at(start + COURSE_MILLIS, () -> {
            for (int node = 0; node < nodes; node++) {
                if (groups.mesh.node(node).isUp()) {
                    groups.node(node).attachMember();
                    groups.noteAway();
                }
            }
        });
    }

    private static void forEachSeed(BiConsumer<SplittableRandom, SimGroups> scenario) {
        Long only = Long.getLong("meshvine.seed");
        LongStream seeds = only != null
                ? LongStream.of(only)
                : LongStream.rangeClosed(1, Long.getLong("meshvine.sim.seeds", DEFAULT_SEEDS));
        seeds.forEach(seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            int nodes = 2 + random.nextInt(4);
            SimGroups groups = new SimGroups(
                    random.split(), nodes, FaultPlan.stormy(random).keepingAll());
            try {
                for (int node = 0; node < nodes; node++) {
                    groups.mesh.start(node);
                }
                groups.run(5_000);
                for (int node = 0; node < nodes; node++) {
                    if (node == 0 || random.nextInt(4) != 0) {
                        groups.node(node).addMember();
                    }
                }
                groups.run(3_000);
                scenario.accept(random, groups);
            } catch (AssertionError | RuntimeException failed) {
                throw new AssertionError(
                        "seed " + seed + ": " + failed.getMessage() + "\n" + groups.mesh.plan() + "\n"
                                + String.join("\n", groups.mesh.happened()),
                        failed);
            }
        });
    }

    private static void cut(SimGroups groups, int alone, boolean isCut) {
        for (int other = 0; other < groups.mesh.nodes().size(); other++) {
            if (other != alone) {
                groups.mesh.cut(alone, other, isCut);
                groups.mesh.cut(other, alone, isCut);
            }
        }
    }
}
