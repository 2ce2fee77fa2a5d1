package io.meshvine.mesh;

import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * Seeds of random tests: new ones each time, printed, or the one that {@code -Dmeshvine.seed=N} asks to repeat.
 */
public final class Seed {

    private Seed() {}

    /** A generator whose seed is printed with the name of the test. */
    public static RandomGenerator random(String test) {
        long seed = Long.getLong("meshvine.seed", System.nanoTime());
        System.out.println(test + ": -Dmeshvine.seed=" + seed);
        return new SplittableRandom(seed);
    }
}
