package io.meshvine.mesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/**
 * Random scenarios on a simulated mesh. {@code -Dmeshvine.seed=N} repeats one, {@code -Dmeshvine.sim.seeds=N} plays N of
 * them, from {@code -Dmeshvine.sim.from=N} on.
 */
class SimulationTest {
    private static final int DEFAULT_SEEDS = 500;

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

    private static String story(long seed) {
        SimMesh mesh = Scenario.play(seed);
        StringBuilder story = new StringBuilder();
        mesh.books().sendings().forEach(sending -> story.append(sending.story()).append('\n'));
        mesh.happened().forEach(what -> story.append(what).append('\n'));
        return story.toString();
    }
}
