package io.meshvine.mesh.wire;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.Slices;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * Publishes of one topic and QoS, 1 or 2, for the ordinary subscribers of one peer, in the wire form of a frame: encoded by
 * the thread that takes them from their publishers, and sequenced, kept, repeated and confirmed as one from there. What
 * needs a stamp, an age, or a record before it may leave goes as {@link EncodedPublish}.
 *
 * <p>Filled by one thread; then, not changed any more, on the bridge loop.
 */
public final class GuaranteedRun extends Run {

    /** All of it is kept until all of it is confirmed. */
    private static final int ENOUGH_BYTES = 16 << 10;

    private static final int EXPECTED_PUBLISHES = 64;

    private final String topic;
    private final int qos;
    private final Executor publisher;
    private final List<Runnable> settled = new ArrayList<>(EXPECTED_PUBLISHES);

    /**
     * Begins a run.
     *
     * @param interestVersion version of the {@link io.meshvine.mesh.interest.InterestIndex} by which the peer wants what
     *     is added
     * @param qos of the publishers
     * @param expectedBytes how long it may become, for a start
     * @param publisher runs what waits for the publishes, where that is cheapest: on the thread that fills it, say
     */
    public GuaranteedRun(
            NodeId peer, long interestVersion, String topic, int qos, int expectedBytes, Executor publisher) {
        super(peer, interestVersion, expectedBytes, ENOUGH_BYTES);
        this.topic = topic;
        this.qos = qos;
        this.publisher = publisher;
    }

    /** What was kept of one in the store. */
    public static GuaranteedRun of(NodeId peer, Arrival stored) {
        MeshPublish first = stored.publish();
        Slices further = stored.further();
        int expected = first.body().length + further.array().length;
        GuaranteedRun run = new GuaranteedRun(peer, 0, first.topic(), first.qos(), expected, Runnable::run);
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
        return publishes() == 0
                ? addWhole(flags(), topicBytes, bodyBytes)
                : addFurther(topicBytes, bodyBytes, bodyBytes);
    }

    /** To be run once the publish that was added is confirmed, or its copy is safe. */
    public void whenSettled(Runnable callback) {
        settled.add(callback);
    }

    /** Flags of its entry. */
    public int flags() {
        return qos | EncodedPublish.SUBSCRIBERS | EncodedPublish.SEQUENCED;
    }

    public String topic() {
        return topic;
    }

    /** QoS of the publishers. */
    public int qos() {
        return qos;
    }

    /** What waits for each of them, in order. */
    public List<Runnable> settled() {
        return settled;
    }

    /** Runs what waits for them. */
    public Executor publisher() {
        return publisher;
    }
}
