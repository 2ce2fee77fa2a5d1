package io.meshvine.node.config;

import java.time.Duration;

/**
 * Bounds of clients' sessions.
 *
 * @param maxExpiry longest session expiry granted, or {@link #NEVER}; more is cut to it (MQTT 5, 3.2.2.3.2)
 * @param maxSessions sessions of the node, connected or not
 * @param maxSubscriptions subscriptions of one session
 * @param maxInFlight QoS 1 and 2 messages sent to a client and not yet acknowledged
 * @param maxQueuedMessages QoS 1 and 2 messages that wait for a client
 * @param maxQueuedBytes the same in bytes
 * @param maxPendingQos0 QoS 0 messages that wait for a slow connection
 * @param maxPendingQos0Bytes the same in bytes
 * @param overflow what gives way when a queue for QoS 1 and 2 is full
 * @param claimTimeout how long a client that connects waits for other nodes to say whether it was there
 */
public record SessionConfig(
        Duration maxExpiry,
        int maxSessions,
        int maxSubscriptions,
        int maxInFlight,
        int maxQueuedMessages,
        long maxQueuedBytes,
        int maxPendingQos0,
        long maxPendingQos0Bytes,
        Overflow overflow,
        Duration claimTimeout) {

    /** No expiry at all: 2^32 - 1 seconds, as MQTT 5 writes it (3.1.2.11.2). */
    public static final Duration NEVER = Duration.ofSeconds(0xFFFF_FFFFL);

    /** What gives way when a queue is full. */
    public enum Overflow {
        /** The message that comes in. */
        REJECT_NEWEST,
        /** The message that has waited longest. */
        DROP_OLDEST
    }
}
