package io.meshvine.fault;

import io.meshvine.fault.mesh.FaultNode;
import java.time.Duration;
import java.util.Map;

/** kill -9 of random nodes at random moments, one after the other. */
final class KillNodes implements Scenario {
    private static final int ROUNDS = 50;
    private static final Duration BETWEEN = Duration.ofSeconds(2);
    private static final Duration LEAST = Duration.ofMillis(200);
    private static final Duration DOWN = Duration.ofMillis(1_500);
    private static final Duration NOTICE_LIMIT = Duration.ofSeconds(10);

    @Override
    public String name() {
        return "kill";
    }

    @Override
    public String description() {
        return "kill -9 of a random node at a random moment, restart; " + ROUNDS + " times";
    }

    @Override
    public Bars bars() {
        return Bars.noticing(Bars.CLOSED_SOCKET);
    }

    /** Who is away during all rounds is to miss nothing: the bounds of queues are not what is looked at. */
    @Override
    public Map<String, String> nodeSettings() {
        return Map.of("session.max-queued-messages", "500000", "session.max-queued-bytes", "1GiB");
    }

    @Override
    public void inject(Stage stage) {
        int rounds = stage.settings().timesOr(ROUNDS);
        for (int round = 1; round <= rounds; round++) {
            FaultNode victim = stage.anyNode();
            String will = stage.fleet().placeWill(victim.index());
            stage.hold(LEAST, BETWEEN);
            stage.say("kill " + victim.name() + ", " + round + " of " + rounds);
            stage.kill(victim);
            stage.fleet().expectWill(will, stage.mesh().others(victim.index()));
            stage.awaitNotice(victim, NOTICE_LIMIT);
            stage.hold(Duration.ZERO, DOWN);
            victim.start();
            victim.awaitReady();
            stage.awaitConvergence();
        }
    }
}
