package io.meshvine.mesh.retained;

/**
 * The last word on a topic's retained message: the message, or that there is none any more. Immutable.
 *
 * @param topic topic name
 * @param stamp order among all writes of the mesh
 * @param qos QoS of the publisher, 0 to 2
 * @param body MQTT 5 wire form, properties and payload, as in {@link io.meshvine.mesh.MeshPublish}; empty in a
 *     tombstone. Not to be changed.
 * @param tombstone whether the message was deleted or has expired
 * @param expiresAtMillis wall-clock time, milliseconds since 1970, from which on nobody gets the message any more;
 *     {@link #NEVER} if it stays
 */
public record RetainedMessage(
        String topic, HybridTimestamp stamp, int qos, byte[] body, boolean tombstone, long expiresAtMillis) {

    /** Message expiry of a message that stays. */
    public static final long NEVER = Long.MAX_VALUE;

    private static final byte[] NO_BODY = {};

    public RetainedMessage {
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("QoS must be 0 to 2: " + qos);
        }
        if (tombstone && body.length > 0) {
            throw new IllegalArgumentException("a tombstone has no body");
        }
    }

    /** That a topic's message was deleted. */
    public static RetainedMessage deleted(String topic, HybridTimestamp stamp) {
        return new RetainedMessage(topic, stamp, 0, NO_BODY, true, NEVER);
    }

    /** What stays of this message once it has expired. */
    RetainedMessage expired() {
        return new RetainedMessage(topic, stamp, 0, NO_BODY, true, expiresAtMillis);
    }

    /** Whether subscribers get it. */
    public boolean isLive(long nowMillis) {
        return !tombstone && nowMillis < expiresAtMillis;
    }

    /** Bytes that its topic and body take. */
    long size() {
        return (long) topic.length() + body.length;
    }
}
