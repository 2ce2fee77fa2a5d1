package io.meshvine.fault;

import io.meshvine.fault.mesh.FaultNode;
import java.time.Duration;
import java.util.Set;

/** Every node is stopped as an operator would and started again, one after the other, while clients publish. */
final class RestartNodes implements Scenario {
    private static final Duration BETWEEN = Duration.ofSeconds(1);

    @Override
    public String name() {
        return "rolling-restart";
    }

    @Override
    public String description() {
        return "SIGTERM and restart of each node, one after the other";
    }

    @Override
    public Bars bars() {
        return Bars.none();
    }

    @Override
    public void inject(Stage stage) {
        int rounds = stage.settings().timesOr(1);
        for (int round = 1; round <= rounds; round++) {
            for (FaultNode node : stage.mesh().nodes()) {
                stage.hold(BETWEEN);
                stage.say("restart " + node.name() + ", round " + round + " of " + rounds);
                stage.keepDrops(node);
                stage.fleet().separate(Set.of(node.index()), stage.mesh().others(node.index()));
                node.terminate();
                node.start();
                node.awaitReady();
                stage.awaitConvergence();
            }
        }
    }
}
