package io.meshvine.fault;

import io.meshvine.fault.mesh.FaultMesh;
import io.meshvine.fault.net.Network;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** Nodes that cannot reach each other for a while, with clients on every side that go on. */
final class Partition implements Scenario {
    private final String name;
    private final Duration time;
    private final List<Cut> cuts;
    private final boolean bothWays;

    /** Between which nodes there is silence; with one direction only, from one to the other. */
    private record Cut(int from, int to) {
        @Override
        public String toString() {
            return Network.name(from) + "-" + Network.name(to);
        }
    }

    private Partition(String name, Duration time, List<Cut> cuts, boolean bothWays) {
        this.name = name;
        this.time = time;
        this.cuts = cuts;
        this.bothWays = bothWays;
    }

    static Partition twoAndOne(String name, Duration time) {
        return new Partition(name, time, List.of(new Cut(0, 2), new Cut(1, 2)), true);
    }

    static Partition all(String name, Duration time) {
        return new Partition(name, time, List.of(new Cut(0, 1), new Cut(0, 2), new Cut(1, 2)), true);
    }

    static Partition oneWay(String name, Duration time) {
        return new Partition(name, time, List.of(new Cut(0, 1)), false);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String description() {
        return cuts + (bothWays ? " cannot reach each other for " : " gets nothing through for ") + time.toSeconds()
                + " s";
    }

    /** A short split may be over before anybody has to notice. */
    @Override
    public Bars bars() {
        return time.compareTo(Bars.SILENCE) > 0 ? Bars.servingAndNoticing(Bars.SILENCE) : Bars.serving();
    }

    @Override
    public void inject(Stage stage) {
        Network network = stage.network();
        for (Cut cut : cuts) {
            stage.fleet().separate(Set.of(cut.from()), Set.of(cut.to()));
        }
        for (Cut cut : cuts) {
            network.cut(cut.from(), cut.to());
            if (bothWays) {
                network.cut(cut.to(), cut.from());
            }
        }
        stage.say("cut");
        long start = System.nanoTime();
        Duration length = stage.settings().durationOr(time);
        if (bars().noticedWithin() != null) {
            stage.noticed(FaultMesh.await(length, () -> cuts.stream().allMatch(cut -> noticed(stage, cut))));
        }
        stage.hold(length.minusNanos(System.nanoTime() - start));
        network.heal();
        stage.say("healed");
    }

    private static boolean noticed(Stage stage, Cut cut) {
        return stage.mesh().misses(cut.to(), cut.from()) && stage.mesh().misses(cut.from(), cut.to());
    }
}
