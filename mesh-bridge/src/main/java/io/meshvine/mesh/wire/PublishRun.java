package io.meshvine.mesh.wire;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.NodeId;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Publishes of QoS 0 for the ordinary subscribers of one peer, one behind the other in the wire form of a frame: encoded
 * by the thread that takes them from their publishers, and handed on, bounded and dropped as one from there. For what
 * needs an answer, a stamp or an age there is {@link EncodedPublish}.
 *
 * <p>Filled by one thread; then, not changed any more, on the bridge loop.
 */
public final class PublishRun implements FrameContent {

    /** A run is handed on once it has this many bytes: what is lost with it, or waits for it, is bounded. */
    private static final int ENOUGH_BYTES = 16 << 10;

    /** Publishes larger than this go by themselves: nothing is gained by copying them. */
    private static final int MAX_PUBLISH_BYTES = 4 << 10;

    private static final int LEAST_BYTES = 1 << 10;

    /** Flags, age and two lengths. */
    private static final int MAX_OVERHEAD_BYTES = 2 + 2 * WireWriter.MAX_VAR_LONG_BYTES;

    private final NodeId peer;
    private final long interestVersion;
    private byte[] bytes;
    private int size;
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
        this.bytes = new byte[Math.max(expectedBytes, LEAST_BYTES)];
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
            bytes[body] = 0; // no properties
            return body + 1;
        }
        reserve(MAX_OVERHEAD_BYTES + payloadBytes);
        bytes[size] = EncodedPublish.FURTHER;
        int payload = WireFormat.putVarLong(bytes, size + 1, payloadBytes);
        size = payload + payloadBytes;
        publishes++;
        largest = Math.max(largest, topic.length + 1 + payloadBytes);
        return payload;
    }

    private int addWhole(byte[] topic, int bodyBytes) {
        int wholeBytes = topic.length + bodyBytes;
        reserve(MAX_OVERHEAD_BYTES + wholeBytes);
        bytes[size] = (byte) EncodedPublish.SUBSCRIBERS;
        bytes[size + 1] = 0; // age: it is on its way within the turn
        int at = WireFormat.putVarLong(bytes, size + 2, topic.length);
        System.arraycopy(topic, 0, bytes, at, topic.length);
        int body = WireFormat.putVarLong(bytes, at + topic.length, bodyBytes);
        size = body + bodyBytes;
        publishes++;
        largest = Math.max(largest, wholeBytes);
        return body;
    }

    /** Where the bodies are written. */
    public byte[] array() {
        return bytes;
    }

    private void reserve(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
        }
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
        return size >= ENOUGH_BYTES;
    }

    /** Bytes of topic and body of the largest publish. */
    public int largest() {
        return largest;
    }

    /** Bytes of all entries. */
    public int size() {
        return size;
    }

    /** The publishes, one by one. */
    public List<Arrival> unpack(PublishReader reader, long nowNanos) throws WireException {
        return reader.readEntries(WireReader.of(ByteBuffer.wrap(bytes, 0, size)), nowNanos);
    }

    @Override
    public int publishes() {
        return publishes;
    }

    @Override
    public int maxEntrySize(byte @Nullable [] groups) {
        return size;
    }

    @Override
    public int write(byte[] frame, int from, int entryFlags, byte @Nullable [] groups, long nowNanos) {
        System.arraycopy(bytes, 0, frame, from, size);
        return from + size;
    }
}
