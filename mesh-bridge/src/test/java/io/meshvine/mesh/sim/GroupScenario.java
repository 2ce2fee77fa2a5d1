package io.meshvine.mesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;

/** A shared subscription on a mesh whose members and nodes come and go: who gets what, and how often. */
final class GroupScenario {
    private static final int COURSE_MILLIS = 15_000;
    private static final int PUBLISHES = 60;
    private static final int QUIET_MILLIS = 40_000;
    private static final int WAITING = 20;

    private static final List<BiConsumer<SplittableRandom, SimGroups>> COURSES = List.of(
            GroupScenario::eachPublishIsAcknowledgedOnceWhileMembersComeAndGo,
            GroupScenario::nothingIsLostWithTheNodeOfTheMemberThatHadIt,
            GroupScenario::nothingIsLostInASplitThatHeals,
            GroupScenario::whatWaitsForADeadNodeIsNotLostWithTheNodeThatAcceptedIt);

    private GroupScenario() {}

    private static void eachPublishIsAcknowledgedOnceWhileMembersComeAndGo(SplittableRandom random, SimGroups groups) {
        course(random, groups, -1);
        groups.run(QUIET_MILLIS);
        groups.accepted()
                .forEach(name -> assertThat(groups.acknowledged(name)).as(name).hasSize(1));
        assertThat(groups.parked).isEmpty();
    }

    private static void nothingIsLostWithTheNodeOfTheMemberThatHadIt(SplittableRandom random, SimGroups groups) {
        int dies = random.nextInt(groups.mesh.nodes().size());
        course(random, groups, dies);
        groups.mesh.at(groups.nowMillis() + 2_000 + random.nextInt(COURSE_MILLIS), () -> groups.mesh.crash(dies));
        groups.run(COURSE_MILLIS + QUIET_MILLIS);
        groups.accepted()
                .forEach(name -> assertThat(groups.acknowledged(name)).as(name).isNotEmpty());
    }

    private static void nothingIsLostInASplitThatHeals(SplittableRandom random, SimGroups groups) {
        int alone = random.nextInt(groups.mesh.nodes().size());
        course(random, groups, -1);
        long cutMillis = groups.nowMillis() + 1_000 + random.nextInt(8_000);
        groups.mesh.at(cutMillis, () -> groups.mesh.split(1 << alone, true));
        groups.mesh.at(cutMillis + random.nextInt(20_000), () -> groups.mesh.split(1 << alone, false));
        groups.run(COURSE_MILLIS + 20_000 + QUIET_MILLIS);
        groups.accepted()
                .forEach(name -> assertThat(groups.acknowledged(name)).as(name).isNotEmpty());
    }

    private static void whatWaitsForADeadNodeIsNotLostWithTheNodeThatAcceptedIt(
            SplittableRandom random, SimGroups groups) {
        int nodes = groups.mesh.nodes().size();
        if (nodes < 3) {
            eachPublishIsAcknowledgedOnceWhileMembersComeAndGo(random, groups);
            return;
        }
        for (int node = 0; node < nodes; node++) {
            groups.mesh.crash(node); // and all members with it
            groups.mesh.start(node);
        }
        groups.run(10_000);
        groups.node(1).addMember(true);
        groups.run(5_000);
        groups.mesh.crash(1);
        groups.run(10_000);
        for (int i = 0; i < WAITING; i++) {
            groups.mesh.at(groups.nowMillis() + random.nextInt(2_000), () -> groups.publish(0));
        }
        groups.run(4_000);
        assertThat(groups.settled()).hasSize(WAITING);
        groups.mesh.crash(0);
        groups.mesh.start(0);
        groups.run(random.nextInt(8_000));
        groups.node(2).addMember();
        groups.run(QUIET_MILLIS);
        groups.settled()
                .forEach(name -> assertThat(groups.acknowledged(name)).as(name).hasSize(1));
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

    /** Plays the scenario of a seed. Fails with the whole story. */
    static Tally play(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int nodes = 2 + random.nextInt(4);
        SimGroups groups =
                new SimGroups(random.split(), nodes, FaultPlan.stormy(random).keepingAll());
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
            COURSES.get(random.nextInt(COURSES.size())).accept(random, groups);
        } catch (AssertionError | RuntimeException failed) {
            throw Suite.GROUPS.failure(seed, groups.mesh, failed.toString(), failed);
        }
        return Tally.of(groups.mesh, groups.journeys());
    }
}
