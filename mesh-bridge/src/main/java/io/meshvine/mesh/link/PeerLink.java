package io.meshvine.mesh.link;

import io.meshvine.mesh.DropReason;
import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.MeshOptions;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.MeshStatus.LinkState;
import io.meshvine.mesh.MeshTransport;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.PeerAddress;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.wire.Acknowledgement;
import io.meshvine.mesh.wire.EncodedPublish;
import io.meshvine.mesh.wire.FrameContent;
import io.meshvine.mesh.wire.FrameHeader;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.Ping;
import io.meshvine.mesh.wire.Pong;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.PublishBatch;
import io.meshvine.mesh.wire.PublishReader;
import io.meshvine.mesh.wire.PublishesFrame;
import io.meshvine.mesh.wire.WireException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The link to one peer, over all its addresses and lives. What is handed over is sent by {@link #flush} at the end of a
 * turn of the loop: so frames are filled by what came together, and nothing lingers. Confined to the bridge loop.
 */
public final class PeerLink {

    /** A receiver reports consumed bytes at the latest after this part of the sender's window. Part of the protocol. */
    private static final int REPORTS_PER_WINDOW = 4;

    /** Frames of publishes per turn, so that one link does not hold up the others. */
    private static final int PUBLISH_FRAMES_PER_TURN = 64;

    /** Other frames per turn. */
    private static final int OTHER_FRAMES_PER_TURN = 8;

    private static final long NANOS_PER_MICRO = 1_000;
    private static final long NANOS_PER_MILLI = 1_000_000;
    /** A peer that leaves a probe unanswered for so long is silent. */
    private static final long SILENT_NANOS = 4_000 * NANOS_PER_MILLI;

    private static final long UNANSWERED_PROBE_NANOS = 1_000 * NANOS_PER_MILLI;

    private final NodeId peer;
    private final MeshOptions options;
    private final EventLoop clock;
    private final LinkListener listener;
    private final LinkStatistics statistics;
    private final Outbox outbox;
    private final FrameSender sender;

    /** What the peer must know before anything else makes sense: interest, answers, probes. */
    private final Deque<Outgoing> control = new ArrayDeque<>();

    /** What may wait until publishes are through: retained state. */
    private final Deque<Outgoing> bulk = new ArrayDeque<>();

    private final Inbox inbox;
    private final HeldFrames held = new HeldFrames();
    private long peerEpoch;
    private LinkState state = LinkState.ABSENT;
    private long absentSinceNanos;
    private boolean working;
    private boolean acknowledgementDue;
    private boolean resendRequested;
    private boolean probeWaits;
    private long lastProbeNanos;

    /** Since when a probe waits for its answer, meaningful only if one does. */
    private long unansweredSinceNanos;

    private boolean unanswered;

    /** When the last probe that was answered was sent; meaningful only if one was. */
    private long answeredProbeNanos;

    private boolean answeredAny;
    private long consumed;
    private long consumedReported;
    private long reportBytes;

    /**
     * @param ownEpoch this node's life
     * @param peerEpoch the peer's life
     * @param firstSequence sequence number to begin with: in one life of this node, none goes to a peer twice
     * @param reader decodes what comes back from the store
     * @param restores whether an earlier life of this node may have left publishes for the peer
     * @param loop runs tasks on the bridge loop, from any thread
     */
    public PeerLink(
            NodeId peer,
            long peerEpoch,
            MeshOptions options,
            long ownEpoch,
            long firstSequence,
            EventLoop clock,
            Executor loop,
            MeshTransport transport,
            RecordStore store,
            PublishReader reader,
            boolean restores,
            LinkListener listener) {
        this.peer = peer;
        this.options = options;
        this.clock = clock;
        this.statistics = new LinkStatistics(listener);
        this.listener = statistics;
        this.outbox = new Outbox(
                peer, ownEpoch, firstSequence, store, reader, loop, statistics, OutboxLimits.of(options), this::work);
        if (restores) {
            outbox.restore(clock.nanoTime(), clock.wallMillis());
        }
        this.sender = new FrameSender(transport, statistics, options.flightWindowBytes());
        this.peerEpoch = peerEpoch;
        this.inbox = new Inbox(peer, store, loop, () -> {
            acknowledgementDue = true;
            work();
        });
        this.absentSinceNanos = clock.nanoTime();
    }

    /** The peer is another process now. */
    public void beginLife(long epoch) {
        peerEpoch = epoch;
        resendRequested = false;
    }

    /**
     * The peer is in the view at this address; a session is being agreed on.
     *
     * @param peersFlightWindowBytes see {@link MeshOptions#flightWindowBytes()}
     */
    public void greet(long peersFlightWindowBytes) {
        reportBytes = peersFlightWindowBytes / REPORTS_PER_WINDOW;
        state = LinkState.GREETING;
        outbox.onPresent();
        control.clear();
        bulk.clear();
        consumed = 0; // the peer counts anew
        held.forgetPositions();
        consumedReported = 0;
        resendRequested = false;
    }

    /**
     * A pair of sessions is agreed on.
     *
     * @param accepted the peer took over up to here
     * @param received sending goes on behind this position
     */
    public void connect(PeerAddress address, int source, int destination, Position accepted, Position received) {
        state = LinkState.CONNECTED;
        sender.begin(address, source, destination);
        control.clear();
        bulk.clear();
        probeWaits = false;
        unanswered = false;
        answeredAny = false;
        lastProbeNanos = clock.nanoTime();
        outbox.acknowledge(accepted);
        outbox.rewind(received);
        work();
    }

    /** The peer left the view or said goodbye. */
    public void disconnect() {
        if (state == LinkState.ABSENT) {
            return;
        }
        state = LinkState.ABSENT;
        absentSinceNanos = clock.nanoTime();
        control.clear();
        bulk.clear();
        outbox.onAbsent();
        work();
    }

    /** Forwards what is not repeated when it gets lost. */
    public void sendUnsequenced(FrameContent content, int flags, byte @Nullable [] groups, long nowNanos) {
        outbox.addUnsequenced(content, flags, groups, nowNanos);
        work();
    }

    /**
     * Forwards a publish for which nothing waits, but which is repeated until the peer confirmed it or went away.
     *
     * @return false if there was no room for it
     */
    public boolean sendRepeated(EncodedPublish publish, int flags, byte @Nullable [] groups, long nowNanos) {
        boolean taken = outbox.addRepeated(publish, flags, groups, nowNanos);
        work();
        return taken;
    }

    /**
     * Forwards a publish that is kept until it is confirmed.
     *
     * @param unit takes its record, and it is not sent before that is durable; null if it need not be stored yet
     * @param settlement what waits for the confirmation, or for a durable copy; null if the unit is what is waited for
     */
    public void sendGuaranteed(
            FrameContent publish,
            int flags,
            byte @Nullable [] groups,
            @Nullable WriteUnit unit,
            @Nullable Settlement settlement,
            long nowNanos) {
        outbox.addGuaranteed(publish, flags, groups, unit, settlement, nowNanos, clock.wallMillis());
        work();
    }

    /** Queues what goes before publishes. */
    public void sendControl(Outgoing frames) {
        control.add(frames);
        work();
    }

    /** Queues what goes when no publish waits. */
    public void sendBulk(Outgoing frames) {
        bulk.add(frames);
        work();
    }

    /** Says goodbye, ahead of what may still wait. */
    public void sendGoodbye() {
        if (state == LinkState.CONNECTED) {
            sender.send(FrameKind.GOODBYE, new byte[0]);
        }
    }

    private void work() {
        if (!working) {
            working = true;
            listener.onWork(this);
        }
    }

    /** Sends what waits, as far as a turn, the transport and the windows allow. */
    public void flush() {
        working = false;
        if (state == LinkState.ABSENT || outbox.isSpilling()) {
            storeDue(0);
        }
        if (state == LinkState.CONNECTED && sender.resume() && flushControl() && flushPublishes()) {
            flushRest();
        }
    }

    private boolean flushControl() {
        for (int i = 0; i < OTHER_FRAMES_PER_TURN && !control.isEmpty(); i++) {
            if (!sendNext(control)) {
                return false;
            }
        }
        if (!control.isEmpty()) {
            work();
        }
        return true;
    }

    private boolean flushPublishes() {
        long now = clock.nanoTime();
        outbox.refill(now, clock.wallMillis());
        for (int i = 0; i < PUBLISH_FRAMES_PER_TURN && outbox.hasSendable() && sender.isWindowOpen(); i++) {
            int entryBytes = outbox.nextFrameBytes(options.maxFrameBytes());
            PublishesFrame frame = new PublishesFrame(
                    entryBytes,
                    sender.header(FrameKind.PUBLISHES),
                    inbox.accepted(),
                    opened(),
                    outbox.sentUnconfirmed(),
                    outbox.nextFramePosition());
            statistics.sentPublishes += outbox.fill(frame, entryBytes, now);
            noteAcknowledged();
            if (!sender.send(FrameKind.PUBLISHES, frame.toByteBuffer())) {
                return false;
            }
        }
        return true;
    }

    private void flushRest() {
        if (acknowledgementDue && !sendAcknowledgement()) {
            return;
        }
        if (outbox.hasSendable()) {
            if (sender.isWindowOpen()) {
                work();
            }
            return;
        }
        for (int i = 0; i < OTHER_FRAMES_PER_TURN && !bulk.isEmpty() && sender.isWindowOpen(); i++) {
            if (!sendNext(bulk)) {
                return;
            }
        }
        if (!bulk.isEmpty() && sender.isWindowOpen()) {
            work();
        }
    }

    private boolean sendAcknowledgement() {
        byte[] payload = new Acknowledgement(inbox.accepted(), opened()).encode();
        noteAcknowledged();
        return sender.send(FrameKind.ACK, payload);
    }

    private void noteAcknowledged() {
        acknowledgementDue = false;
        consumedReported = opened();
    }

    /** Sends the next frame of the first in the queue, if there is one left. */
    private boolean sendNext(Deque<Outgoing> queue) {
        Outgoing first = queue.getFirst();
        byte[] payload = first.next();
        if (payload == null) {
            queue.removeFirst();
            return true;
        }
        return sender.send(first.kind(), payload);
    }

    /**
     * Counts a frame that came.
     *
     * @return whether it is a repeat
     */
    public boolean receive(FrameHeader header, int size) {
        statistics.receivedFrames++;
        statistics.receivedBytes += size;
        if (!header.kind().counted()) {
            return false;
        }
        boolean repeat = header.position() < consumed;
        consumed = Math.max(consumed, header.position() + size);
        reportConsumed();
        return repeat;
    }

    private void reportConsumed() {
        if (opened() - consumedReported >= reportBytes) {
            acknowledgementDue = true;
            work();
        }
    }

    /** What is held counts as in flight, so that the peer sends no more than its window. */
    private long opened() {
        return held.openedOf(consumed);
    }

    /** Keeps what a frame, or a part of one, brought until {@link #release}. */
    public void hold(FrameHeader header, int size, Runnable open) {
        held.add(header.position(), size, open);
    }

    /** Takes out what was held first; there must be something. */
    public Runnable release() {
        Runnable open = held.remove();
        reportConsumed();
        return open;
    }

    public boolean isHolding() {
        return !held.isEmpty();
    }

    public long heldBytes() {
        return held.bytes();
    }

    /** A frame of publishes came. */
    public void onPublishes(PublishBatch batch) throws WireException {
        if (batch.epoch() > peerEpoch) {
            throw new WireException("publishes of epoch " + batch.epoch() + " from a peer in epoch " + peerEpoch);
        }
        onAcknowledged(batch.accepted(), batch.consumed());
    }

    /** Sorts publishes that came, for the local broker. */
    public Inbox.Intake take(PublishBatch batch, boolean isRepeat) {
        Position before = inbox.received();
        Inbox.Intake intake = inbox.take(batch, isRepeat);
        for (Arrival arrival : intake.arrivals()) {
            statistics.receivedPublishes += arrival.count();
        }
        if (inbox.received().isAfter(before)) {
            resendRequested = false;
        }
        if (inbox.takeGap() && !resendRequested) {
            requestResend();
        }
        if (intake.duplicates() > 0) {
            acknowledgementDue = true; // the peer may have missed that they were accepted
            work();
        }
        return intake;
    }

    private void requestResend() {
        resendRequested = true;
        sendControl(
                Outgoing.once(FrameKind.RESEND_REQUEST, () -> inbox.received().encode()));
    }

    /** The peer misses what comes behind this position. */
    public void onResendRequest(Position received) {
        outbox.rewind(received);
        work();
    }

    /** The peer took over publishes, and consumed bytes. */
    public void onAcknowledged(Position accepted, long consumedByPeer) {
        outbox.acknowledge(accepted);
        sender.onConsumed(consumedByPeer);
        if (outbox.hasSendable() || outbox.isSpilling() || !bulk.isEmpty()) {
            work();
        }
    }

    /** The peer tells where it stands; what was sent before and did not come is lost. */
    public void onPing(Ping ping, long interestApplied) {
        consumed = Math.max(consumed, ping.position());
        if (held.isEmpty() && inbox.expect(ping.sentThrough())) {
            requestResend();
        }
        sendControl(Outgoing.once(FrameKind.PONG, () -> {
            Acknowledgement acknowledgement = new Acknowledgement(inbox.accepted(), opened());
            noteAcknowledged();
            return new Pong(ping.sentNanos(), acknowledgement, interestApplied).encode();
        }));
    }

    /** The peer answers. */
    public void onPong(Pong pong) {
        unanswered = false;
        answeredAny = true;
        answeredProbeNanos = pong.pingNanos();
        onAcknowledged(pong.acknowledgement().accepted(), pong.acknowledgement().consumed());
        statistics.rttMicros = (clock.nanoTime() - pong.pingNanos()) / NANOS_PER_MICRO;
    }

    /** Whether the peer has answered a probe that was sent at that moment or later: it was there then. */
    public boolean hasAnsweredSince(long nanos) {
        return state == LinkState.CONNECTED && answeredAny && answeredProbeNanos - nanos >= 0;
    }

    /** The transport has room for this peer again. */
    public void onWritable() {
        sender.unblock();
        work();
    }

    /** Stores what waited longer than allowed; what was just stored, publishers need not wait for. */
    public void storeDue(long minWaitNanos) {
        long now = clock.nanoTime();
        outbox.store(now - minWaitNanos, now, clock.wallMillis());
    }

    /**
     * Whether the peer is to be probed: seldom on a quiet link, soon if something is unanswered.
     *
     * @param waitsForMore whether something else than publishes waits for an answer
     */
    public boolean isProbeDue(boolean waitsForMore) {
        if (state != LinkState.CONNECTED || probeWaits) {
            return false;
        }
        boolean waits = waitsForMore || outbox.hasUnacked() || sender.hasInFlight();
        long interval = options.pingInterval().toNanos();
        return clock.nanoTime() - lastProbeNanos >= (waits ? Math.min(UNANSWERED_PROBE_NANOS, interval) : interval);
    }

    /** Whether a probe is in the queue already. */
    public boolean isProbeQueued() {
        return probeWaits;
    }

    /** Probes the peer; the numbers say how the table stands behind which the probe is queued. */
    public void probe(long interestSequence, long interestSize, long interestHash) {
        probeWaits = true;
        if (!unanswered) {
            unanswered = true;
            unansweredSinceNanos = clock.nanoTime();
        }
        sendControl(Outgoing.once(FrameKind.PING, () -> {
            probeWaits = false;
            lastProbeNanos = clock.nanoTime();
            return new Ping(
                            lastProbeNanos,
                            outbox.sentUnconfirmed(),
                            sender.position(),
                            interestSequence,
                            interestSize,
                            interestHash)
                    .encode();
        }));
    }

    /** Deletes what was confirmed from the store, and tries again what the store could not read. */
    public void tick() {
        outbox.deleteConfirmed();
        if (outbox.isSpilling()) {
            work();
        }
        if (state == LinkState.ABSENT) {
            outbox.showLeftBehind(clock.nanoTime(), clock.wallMillis());
        }
    }

    /** Gives up what waits for this peer. */
    public void discard(DropReason reason) {
        outbox.discard(reason);
    }

    public NodeId peer() {
        return peer;
    }

    /** The peer's life, as far as known. */
    public long peerEpoch() {
        return peerEpoch;
    }

    /** The peer was last seen so long ago, by somebody else or by an earlier life of this node. */
    public void absentFor(long nanos) {
        if (state == LinkState.ABSENT) {
            absentSinceNanos = clock.nanoTime() - nanos;
        }
    }

    public LinkState state() {
        return state;
    }

    public boolean isConnected() {
        return state == LinkState.CONNECTED;
    }

    /** Whether the peer is in the view. */
    public boolean isPresent() {
        return state != LinkState.ABSENT;
    }

    /** Whether so much waits for the disk that publishers should pause. */
    public boolean isSaturated() {
        return outbox.isSaturated();
    }

    /** Frames that wait before publishes. */
    public int controlBacklog() {
        return control.size();
    }

    /** Frames that wait until publishes are through. */
    public int bulkBacklog() {
        return bulk.size();
    }

    public Position acceptedThrough() {
        return inbox.accepted();
    }

    public Position receivedThrough() {
        return inbox.received();
    }

    /** Publishes that wait for this peer. */
    public long waitingPublishes() {
        return outbox.unsentCount() + outbox.unackedCount();
    }

    /** The sequence number of the next publish. */
    public long nextSequence() {
        return outbox.nextSequence();
    }

    /** How long the peer has been away, in nanoseconds. */
    public long absentNanos() {
        return state == LinkState.ABSENT ? clock.nanoTime() - absentSinceNanos : 0;
    }

    /** Since when the oldest publish waits that is neither confirmed nor stored; the alternative if none does. */
    public long oldestUnstoredNanos(long otherwise) {
        return outbox.oldestUnstoredNanos(otherwise);
    }

    private boolean isSilent(long nowNanos) {
        return state == LinkState.CONNECTED && unanswered && nowNanos - unansweredSinceNanos >= SILENT_NANOS;
    }

    /** How it stands with this link. */
    public MeshStatus.Link status() {
        long now = clock.nanoTime();
        return new MeshStatus.Link(
                peer,
                isSilent(now) ? LinkState.SILENT : state,
                outbox.isSaturated(),
                statistics.sentPublishes,
                statistics.receivedPublishes,
                statistics.sentFrames,
                statistics.receivedFrames,
                statistics.sentBytes,
                statistics.receivedBytes,
                (int) outbox.unackedCount(),
                outbox.unsentCount(),
                outbox.bytes(),
                outbox.storedCount(),
                outbox.storedBytes(),
                (now - outbox.oldestNanos(now)) / NANOS_PER_MILLI,
                statistics.rttMicros,
                statistics.dropped());
    }
}
