package io.meshvine.mesh.sim;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Simulations of one kind. All run the real mesh core of every node on one simulated network, on simulated disks and
 * clocks; they differ in what the nodes' clients do, and in which promises are checked.
 */
enum Suite {
    /** Publishes, subscriptions and retained messages: S1 to S6. */
    MESH("S1 to S6", 7_000, EnumSet.complementOf(EnumSet.of(Fault.COPY))) {
        @Override
        Tally play(long seed, Defect defect) {
            SimMesh mesh = Scenario.play(seed, defect);
            return Tally.of(mesh, mesh.books().journeys());
        }
    },

    /** Clients with durable sessions that roam: S7, and S1, S2, S4 and S5 for what is sent to them. */
    SESSIONS(
            "S7, and S1, S2, S4, S5 for roaming clients",
            1_000,
            EnumSet.complementOf(EnumSet.of(Fault.OLD_DISK, Fault.EMPTY_DISK, Fault.RESTART_ALONE, Fault.COPY))) {
        @Override
        Tally play(long seed, Defect defect) {
            return SessionScenario.play(seed, defect);
        }
    },

    /** Wills of clients whose nodes die, leave and are cut off: S8. */
    WILLS("S8", 1_000, EnumSet.of(Fault.CRASH, Fault.LEAVE, Fault.SPLIT, Fault.LOST_FRAME)) {
        @Override
        Tally play(long seed, Defect defect) {
            return WillScenario.play(seed);
        }
    },

    /** Shared subscriptions whose members and nodes come and go: S9. */
    GROUPS("S9", 1_000, EnumSet.of(Fault.CRASH, Fault.SPLIT, Fault.LOST_FRAME)) {
        @Override
        Tally play(long seed, Defect defect) {
            return GroupScenario.play(seed);
        }
    },

    /** Copies of nodes that are there, while nodes publish and start again: S13, and S1 to S6 for the others. */
    COPIES("S13 for copies of a node, and S1 to S6", 500, EnumSet.of(Fault.COPY, Fault.CRASH)) {
        @Override
        Tally play(long seed, Defect defect) {
            return CopyScenario.play(seed);
        }
    },

    /** As the first one, with clients that links have to wait for, some of them in vain: S1 to S6. */
    SLOW("S1 to S6 with slow clients", 1_000, EnumSet.of(Fault.CRASH, Fault.LEAVE, Fault.SPLIT, Fault.LOST_FRAME)) {
        @Override
        Tally play(long seed, Defect defect) {
            SimMesh mesh = Scenario.playWithSlowClients(seed, defect);
            return Tally.of(mesh, mesh.books().journeys());
        }
    };

    private final String promises;
    private final int seeds;

    @SuppressWarnings("ImmutableEnumChecker") // a copy that nobody changes
    private final Set<Fault> faults;

    Suite(String promises, int seeds, Set<Fault> faults) {
        this.promises = promises;
        this.seeds = seeds;
        this.faults = Set.copyOf(faults);
    }

    /** How many seeds the test command plays. */
    int seeds() {
        return seeds;
    }

    /** What has to happen in so many seeds. */
    Set<Fault> faults() {
        return faults;
    }

    /** Plays the run of a seed; fails with the whole story if a promise was broken. */
    abstract Tally play(long seed, Defect defect);

    /** The promises that are checked after each run. */
    String promises() {
        return promises;
    }

    /** The names of all. */
    static List<String> labels() {
        return Arrays.stream(values()).map(Suite::label).toList();
    }

    /** Its name on the command line. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What a broken promise looks like: how to see it again, what is wrong, and all that happened. */
    AssertionError failure(long seed, SimMesh mesh, String problem, @Nullable Throwable cause) {
        return new AssertionError(
                "seed " + seed + " of " + label() + "; repeat it with ./meshvine-sim " + label() + " --seed " + seed
                        + "\n" + problem + "\n" + mesh.nodes().size() + " nodes, " + mesh.plan() + "\n"
                        + String.join("\n", mesh.happened()),
                cause);
    }
}
