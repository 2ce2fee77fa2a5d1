package io.meshvine.fault;

import io.meshvine.fault.mesh.FaultNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** All nodes are killed within a moment, and started in another order, again and again. */
final class RestartStorm implements Scenario {
    private static final int ROUNDS = 5;
    private static final Duration LEAST = Duration.ofMillis(500);
    private static final Duration MOST = Duration.ofSeconds(2);
    private static final Duration MOMENT = Duration.ofMillis(300);

    @Override
    public String name() {
        return "storm";
    }

    @Override
    public String description() {
        return "kill -9 of all nodes within a second, restart in another order; " + ROUNDS + " times";
    }

    @Override
    public Bars bars() {
        return Bars.none();
    }

    @Override
    public void inject(Stage stage) {
        int rounds = stage.settings().timesOr(ROUNDS);
        List<FaultNode> nodes = new ArrayList<>(stage.mesh().nodes());
        for (int round = 1; round <= rounds; round++) {
            stage.hold(LEAST, MOST);
            stage.say("storm " + round + " of " + rounds);
            Collections.shuffle(nodes, stage.random());
            for (FaultNode node : nodes) {
                stage.kill(node);
                stage.hold(Duration.ZERO, MOMENT);
            }
            Collections.shuffle(nodes, stage.random());
            for (FaultNode node : nodes) {
                node.start();
                stage.hold(Duration.ZERO, MOMENT);
            }
            nodes.forEach(FaultNode::awaitReady);
            stage.awaitConvergence();
        }
    }
}
