package io.meshvine.node.session;

/** Why a delivery to a session was dropped. No-local is not a drop: there was nothing to deliver. */
public enum DropReason {
    /** The queue for QoS 1 and 2 was at its bound. */
    QUEUE_FULL("queue-full"),
    /** The message expiry interval passed before the message was sent (MQTT 5, 3.3.2.3.3). */
    EXPIRED("expired"),
    /** QoS 0, and the client was not connected. */
    QOS0_OFFLINE("qos0-offline"),
    /** QoS 0, and the connection did not keep up. */
    QOS0_SLOW("qos0-slow"),
    /** Larger than the client's Maximum Packet Size [MQTT-3.1.2-25]. */
    TOO_LARGE("too-large"),
    /** The client was not, or no longer, allowed to read it. */
    NOT_AUTHORIZED("not-authorized"),
    /** The session ended before the message was sent. */
    SESSION_ENDED("session-ended"),
    /** Of a shared subscription, and nobody was left to take it. */
    NO_MEMBER("no-member");

    private final String label;

    DropReason(String label) {
        this.label = label;
    }

    /** Name of the reason in metrics. */
    public String label() {
        return label;
    }
}
