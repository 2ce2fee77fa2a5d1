package io.meshvine.node.config;

import java.time.Duration;

/**
 * Bounds of each client's session.
 *
 * @param maxExpiry longest session expiry granted; more is cut to it (MQTT 5, 3.2.2.3.2)
 * @param maxQueuedMessages QoS 1 and 2 messages that wait for a client
 * @param maxQueuedBytes bytes of the messages that wait for a client
 * @param maxInFlight QoS 1 and 2 messages sent to a client and not yet acknowledged
 * @param maxPendingQos0 QoS 0 messages that wait for a slow connection
 */
public record SessionConfig(
        Duration maxExpiry, int maxQueuedMessages, long maxQueuedBytes, int maxInFlight, int maxPendingQos0) {}
