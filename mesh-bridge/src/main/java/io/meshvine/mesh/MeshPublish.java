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
 * @param body MQTT 5 wire form: properties (with their length) and payload, as in a PUBLISH behind the packet
 *     identifier (MQTT 5, 3.3.2.3 and 3.3.3). Not to be changed. Empty payload with {@code retain} deletes.
 */
public record MeshPublish(
        String topic, int qos, boolean retain, @Nullable HybridTimestamp stamp, long acceptedNanos, byte[] body) {

    public MeshPublish {
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("QoS must be 0 to 2: " + qos);
        }
        if (retain != (stamp != null)) {
            throw new IllegalArgumentException("a retained publish has a timestamp, no other has");
        }
    }
}
