package io.meshvine.mesh.group;

import java.time.Duration;

/**
 * Settings of {@link GroupLedger}.
 *
 * @param redeliverAfter how long a node may be away before what its members did not acknowledge goes to others
 * @param keep how long a publish is kept at most, as long as the outbox keeps it
 * @param maxBytes most bytes of publishes that wait for the acknowledgements of other nodes' members
 */
public record GroupOptions(Duration redeliverAfter, Duration keep, long maxBytes) {

    public GroupOptions {
        if (redeliverAfter.isNegative() || keep.isNegative() || maxBytes < 0) {
            throw new IllegalArgumentException(
                    "must not be negative: " + redeliverAfter + ", " + keep + ", " + maxBytes);
        }
    }
}
