package io.meshvine.mesh.session;

import java.time.Duration;

/**
 * The settings of a {@link ClientDirectory}.
 *
 * @param claimTimeout how long a claim waits for registrars, and four times as long for the next sign of the node that
 *     hands a session over
 * @param maxRegistrations client ids that this node keeps as a registrar; further ones are not found here
 */
public record DirectoryOptions(Duration claimTimeout, int maxRegistrations) {

    public DirectoryOptions {
        if (claimTimeout.isNegative() || claimTimeout.isZero()) {
            throw new IllegalArgumentException("claimTimeout must be positive: " + claimTimeout);
        }
        if (maxRegistrations < 1) {
            throw new IllegalArgumentException("maxRegistrations must be at least 1: " + maxRegistrations);
        }
    }

    /** Half a second, and a million client ids. */
    public static DirectoryOptions defaults() {
        return new DirectoryOptions(Duration.ofMillis(500), 1_000_000);
    }
}
