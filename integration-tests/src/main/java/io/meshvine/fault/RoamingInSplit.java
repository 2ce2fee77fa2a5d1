package io.meshvine.fault;

import io.meshvine.fault.client.Fleet;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Clients with durable sessions move on one side of a split, while those beyond it publish to where they were. */
final class RoamingInSplit implements Scenario {
    private static final int CLIENTS = 10;
    private static final int MOVES_BEFORE = 10;
    private static final Duration SPLIT = Duration.ofSeconds(20);
    private static final Duration MOVES_AFTER = Duration.ofSeconds(2);
    private static final Duration LEAST = Duration.ofMillis(50);
    private static final Duration MOST = Duration.ofMillis(400);
    private static final int ALONE = 2;
    private static final Set<Integer> ALL = Set.of(0, 1, ALONE);
    private static final Set<Integer> TOGETHER = Set.of(0, 1);

    @Override
    public String name() {
        return "roaming-in-split";
    }

    @Override
    public String description() {
        return CLIENTS + " clients with durable sessions move between n1 and n2 while n3 cannot reach them for "
                + SPLIT.toSeconds() + " s, and go on with that when it can";
    }

    @Override
    public Bars bars() {
        return Bars.servingAndNoticing(Bars.SILENCE);
    }

    @Override
    public void populate(Fleet fleet, int rate) {
        Scenario.super.populate(fleet, rate);
        fleet.roamers(CLIENTS);
    }

    @Override
    public void inject(Stage stage) {
        Fleet fleet = stage.fleet();
        for (int move = 0; move < MOVES_BEFORE; move++) {
            move(stage, ALL);
        }
        fleet.gather(stage.random(), TOGETHER).forEach(stage::say);
        stage.require(fleet.awaitRoamers(), "somebody who roams is not connected before the split");

        TOGETHER.forEach(node -> fleet.separate(Set.of(node), Set.of(ALONE)));
        stage.network().cut(ALONE, TOGETHER);
        TOGETHER.forEach(node -> stage.network().cut(node, ALONE));
        stage.say("cut");
        long start = System.nanoTime();
        Duration length = stage.settings().durationOr(SPLIT);
        Optional<Duration> noticed = Optional.empty();
        while (System.nanoTime() - start < length.toNanos()) {
            move(stage, TOGETHER);
            if (noticed.isEmpty()
                    && TOGETHER.stream().allMatch(node -> stage.mesh().misses(node, ALONE))) {
                noticed = Optional.of(Duration.ofNanos(System.nanoTime() - start));
            }
        }
        stage.noticed(noticed);
        stage.network().heal();
        stage.say("healed");
        long healed = System.nanoTime();
        while (System.nanoTime() - healed < MOVES_AFTER.toNanos()) {
            move(stage, TOGETHER);
        }
    }

    private static void move(Stage stage, Set<Integer> nodes) {
        stage.hold(LEAST, MOST);
        stage.say(stage.fleet().roam(stage.random(), nodes));
    }
}
