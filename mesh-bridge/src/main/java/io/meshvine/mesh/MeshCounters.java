package io.meshvine.mesh;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What a {@link MeshBridge} counted since it started. Read by any thread; written by the bridge. */
public final class MeshCounters {
    private static final int QOS_LEVELS = 3;

    private final LongAdder[] forwarded = adders();
    private final LongAdder[] received = adders();
    private final LongAdder framesOut = new LongAdder();
    private final LongAdder framesIn = new LongAdder();
    private final LongAdder bytesOut = new LongAdder();
    private final LongAdder bytesIn = new LongAdder();
    private final LongAdder framesRefused = new LongAdder();
    private final LongAdder duplicates = new LongAdder();
    private final LongAdder resent = new LongAdder();
    private final LongAdder retainedForwarded = new LongAdder();
    private final LongAdder retainedApplied = new LongAdder();
    private final LongAdder retainedYielded = new LongAdder();
    private final LongAdder interestUpdates = new LongAdder();
    private final LongAdder interestSnapshots = new LongAdder();
    private final LongAdder sentWithoutInterest = new LongAdder();
    private final LongAdder confirmTimeouts = new LongAdder();
    private final LongAdder waitedNanos = new LongAdder();
    private final LongAdder givenUp = new LongAdder();
    private final Map<DropReason, LongAdder> dropped = new EnumMap<>(DropReason.class);

    MeshCounters() {
        for (DropReason reason : DropReason.values()) {
            dropped.put(reason, new LongAdder());
        }
    }

    private static LongAdder[] adders() {
        LongAdder[] adders = new LongAdder[QOS_LEVELS];
        for (int qos = 0; qos < QOS_LEVELS; qos++) {
            adders[qos] = new LongAdder();
        }
        return adders;
    }

    /** Publishes handed to links for subscribers there, once per peer, by the QoS on the link. */
    public long forwarded(int qos) {
        return forwarded[qos].sum();
    }

    /** Publishes that came from peers for subscribers here, without repeats, by the publisher's QoS. */
    public long received(int qos) {
        return received[qos].sum();
    }

    /** Frames handed to the transport. */
    public long framesOut() {
        return framesOut.sum();
    }

    /** Frames taken from the transport. */
    public long framesIn() {
        return framesIn.sum();
    }

    /** Bytes of the frames handed to the transport. */
    public long bytesOut() {
        return bytesOut.sum();
    }

    /** Bytes of the frames taken from the transport. */
    public long bytesIn() {
        return bytesIn.sum();
    }

    /** Frames that were malformed, of an unknown version or kind, of a foreign mesh or of an earlier session. */
    public long framesRefused() {
        return framesRefused.sum();
    }

    /** Publishes that came a second time and were not delivered again. */
    public long duplicates() {
        return duplicates.sum();
    }

    /** How long what peers sent was held because clients here had too much to read. */
    public long waitedNanos() {
        return waitedNanos.sum();
    }

    /** How often the patience with such clients was over before they had caught up. */
    public long givenUp() {
        return givenUp.sum();
    }

    /** Publishes that had to be sent to a peer again. */
    public long resent() {
        return resent.sum();
    }

    /** Retained publishes handed to links for the retained store of a peer without subscribers. */
    public long retainedForwarded() {
        return retainedForwarded.sum();
    }

    /** Retained messages of peers that were newer than what was here. */
    public long retainedApplied() {
        return retainedApplied.sum();
    }

    /** Retained messages given up as this node was away for longer than deletions are remembered. */
    public long retainedYielded() {
        return retainedYielded.sum();
    }

    /** Changes of peers' interest that were applied. */
    public long interestUpdates() {
        return interestUpdates.sum();
    }

    /** Whole tables of peers that were applied. */
    public long interestSnapshots() {
        return interestSnapshots.sum();
    }

    /**
     * Publishes forwarded to a connected peer whose table, at that moment, asked for nothing that matches; copies for
     * its retained store do not count. Zero unless a peer's unsubscribe overtakes a publish that was already routed.
     */
    public long sentWithoutInterest() {
        return sentWithoutInterest.sum();
    }

    /** Subscriptions that did not wait any longer for a peer to confirm them. */
    public long confirmTimeouts() {
        return confirmTimeouts.sum();
    }

    /** Publishes dropped for that reason. */
    public long dropped(DropReason reason) {
        return adder(reason).sum();
    }

    /** Publishes dropped, by reason, every reason present. */
    public Map<DropReason, Long> dropped() {
        Map<DropReason, Long> sums = new LinkedHashMap<>();
        dropped.forEach((reason, count) -> sums.put(reason, count.sum()));
        return sums;
    }

    void countForwarded(int qos, int publishes) {
        forwarded[qos].add(publishes);
    }

    void countReceived(int qos, int publishes) {
        received[qos].add(publishes);
    }

    void countFrameOut(int bytes) {
        framesOut.increment();
        bytesOut.add(bytes);
    }

    void countFrameIn(int bytes) {
        framesIn.increment();
        bytesIn.add(bytes);
    }

    void countFrameRefused() {
        framesRefused.increment();
    }

    void countWaited(long nanos, boolean inVain) {
        waitedNanos.add(nanos);
        givenUp.add(inVain ? 1 : 0);
    }

    void countDuplicates(int publishes) {
        duplicates.add(publishes);
    }

    void countResent(int publishes) {
        resent.add(publishes);
    }

    void countRetainedForwarded() {
        retainedForwarded.increment();
    }

    void countRetainedApplied() {
        retainedApplied.increment();
    }

    void countRetainedYielded(int messages) {
        retainedYielded.add(messages);
    }

    void countInterestUpdates(int changes) {
        interestUpdates.add(changes);
    }

    void countInterestSnapshot() {
        interestSnapshots.increment();
    }

    void countSentWithoutInterest() {
        sentWithoutInterest.increment();
    }

    void countConfirmTimeouts(int subscriptions) {
        confirmTimeouts.add(subscriptions);
    }

    void countDropped(DropReason reason, long publishes) {
        adder(reason).add(publishes);
    }

    private LongAdder adder(DropReason reason) {
        return Objects.requireNonNull(dropped.get(reason));
    }
}
