package io.meshvine.fault;

import io.meshvine.fault.client.Fleet;
import io.meshvine.fault.client.Load;
import io.meshvine.fault.mesh.FaultNode;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * A node stands still while one publisher goes on at a high rate; the others keep what it is promised, and it gets all of
 * that in order when it goes on.
 */
final class StalledPeer implements Scenario {
    private static final int PUBLISHER = 0;
    private static final int NEIGHBOUR = 1;
    private static final int VICTIM = 2;
    private static final int PAYLOAD_BYTES = 1_024;
    private static final int WINDOW = 1_000;
    private static final Duration TIME = Duration.ofMinutes(2);
    private static final Duration BEFORE = Duration.ofSeconds(10);
    private static final Duration DRAIN = Duration.ofMinutes(30);

    @Override
    public String name() {
        return "stalled-peer";
    }

    @Override
    public String description() {
        return "SIGSTOP of n3 for " + TIME.toMinutes()
                + " min, while one client at n1 publishes 1 KB at QoS 1 at --rate;" + " -Xmx512m";
    }

    @Override
    public Bars bars() {
        return Bars.noticing(Bars.SILENCE);
    }

    @Override
    public List<String> jvmOptions() {
        return List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError");
    }

    @Override
    public void populate(Fleet fleet, int rate) {
        fleet.publisher(PUBLISHER, 1, new Load(rate, WINDOW, PAYLOAD_BYTES));
        fleet.subscriber(NEIGHBOUR, false);
        fleet.subscriber(VICTIM, true);
    }

    @Override
    public Duration drainLimit() {
        return DRAIN;
    }

    @Override
    public void inject(Stage stage) {
        FaultNode victim = stage.mesh().node(VICTIM);
        stage.fleet().resetDelays();
        stage.hold(BEFORE);
        int before = stage.fleet().p99Millis(NEIGHBOUR);
        stage.fleet().resetDelays();
        stage.fleet().separate(Set.of(VICTIM), stage.mesh().others(VICTIM));
        victim.freeze();
        long start = System.nanoTime();
        stage.awaitNotice(victim, Bars.SILENCE.multipliedBy(2));
        stage.hold(stage.settings().durationOr(TIME).minusNanos(System.nanoTime() - start));
        int during = stage.fleet().p99Millis(NEIGHBOUR);
        stage.say("p99 at the other peer: " + before + " ms before, " + during + " ms during");
        stage.require(during <= 2 * before, "p99 of the other peer " + before + " ms, then " + during + " ms");
        for (FaultNode node : stage.mesh().nodes()) {
            stage.require(node == victim || node.isRunning(), node.name() + " ended");
        }
        victim.thaw();
    }
}
