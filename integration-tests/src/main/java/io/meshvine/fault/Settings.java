package io.meshvine.fault;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the command line says of a run.
 *
 * @param times rounds of a scenario that has rounds; 0 for its own number
 * @param duration how long the fault lasts; null for as long as the scenario says
 * @param rate messages a second of each publisher
 * @param timed whether times are judged too, which a busy machine does not allow
 * @param directory for logs and data of the nodes
 */
record Settings(int times, @Nullable Duration duration, long seed, int rate, boolean timed, Path directory) {
    int timesOr(int otherwise) {
        return times == 0 ? otherwise : times;
    }

    Duration durationOr(Duration otherwise) {
        return duration == null ? otherwise : duration;
    }
}
