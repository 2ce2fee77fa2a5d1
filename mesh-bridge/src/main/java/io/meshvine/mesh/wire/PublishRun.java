package io.meshvine.mesh.wire;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.NodeId;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Publishes of QoS 0 for the ordinary subscribers of one peer, one behind the other in the wire form of a frame: encoded
 * by the thread that takes them from their publishers, and handed on, bounded and dropped as one from there. For what
 * needs an answer, a stamp or an age there is {@link GuaranteedRun} and {@link EncodedPublish}.
 *
 * <p>Filled by one thread; then, not changed any more, on the bridge loop.
 */
public final class PublishRun implements FrameContent {

    /** Publishes larger than this go by themselves: nothing is gained by copying them. */
    private static final int MAX_PUBLISH_BYTES = 4 << 10;

    private final NodeId peer;
    private final long interestVersion;
    private final RunBytes bytes;
    private int publishes;
    private int largest;

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
        this.peer = peer;
        this.interestVersion = interestVersion;
        this.bytes = new RunBytes(expectedBytes);
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
        return addWhole(topic, bodyBytes);
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
            int body = addWhole(topic, 1 + payloadBytes);
            bytes.array()[body] = 0; // no properties
            return body + 1;
        }
        count(topic, 1 + payloadBytes);
        return bytes.further(payloadBytes);
    }

    private int addWhole(byte[] topic, int bodyBytes) {
        count(topic, bodyBytes);
        return bytes.whole(EncodedPublish.SUBSCRIBERS, topic, bodyBytes);
    }

    private void count(byte[] topic, int bodyBytes) {
        publishes++;
        largest = Math.max(largest, topic.length + bodyBytes);
    }

    /** Where the bodies are written. */
    public byte[] array() {
        return bytes.array();
    }

    public NodeId peer() {
        return peer;
    }

    /** Version of the interest by which the peer wants these. */
    public long interestVersion() {
        return interestVersion;
    }

    /** Whether it is to be handed on. */
    public boolean isFull() {
        return bytes.isEnough();
    }

    /** Bytes of topic and body of the largest publish. */
    public int largest() {
        return largest;
    }

    /** Bytes of all entries. */
    public int size() {
        return bytes.size();
    }

    /** The publishes, one by one. */
    public List<Arrival> unpack(PublishReader reader, long nowNanos) throws WireException {
        return reader.readEntries(WireReader.of(ByteBuffer.wrap(array(), 0, size())), nowNanos);
    }

    @Override
    public int publishes() {
        return publishes;
    }

    @Override
    public int maxEntrySize(byte @Nullable [] groups) {
        return bytes.size();
    }

    @Override
    public int write(byte[] frame, int from, int entryFlags, byte @Nullable [] groups, long nowNanos) {
        return bytes.write(frame, from);
    }
}
