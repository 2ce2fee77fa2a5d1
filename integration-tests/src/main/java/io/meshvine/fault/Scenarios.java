package io.meshvine.fault;

import java.time.Duration;
import java.util.List;

/** All that can be done to a mesh. */
final class Scenarios {
    private Scenarios() {}

    /** Fresh ones, in the order of the documentation. */
    static List<Scenario> all() {
        return List.of(
                new KillNodes(),
                new FreezeNode("freeze-5s", Duration.ofSeconds(5)),
                new FreezeNode("freeze-30s", Duration.ofSeconds(30)),
                Partition.twoAndOne("split-2-1-10s", Duration.ofSeconds(10)),
                Partition.twoAndOne("split-2-1-2m", Duration.ofMinutes(2)),
                Partition.all("split-1-1-1-10s", Duration.ofSeconds(10)),
                Partition.all("split-1-1-1-2m", Duration.ofMinutes(2)),
                Partition.oneWay("one-way", Duration.ofSeconds(20)),
                new LossyNetwork(),
                new RestartStorm(),
                new RestartNodes(),
                new Roaming(),
                new RoamingInSplit(),
                new FullDisk(),
                new PowerCut(),
                new StalledPeer());
    }
}
