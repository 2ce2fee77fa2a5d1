package io.meshvine.mesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random runs on simulated meshes, eleven thousand together. {@code -Dmeshvine.seed=N} repeats one of each suite,
 * {@code -Dmeshvine.sim.seeds=N} plays N of each, from {@code -Dmeshvine.sim.from=N} on; {@code ./meshvine-sim} goes on
 * for as long as one likes.
 */
class SimulationTest {
    private static final int THREADS = 2;
    private static final int SEEDS_TO_FIND_A_DEFECT = 1_000;

    /** Less than that happened of a fault: it was not tried. */
    private static final int TIMES_AT_LEAST = 100;

    @ParameterizedTest
    @EnumSource
    void keepsItsPromisesInEveryRun(Suite suite) {
        Long only = Long.getLong("meshvine.seed");
        long from = only != null ? only : Long.getLong("meshvine.sim.from", 1);
        long count = only != null ? 1 : Long.getLong("meshvine.sim.seeds", suite.seeds());
        Simulation simulation = new Simulation(suite, THREADS, from, count, Duration.ofHours(1));
        AssertionError broken = simulation.run();
        if (broken != null) {
            throw broken;
        }
        assertThat(simulation.tally().runs()).isEqualTo(count);
        if (count == suite.seeds()) {
            System.out.println(suite.label() + ", " + suite.promises() + ": "
                    + simulation.tally().table());
            for (Fault fault : suite.faults()) {
                assertThat(simulation.tally().times(fault)).as(fault.label()).isGreaterThan(TIMES_AT_LEAST);
                assertThat(simulation.tally().messages(fault)).as(fault.label()).isGreaterThan(TIMES_AT_LEAST);
            }
        }
    }

    /** Seeds beyond those of the first test that broke a promise once. */
    @ParameterizedTest
    @ValueSource(longs = {1378, 2357, 2671, 4153, 4830, 5497, 5557, 7651, 13_088})
    void sessionsThatMoveKeepTheirPromisesWhereTheyOnceDidNot(long seed) {
        Suite.SESSIONS.play(seed, Defect.NONE);
    }

    @Test
    void theSameSeedGivesTheSameStory() {
        for (long seed = 1; seed <= 5; seed++) {
            assertThat(story(seed)).isEqualTo(story(seed));
        }
    }

    /** A test of the tests: bugs that a mesh must not have are found. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void findsDefects(Defect defect) {
        assertThat(LongStream.rangeClosed(1, SEEDS_TO_FIND_A_DEFECT).anyMatch(seed -> fails(seed, defect)))
                .isTrue();
    }

    private static boolean fails(long seed, Defect defect) {
        try {
            defect.suite().play(seed, defect);
            return false;
        } catch (AssertionError found) {
            return true;
        }
    }

    private static String story(long seed) {
        SimMesh mesh = Scenario.play(seed);
        StringBuilder story = new StringBuilder();
        mesh.books().sendings().forEach(sending -> story.append(sending.story()).append('\n'));
        mesh.happened().forEach(what -> story.append(what).append('\n'));
        return story.toString();
    }
}
