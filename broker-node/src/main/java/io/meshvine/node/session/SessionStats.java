package io.meshvine.node.session;

/**
 * One session at one moment, for operators.
 *
 * @param mailbox deliveries on their way to the session's loop
 * @param queued deliveries of QoS 1 and 2 that wait to be sent
 * @param queuedBytes the same in bytes of {@link Message#footprint()}
 * @param qos0Pending deliveries of QoS 0 that wait for the connection to become writable
 * @param inFlight deliveries of QoS 1 and 2 sent and not completely acknowledged
 * @param inboundQos2 QoS 2 publishes of the client that it has not released yet
 */
public record SessionStats(
        String clientId,
        boolean connected,
        int subscriptions,
        int mailbox,
        int queued,
        long queuedBytes,
        int qos0Pending,
        int inFlight,
        int inboundQos2) {}
