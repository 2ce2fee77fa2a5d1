package io.meshvine.fault;

import io.meshvine.fault.client.Fleet;
import java.time.Duration;

/** Nothing breaks, but clients with durable sessions move from node to node. */
final class Roaming implements Scenario {
    private static final int CLIENTS = 10;
    private static final int MOVES = 60;
    private static final Duration LEAST = Duration.ofMillis(100);
    private static final Duration MOST = Duration.ofMillis(700);

    @Override
    public String name() {
        return "roaming";
    }

    @Override
    public String description() {
        return CLIENTS + " clients with durable sessions move between nodes, by DISCONNECT, a closed socket or a second"
                + " connection; " + MOVES + " times";
    }

    @Override
    public Bars bars() {
        return Bars.serving();
    }

    @Override
    public void populate(Fleet fleet, int rate) {
        Scenario.super.populate(fleet, rate);
        fleet.roamers(CLIENTS);
    }

    @Override
    public void inject(Stage stage) {
        int moves = stage.settings().timesOr(MOVES);
        for (int move = 1; move <= moves; move++) {
            stage.hold(LEAST, MOST);
            stage.say(stage.fleet().roam(stage.random()));
        }
        stage.say("moved " + moves + " times");
    }
}
