package io.meshvine.fault;

import io.meshvine.fault.client.Fleet;
import io.meshvine.fault.client.Load;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A fault and how it goes by. One object per run; used by its thread. */
interface Scenario {
    /** What it is called on the command line. */
    String name();

    /** What happens, in one line. */
    String description();

    /** What it is judged by beyond what holds always. */
    Bars bars();

    /** Lets the fault happen while clients publish, and pass; returns when the mesh should come together again. */
    void inject(Stage stage);

    default int nodes() {
        return 3;
    }

    /** Settings of the nodes beyond those that their network needs. */
    default Map<String, String> nodeSettings() {
        return Map.of();
    }

    default List<String> jvmOptions() {
        return List.of("-Xmx256m", "-XX:+UseSerialGC");
    }

    /** Says who the clients are. */
    default void populate(Fleet fleet, int rate) {
        fleet.everybody(new Load(rate, 50, 100));
    }

    /** How long what was promised may take to arrive in the end. */
    default Duration drainLimit() {
        return Stage.LIMIT;
    }

    /** Called before the nodes start. */
    default void prepare(Stage stage, Path directory) {}

    /** Called when all nodes have ended, whatever happened. */
    default void cleanUp() {}
}
