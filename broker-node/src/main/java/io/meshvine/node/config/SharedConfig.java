package io.meshvine.node.config;

import java.time.Duration;

/**
 * How shared subscriptions are served.
 *
 * @param redeliverAfter how long a node may be away before what its members did not acknowledge goes to others
 * @param maxTrackedBytes memory for publishes that wait for the acknowledgements of other nodes' members
 */
public record SharedConfig(Strategy strategy, Duration redeliverAfter, long maxTrackedBytes) {

    /** How a member is chosen among those that are connected. */
    public enum Strategy {
        LOCAL,
        RANDOM,
        TOPIC
    }
}
