package io.meshvine.mesh;

import io.meshvine.mesh.retained.HybridTimestamp;
import org.jspecify.annotations.Nullable;

/**
 * A publish on its way between nodes.
 *
 * @param topic topic name, valid and without alias
 * @param qos QoS of the publisher, 0 to 2
 * @param retain the publisher's RETAIN flag
 * @param stamp order of retained messages, mesh-wide; present exactly if {@code retain}
 * @param acceptedNanos {@link EventLoop#nanoTime()} of this node when the message was accepted, less the age it already
 *     had; the link carries the age, so that message expiry needs no common clock
 * @param expirySeconds lifetime counted from {@code acceptedNanos}, or {@link #NEVER_EXPIRES} (MQTT 5, 3.3.2.3.3); the
 *     link carries it, the body does not
 * @param body MQTT 5 wire form: properties (with their length, without message expiry) and payload, as in a PUBLISH
 *     behind the packet identifier (MQTT 5, 3.3.2.3 and 3.3.3). Not to be changed.
 */
public record MeshPublish(
        String topic,
        int qos,
        boolean retain,
        @Nullable HybridTimestamp stamp,
        long acceptedNanos,
        long expirySeconds,
        byte[] body) {

    /** {@link #expirySeconds} of a message without expiry. */
    public static final long NEVER_EXPIRES = -1;

    public MeshPublish {
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("QoS must be 0 to 2: " + qos);
        }
        if (retain != (stamp != null)) {
            throw new IllegalArgumentException("a retained publish has a timestamp, no other has");
        }
        if (expirySeconds < NEVER_EXPIRES) {
            throw new IllegalArgumentException("expiry must not be negative: " + expirySeconds);
        }
        if (body.length == 0) {
            throw new IllegalArgumentException("the body begins with the length of its properties");
        }
    }

    /** The same with other properties and payload. */
    MeshPublish withBody(byte[] other) {
        return new MeshPublish(topic, qos, retain, stamp, acceptedNanos, expirySeconds, other);
    }

    /** Whether it is of QoS 0 and nothing but a topic and a payload. */
    public boolean isBare() {
        return qos == 0 && !retain && expirySeconds == NEVER_EXPIRES && body[0] == 0;
    }

    /** Whether this deletes the retained message of its topic: retain with an empty payload [MQTT-3.3.1-6]. */
    public boolean deletesRetained() {
        return retain && payloadOffset() == body.length;
    }

    /** Where the payload begins in the body: behind a variable byte integer (MQTT 5, 1.5.5) and the properties. */
    public int payloadOffset() {
        int length = 0;
        int at = 0;
        int shift = 0;
        byte part;
        do {
            part = body[at++];
            length |= (part & 0x7f) << shift;
            shift += 7;
        } while ((part & 0x80) != 0 && at < body.length && shift < 28);
        return Math.min(at + length, body.length);
    }
}
