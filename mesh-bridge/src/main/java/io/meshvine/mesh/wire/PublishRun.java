package io.meshvine.mesh.wire;

import io.meshvine.mesh.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * Publishes of QoS 0 for the ordinary subscribers of one peer, one behind the other in the wire form of a frame: encoded
 * by the thread that takes them from their publishers, and handed on, bounded and dropped as one from there. For what
 * needs an answer, a stamp or an age there is {@link GuaranteedRun} and {@link EncodedPublish}.
 *
 * <p>Filled by one thread; then, not changed any more, on the bridge loop.
 */
public final class PublishRun extends Run {

    /** What fits into a frame, by default, together with one more publish. */
    private static final int ENOUGH_BYTES = 48 << 10;

    /** Publishes larger than this go by themselves: nothing is gained by copying them. */
    private static final int MAX_PUBLISH_BYTES = 4 << 10;

    /** Of the latest publish, if it has no properties. */
    private byte @Nullable [] topic;

    /**
     * Begins a run.
     *
     * @param interestVersion version of the {@link io.meshvine.mesh.interest.InterestIndex} by which the peer wants what
     *     is added
     * @param expectedBytes how long it may become, for a start
     */
    public PublishRun(NodeId peer, long interestVersion, int expectedBytes) {
        super(peer, interestVersion, expectedBytes, ENOUGH_BYTES);
    }

    /** Whether a publish of this size is to go in runs. */
    public static boolean takes(int topicBytes, int bodyBytes) {
        return topicBytes + bodyBytes <= MAX_PUBLISH_BYTES;
    }

    /**
     * Adds a publish. The caller writes its body, properties and payload as in
     * {@link io.meshvine.mesh.MeshPublish#body()}, into {@link #array()}.
     *
     * @param topic in UTF-8
     * @return where the body is to begin
     */
    public int add(byte[] topic, int bodyBytes) {
        this.topic = null;
        return addWhole(EncodedPublish.SUBSCRIBERS, topic, bodyBytes);
    }

    /**
     * Adds a publish without properties. The caller writes its payload into {@link #array()}. Behind another one of the
     * same array for a topic, it takes its payload and three bytes.
     *
     * @return where the payload is to begin
     */
    @SuppressWarnings("ArrayEquals") // Of another array that says the same, the topic is written again.
    public int addBare(byte[] topic, int payloadBytes) {
        if (topic != this.topic) {
            this.topic = topic;
            int body = addWhole(EncodedPublish.SUBSCRIBERS, topic, 1 + payloadBytes);
            array()[body] = 0; // no properties
            return body + 1;
        }
        return addFurther(topic, 1 + payloadBytes, payloadBytes);
    }
}
