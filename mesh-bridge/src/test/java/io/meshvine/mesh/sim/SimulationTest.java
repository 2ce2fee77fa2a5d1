package io.meshvine.mesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Random scenarios on a simulated mesh. {@code -Dmeshvine.seed=N} repeats one, {@code -Dmeshvine.sim.seeds=N} plays N of
 * them, from {@code -Dmeshvine.sim.from=N} on.
 */
class SimulationTest {
    private static final int DEFAULT_SEEDS = 500;
    private static final int SEEDS_TO_FIND_A_DEFECT = 1_000;

    @Test
    void keepsItsPromisesInEveryScenario() {
        Long only = Long.getLong("meshvine.seed");
        if (only != null) {
            Scenario.play(only);
            return;
        }
        long from = Long.getLong("meshvine.sim.from", 1);
        LongStream.range(from, from + Long.getLong("meshvine.sim.seeds", DEFAULT_SEEDS))
                .forEach(Scenario::play);
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
            Scenario.play(seed, defect);
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
