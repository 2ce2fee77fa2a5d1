package io.meshvine.node.session;

/**
 * What is kept of a durable session beside its subscriptions and its queue.
 *
 * @param number the session's own, of all sessions that this node ever had: its other records have it in their keys
 * @param expirySeconds Session Expiry Interval, greater than 0
 * @param disconnectedAtMillis wall-clock milliseconds since 1970, or {@link #CONNECTED}
 * @param sentThrough sequence of the last delivery that may have been sent, or {@link #UNKNOWN} while connected
 * @param lastSequence a sequence that the queue has reached; it may have gone further since
 * @param fence number of the last change of the client's home, greater with each
 * @param begun that of the clean start with which the session began: what is older elsewhere is over. 0 if none is known
 */
record SessionHeader(
        long number,
        long expirySeconds,
        long disconnectedAtMillis,
        long sentThrough,
        long lastSequence,
        long fence,
        long begun) {

    /** The client was connected: what it did not get since then is not known. */
    static final long CONNECTED = -1;

    /** Whatever is in the queue may have been sent, as far as the window goes. */
    static final long UNKNOWN = Long.MAX_VALUE;

    boolean isConnected() {
        return disconnectedAtMillis == CONNECTED;
    }

    /** When a session that was left at that time ends. */
    static long endsAtMillis(long leftAtMillis, long expirySeconds) {
        return expirySeconds == Sessions.NEVER_EXPIRES ? Long.MAX_VALUE : leftAtMillis + expirySeconds * 1_000;
    }
}
