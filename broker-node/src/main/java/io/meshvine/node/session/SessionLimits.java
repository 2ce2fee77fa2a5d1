package io.meshvine.node.session;

/**
 * The bounds of sessions.
 *
 * @param maxSessions sessions of a node, connected or not
 * @param maxSubscriptions subscriptions of one session
 * @param maxInFlight deliveries of QoS 1 and 2 sent to one client and not acknowledged, 1 to 65535; the client's Receive
 *     Maximum lowers it
 * @param maxQueuedMessages deliveries of QoS 1 and 2 that wait for one client, beyond those in flight
 * @param maxQueuedBytes the same in bytes of {@link Message#footprint()}
 * @param maxQos0Pending deliveries of QoS 0 that wait for one connection to become writable
 * @param maxQos0PendingBytes the same in bytes
 * @param overflow what gives way when a queue for QoS 1 and 2 is full
 */
public record SessionLimits(
        int maxSessions,
        int maxSubscriptions,
        int maxInFlight,
        int maxQueuedMessages,
        long maxQueuedBytes,
        int maxQos0Pending,
        long maxQos0PendingBytes,
        Overflow overflow) {

    /** The largest number of packet identifiers in use at once. */
    public static final int MAX_PACKET_ID = 65_535;

    /** Bounds {@link #maxQueuedMessages} and {@link #maxQos0Pending}, so that a mailbox can count their sum. */
    static final int MAX_COUNT = 500_000;

    /** Bounds {@link #maxQueuedBytes} and {@link #maxQos0PendingBytes} likewise. */
    static final long MAX_BYTES = 1L << 40;

    /** Whether more than half of what may wait for a client waits. */
    boolean isCrowded(int messages, long bytes) {
        return messages > maxQueuedMessages / 2 || bytes > maxQueuedBytes / 2;
    }

    /** Whether a client has caught up somewhat: a link may go on. */
    boolean isRelaxed(int messages, long bytes) {
        return messages <= maxQueuedMessages / 2 - maxQueuedMessages / CAUGHT_UP_PART
                && bytes <= maxQueuedBytes / 2 - maxQueuedBytes / CAUGHT_UP_PART;
    }

    /** A link goes on once so small a part of the bound was read: little in time, so that slow clients are in time. */
    private static final int CAUGHT_UP_PART = 64;

    /** What gives way when a queue is full. Both ways the drop is counted as {@link DropReason#QUEUE_FULL}. */
    public enum Overflow {
        /** The message that comes in. What was accepted earlier stays. */
        REJECT_NEWEST,
        /** The message that has waited longest. */
        DROP_OLDEST
    }

    public SessionLimits {
        requireRange("maxSessions", maxSessions, 1, Integer.MAX_VALUE);
        requireRange("maxSubscriptions", maxSubscriptions, 1, Integer.MAX_VALUE);
        requireRange("maxInFlight", maxInFlight, 1, MAX_PACKET_ID);
        requireRange("maxQueuedMessages", maxQueuedMessages, 0, MAX_COUNT);
        requireRange("maxQueuedBytes", maxQueuedBytes, 0, MAX_BYTES);
        requireRange("maxQos0Pending", maxQos0Pending, 1, MAX_COUNT);
        requireRange("maxQos0PendingBytes", maxQos0PendingBytes, 1, MAX_BYTES);
    }

    /** Bounds for a node of moderate size. */
    public static SessionLimits defaults() {
        return new SessionLimits(
                1_000_000, 200_000, 1_024, 100_000, 64L << 20, 20_000, 16L << 20, Overflow.REJECT_NEWEST);
    }

    private static void requireRange(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException(name + "=" + value + ": must be " + min + " to " + max);
        }
    }
}
