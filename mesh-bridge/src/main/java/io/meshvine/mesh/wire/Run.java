package io.meshvine.mesh.wire;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.NodeId;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Publishes for the ordinary subscribers of one peer, one behind the other in the wire form of a frame and without an age:
 * what is written here leaves within the turn.
 *
 * <p>Filled by one thread; then, not changed any more, on the bridge loop.
 */
public abstract sealed class Run implements FrameContent permits PublishRun, GuaranteedRun {

    /** Flags, age and two lengths. */
    private static final int MAX_OVERHEAD_BYTES = 2 + 2 * WireWriter.MAX_VAR_LONG_BYTES;

    private final NodeId peer;
    private final long interestVersion;
    private final int enoughBytes;
    private byte[] array;
    private int size;
    private int publishes;
    private int largest;

    /**
     * The other parameters are those of the kinds of runs.
     *
     * @param enoughBytes it is handed on once it has so many: what is lost with it, or waits for it, is bounded
     */
    Run(NodeId peer, long interestVersion, int expectedBytes, int enoughBytes) {
        this.peer = peer;
        this.interestVersion = interestVersion;
        this.enoughBytes = enoughBytes;
        this.array = new byte[Math.max(expectedBytes, MAX_OVERHEAD_BYTES)];
    }

    /** Adds an entry with its topic; returns where the body is to be written. */
    final int addWhole(int flags, byte[] topic, int bodyBytes) {
        count(topic, bodyBytes);
        reserve(topic.length + bodyBytes);
        array[size] = (byte) flags;
        array[size + 1] = 0; // age
        int at = WireFormat.putVarLong(array, size + 2, topic.length);
        System.arraycopy(topic, 0, array, at, topic.length);
        int body = WireFormat.putVarLong(array, at + topic.length, bodyBytes);
        size = body + bodyBytes;
        return body;
    }

    /**
     * Adds one more for the topic of the entry before.
     *
     * @param bodyBytes of the publish
     * @param writtenBytes what of the body is written
     * @return where that is to be written
     */
    final int addFurther(byte[] topic, int bodyBytes, int writtenBytes) {
        count(topic, bodyBytes);
        reserve(writtenBytes);
        array[size] = EncodedPublish.FURTHER;
        int at = WireFormat.putVarLong(array, size + 1, writtenBytes);
        size = at + writtenBytes;
        return at;
    }

    private void count(byte[] topic, int bodyBytes) {
        publishes++;
        largest = Math.max(largest, topic.length + bodyBytes);
    }

    private void reserve(int bytes) {
        int more = MAX_OVERHEAD_BYTES + bytes;
        if (array.length - size < more) {
            array = Arrays.copyOf(array, Math.max(array.length * 2, size + more));
        }
    }

    /** Nothing more is added: what it does not need is given back, if that is much. */
    public final void end() {
        if (array.length / 2 > size) {
            array = Arrays.copyOf(array, size);
        }
    }

    /** Where what is added is written. */
    public final byte[] array() {
        return array;
    }

    public final NodeId peer() {
        return peer;
    }

    /** Version of the interest by which the peer wants these. */
    public final long interestVersion() {
        return interestVersion;
    }

    /** Whether it is to be handed on. */
    public final boolean isFull() {
        return size >= enoughBytes;
    }

    /** Bytes of topic and body of the largest publish. */
    public final int largest() {
        return largest;
    }

    /** Bytes of all entries. */
    public final int size() {
        return size;
    }

    /** The publishes, those of one topic together. */
    public final List<Arrival> unpack(PublishReader reader, long nowNanos) throws WireException {
        return reader.readEntries(WireReader.of(ByteBuffer.wrap(array, 0, size)), nowNanos);
    }

    @Override
    public final int publishes() {
        return publishes;
    }

    @Override
    public final int maxEntrySize(byte @Nullable [] groups) {
        return size;
    }

    @Override
    public final int write(byte[] frame, int from, int entryFlags, byte @Nullable [] groups, long nowNanos) {
        System.arraycopy(array, 0, frame, from, size);
        return from + size;
    }
}
