package io.meshvine.mesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiConsumer;

/** Wills on meshes whose nodes die, leave and are cut off: who publishes them, when and how often. */
final class WillScenario {
    private static final int CLIENTS = 12;
    private static final long DETECT_MILLIS = 5_500;
    private static final long GRACE_MILLIS = WillNode.GRACE.toMillis();

    /** Lost frames come again within so much. */
    private static final long SLACK_MILLIS = 3_000;

    /** Once a split is over and noticed to be, nodes have agreed on their link within so much. */
    private static final int REJOIN_MILLIS = 1_800;

    private static final long NOTICED_MILLIS = DETECT_MILLIS + GRACE_MILLIS + SLACK_MILLIS;

    private static final List<BiConsumer<SplittableRandom, SimWills>> COURSES = List.of(
            WillScenario::aSurvivorPublishesTheWillsOfADeadNodeOnceUnlessTheClientIsBack,
            WillScenario::theNextHolderTakesOverIfTheFirstOneDiesToo,
            WillScenario::theSideWithoutTheOwnerPublishesAndTheOwnerTakesItsLeasesUpAgain,
            WillScenario::aWillThatWaitsOnALivingNodeIsVoidOnceItsClientIsBackElsewhere,
            WillScenario::aNodeThatLeavesHandsOverTheDelaysThatRun);

    private WillScenario() {}

    private static void aSurvivorPublishesTheWillsOfADeadNodeOnceUnlessTheClientIsBack(
            SplittableRandom random, SimWills wills) {
        int dies = random.nextInt(wills.mesh.nodes().size());
        long diedMillis = wills.nowMillis();
        wills.mesh.crash(dies);
        Map<String, String> expected = new LinkedHashMap<>();
        List<String> averted = new ArrayList<>();
        boolean restarts = random.nextInt(3) == 0;
        if (restarts) {
            wills.mesh.at(diedMillis + random.nextInt(4_000), () -> wills.mesh.start(dies));
        }
        for (SimWills.Client client : List.copyOf(wills.clients.values())) {
            if (client.home.life.isUp()) {
                continue;
            }
            if (random.nextBoolean()) {
                averted.add(client.will);
                int to = other(random, wills, dies);
                wills.mesh.at(diedMillis + random.nextInt(2_000), () -> wills.connect(client.id, to, Duration.ZERO));
            } else {
                expected.put(client.will, client.delay + " of " + client.id);
            }
        }
        long delayMillis = 10_000;
        wills.run(NOTICED_MILLIS + delayMillis);
        for (String will : expected.keySet()) {
            assertThat(wills.published(will)).as(will).hasSize(1);
            assertThat(wills.published(will).get(0).millis() - diedMillis)
                    .as(will)
                    .isGreaterThanOrEqualTo(GRACE_MILLIS)
                    .isLessThanOrEqualTo(NOTICED_MILLIS + delayMillis);
        }
        averted.forEach(will -> assertThat(wills.published(will)).as(will).isEmpty());
    }

    private static void theNextHolderTakesOverIfTheFirstOneDiesToo(SplittableRandom random, SimWills wills) {
        int nodes = wills.mesh.nodes().size();
        int first = random.nextInt(nodes);
        int second = other(random, wills, first);
        SimNode.Life secondLife = wills.mesh.node(second).current();
        List<SimWills.Client> lost = wills.clients.values().stream()
                .filter(client ->
                        client.home.life == wills.mesh.node(first).current() || client.home.life == secondLife)
                .toList();
        wills.mesh.crash(first);
        long[] secondDied = {wills.nowMillis() + random.nextInt(15_000)};
        wills.mesh.at(secondDied[0], () -> wills.mesh.crash(second));
        wills.run(2 * NOTICED_MILLIS + 15_000 + 10_000);
        for (SimWills.Client client : lost) {
            List<SimWills.Published> published = wills.published(client.will);
            boolean interrupted = published.stream()
                    .anyMatch(one -> one.by() == secondLife && secondDied[0] - one.millis() < SLACK_MILLIS);
            boolean others = nodes > 2;
            if (others) {
                assertThat(published).as(client.will).hasSizeBetween(1, interrupted ? 2 : 1);
            }
        }
    }

    private static void theSideWithoutTheOwnerPublishesAndTheOwnerTakesItsLeasesUpAgain(
            SplittableRandom random, SimWills wills) {
        int nodes = wills.mesh.nodes().size();
        int alone = random.nextInt(nodes);
        List<SimWills.Client> there = wills.clients.values().stream()
                .filter(client -> client.home.life == wills.mesh.node(alone).current())
                .toList();
        boolean shortly = random.nextBoolean();
        wills.mesh.split(1 << alone, true);
        // Shortly: the owner is connected again before the grace is over, at whatever time its absence was noticed.
        int rejoinMillis = wills.mesh.plan().detect() / 2 + REJOIN_MILLIS;
        wills.run(shortly ? random.nextInt((int) GRACE_MILLIS - rejoinMillis) : NOTICED_MILLIS + 10_000);
        wills.mesh.split(1 << alone, false);
        wills.run(20_000);
        int before = shortly ? 0 : 1;
        there.forEach(client ->
                assertThat(wills.published(client.will)).as(client.will).hasSize(before));
        SimWills.Client leaving = there.isEmpty() ? null : there.get(0);
        if (leaving != null) {
            wills.disconnect(leaving);
        }
        wills.run(SLACK_MILLIS);
        wills.mesh.crash(alone);
        wills.run(NOTICED_MILLIS + 10_000);
        for (SimWills.Client client : there) {
            assertThat(wills.published(client.will)).as(client.will).hasSize(client == leaving ? before : before + 1);
        }
    }

    private static void aWillThatWaitsOnALivingNodeIsVoidOnceItsClientIsBackElsewhere(
            SplittableRandom random, SimWills wills) {
        List<String> averted = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (SimWills.Client client : List.copyOf(wills.clients.values())) {
            wills.lose(client);
            if (!client.delay.isZero() && random.nextBoolean()) {
                averted.add(client.will);
                int to = other(random, wills, client.home.life.node.number);
                wills.mesh.at(
                        wills.nowMillis() + random.nextInt(4_000), () -> wills.connect(client.id, to, Duration.ZERO));
            } else {
                expected.add(client.will);
            }
        }
        wills.run(20_000);
        expected.forEach(will -> assertThat(wills.published(will)).as(will).hasSize(1));
        averted.forEach(will -> assertThat(wills.published(will)).as(will).isEmpty());
    }

    private static void aNodeThatLeavesHandsOverTheDelaysThatRun(SplittableRandom random, SimWills wills) {
        int leaves = random.nextInt(wills.mesh.nodes().size());
        SimNode.Life leaving = wills.mesh.node(leaves).current();
        List<SimWills.Client> there = wills.clients.values().stream()
                .filter(client -> client.home.life == leaving)
                .toList();
        there.forEach(wills::lose);
        wills.run(SLACK_MILLIS);
        wills.mesh.leave(leaves);
        wills.run(25_000);
        there.forEach(client ->
                assertThat(wills.published(client.will)).as(client.will).hasSize(1));
    }

    /** Plays the scenario of a seed. Fails with the whole story. */
    static Tally play(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int nodes = 2 + random.nextInt(4);
        SimWills wills = new SimWills(random.split(), nodes, FaultPlan.stormy(random));
        try {
            settle(random, wills, nodes);
            COURSES.get(random.nextInt(COURSES.size())).accept(random, wills);
        } catch (AssertionError | RuntimeException failed) {
            throw Suite.WILLS.failure(seed, wills.mesh, failed.toString(), failed);
        }
        return Tally.of(wills.mesh, wills.journeys());
    }

    /** All nodes are connected, and all clients with them. */
    private static void settle(SplittableRandom random, SimWills wills, int nodes) {
        for (int node = 0; node < nodes; node++) {
            wills.mesh.start(node);
        }
        wills.run(5_000);
        for (int i = 0; i < CLIENTS; i++) {
            Duration delay = random.nextInt(3) == 0 ? Duration.ofSeconds(9) : Duration.ZERO;
            wills.connect("c" + i, random.nextInt(nodes), delay);
        }
        wills.run(SLACK_MILLIS);
    }

    private static int other(SplittableRandom random, SimWills wills, int node) {
        int nodes = wills.mesh.nodes().size();
        return (node + 1 + random.nextInt(nodes - 1)) % nodes;
    }
}
