package io.meshvine.fault;

import io.meshvine.fault.mesh.FaultMesh;
import io.meshvine.fault.mesh.FaultNode;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** A node stands still for a while: SIGSTOP, SIGCONT. */
final class FreezeNode implements Scenario {
    private static final Duration SHORT = Duration.ofSeconds(10);

    private final String name;
    private final Duration time;

    FreezeNode(String name, Duration time) {
        this.name = name;
        this.time = time;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return "SIGSTOP of a node for " + time.toSeconds() + " s";
    }

    /** A node may stand still for a moment without being taken for lost. */
    @Override
    public Bars bars() {
        return time.compareTo(SHORT) < 0 ? Bars.none() : Bars.noticing(Bars.SILENCE);
    }

    @Override
    public void inject(Stage stage) {
        Duration length = stage.settings().durationOr(time);
        FaultNode victim = stage.anyNode();
        Set<Integer> others = stage.mesh().others(victim.index());
        stage.say("freeze " + victim.name());
        stage.fleet().separate(Set.of(victim.index()), others);
        victim.freeze();
        long start = System.nanoTime();
        Optional<Duration> noticed = FaultMesh.await(
                length, () -> others.stream().allMatch(observer -> stage.mesh().misses(observer, victim.index())));
        if (bars().noticedWithin() != null) {
            stage.noticed(noticed);
        }
        stage.hold(length.minusNanos(System.nanoTime() - start));
        victim.thaw();
    }
}
