package io.meshvine.mesh.session;

import java.time.Duration;

/**
 * The settings of a {@link ClientDirectory}.
 *
 * @param claimTimeout how long a claim waits for registrars, and twenty times as long for the next sign of a node in reach that
 *     is to hand a session over
 * @param maxRegistrations client ids that this node keeps as a registrar; further ones are not found here
 * @param maxFetches sessions that may be on their way here at once; further ones wait for their turn
 * @param maxStagedBytes what may have come of sessions that are on their way here; beyond that, they come one at a time
 * @param cleanStartsKept how long nodes out of reach are to be told of a clean start when they are back
 */
public record DirectoryOptions(
        Duration claimTimeout, int maxRegistrations, int maxFetches, long maxStagedBytes, Duration cleanStartsKept) {

    private static final int MAX_FETCHES = 1_024;
    private static final long MAX_STAGED_BYTES = 64L * 1024 * 1024;

    /** A thousand sessions at once, and 64 MiB. */
    public DirectoryOptions(Duration claimTimeout, int maxRegistrations, Duration cleanStartsKept) {
        this(claimTimeout, maxRegistrations, MAX_FETCHES, MAX_STAGED_BYTES, cleanStartsKept);
    }

    public DirectoryOptions {
        if (claimTimeout.isNegative() || claimTimeout.isZero()) {
            throw new IllegalArgumentException("claimTimeout must be positive: " + claimTimeout);
        }
        if (maxRegistrations < 1) {
            throw new IllegalArgumentException("maxRegistrations must be at least 1: " + maxRegistrations);
        }
        if (maxFetches < 1) {
            throw new IllegalArgumentException("maxFetches must be at least 1: " + maxFetches);
        }
    }

    /** Half a second, a million client ids, and a day. */
    public static DirectoryOptions defaults() {
        return new DirectoryOptions(Duration.ofMillis(500), 1_000_000, Duration.ofDays(1));
    }
}
