package io.meshvine.node.session;

/** Limits of sessions as tests need them. */
public final class TestLimits {

    private TestLimits() {}

    /** The defaults, for so many sessions. */
    public static SessionLimits ofSessions(int max) {
        SessionLimits all = SessionLimits.defaults();
        return new SessionLimits(
                max,
                all.maxSubscriptions(),
                all.maxInFlight(),
                all.maxQueuedMessages(),
                all.maxQueuedBytes(),
                all.maxQos0Pending(),
                all.maxQos0PendingBytes(),
                all.overflow());
    }
}
