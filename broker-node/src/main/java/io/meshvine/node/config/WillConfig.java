package io.meshvine.node.config;

import java.time.Duration;

/**
 * What the node does about wills of clients whose node is gone.
 *
 * @param grace how long such a client may take to be back anywhere
 * @param maxHeld most wills of other nodes' clients that are kept
 * @param maxHeldBytes bytes that these may take
 */
public record WillConfig(Duration grace, int maxHeld, long maxHeldBytes) {}
