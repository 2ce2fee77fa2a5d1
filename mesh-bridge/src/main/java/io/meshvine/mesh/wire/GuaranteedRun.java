package io.meshvine.mesh.wire;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.Slices;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Publishes of one topic and QoS, 1 or 2, for the ordinary subscribers of one peer, in the wire form of a frame: encoded by
 * the thread that takes them from their publishers, and sequenced, kept, repeated and confirmed as one from there. What
 * needs a stamp, an age, or a record before it may leave goes as {@link EncodedPublish}.
 *
 * <p>Filled by one thread; then, not changed any more, on the bridge loop.
 */
public final class GuaranteedRun implements FrameContent {
    private final NodeId peer;
    private final long interestVersion;
    private final String topic;
    private final int qos;
    private final RunBytes bytes;
    private final List<Runnable> settled = new ArrayList<>();
    private int publishes;
    private int largest;

    /**
     * Begins a run.
     *
     * @param interestVersion version of the {@link io.meshvine.mesh.interest.InterestIndex} by which the peer wants what
     *     is added
     * @param qos of the publishers
     * @param expectedBytes how long it may become, for a start
     */
    public GuaranteedRun(NodeId peer, long interestVersion, String topic, int qos, int expectedBytes) {
        this.peer = peer;
        this.interestVersion = interestVersion;
        this.topic = topic;
        this.qos = qos;
        this.bytes = new RunBytes(expectedBytes);
    }

    /** What was kept of one in the store. */
    public static GuaranteedRun of(NodeId peer, Arrival stored) {
        MeshPublish first = stored.publish();
        Slices further = stored.further();
        int expected = first.body().length + further.array().length;
        GuaranteedRun run = new GuaranteedRun(peer, 0, first.topic(), first.qos(), expected);
        byte[] topic = first.topic().getBytes(StandardCharsets.UTF_8);
        int at = run.add(topic, first.body().length);
        System.arraycopy(first.body(), 0, run.array(), at, first.body().length);
        for (int i = 0; i < further.count(); i++) {
            at = run.add(topic, further.length(i));
            System.arraycopy(further.array(), further.start(i), run.array(), at, further.length(i));
        }
        return run;
    }

    /**
     * Adds a publish. The caller writes its body, as in {@link MeshPublish#body()}, into {@link #array()}.
     *
     * @param topicBytes the topic in UTF-8
     * @return where the body is to begin
     */
    public int add(byte[] topicBytes, int bodyBytes) {
        publishes++;
        largest = Math.max(largest, topicBytes.length + bodyBytes);
        return publishes == 1 ? bytes.whole(flags(), topicBytes, bodyBytes) : bytes.further(bodyBytes);
    }

    /** Nothing more is added: what it does not need is given back. */
    public void end() {
        bytes.trim();
    }

    /** To be run once the publish that was added is confirmed, or its copy is safe. */
    public void whenSettled(Runnable callback) {
        settled.add(callback);
    }

    /** Where the bodies are written. */
    public byte[] array() {
        return bytes.array();
    }

    /** Flags of its entry. */
    public int flags() {
        return qos | EncodedPublish.SUBSCRIBERS | EncodedPublish.SEQUENCED;
    }

    public NodeId peer() {
        return peer;
    }

    /** Version of the interest by which the peer wants these. */
    public long interestVersion() {
        return interestVersion;
    }

    public String topic() {
        return topic;
    }

    /** QoS of the publishers. */
    public int qos() {
        return qos;
    }

    /** Whether it is to be handed on. */
    public boolean isFull() {
        return bytes.isEnough();
    }

    /** Bytes of topic and body of the largest publish. */
    public int largest() {
        return largest;
    }

    /** Bytes of all publishes. */
    public int size() {
        return bytes.size();
    }

    /** What waits for each of them, in order. */
    public List<Runnable> settled() {
        return settled;
    }

    /** The publishes, one by one. */
    public List<Arrival> unpack(PublishReader reader, long nowNanos) throws WireException {
        List<Arrival> each = new ArrayList<>(publishes);
        for (Arrival arrival : reader.readEntries(WireReader.of(ByteBuffer.wrap(array(), 0, size())), nowNanos)) {
            each.addAll(arrival.each());
        }
        return each;
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
