package io.meshvine.mesh.will;

import java.time.Duration;

/**
 * Settings of {@link WillLeases}.
 *
 * @param grace how long a client may take to be back anywhere after its node is gone, before its will is published
 * @param maxHeld most wills of other nodes' clients that are kept
 * @param maxHeldBytes most bytes that these take
 */
public record WillOptions(Duration grace, int maxHeld, long maxHeldBytes) {

    public WillOptions {
        if (grace.isNegative()) {
            throw new IllegalArgumentException("grace must not be negative: " + grace);
        }
        if (maxHeld < 0 || maxHeldBytes < 0) {
            throw new IllegalArgumentException("bounds must not be negative: " + maxHeld + ", " + maxHeldBytes);
        }
    }
}
