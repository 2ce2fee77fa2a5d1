package io.meshvine.mesh;

import io.meshvine.mesh.interest.LocalInterest;
import io.meshvine.mesh.link.Outgoing;
import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.link.Settlement;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.InterestCodec;
import io.meshvine.mesh.wire.InterestCodec.Change;
import io.meshvine.mesh.wire.InterestCodec.Chunk;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the peers what this node wants, and subscribers when all of them know. The table that is advertised is numbered:
 * each frame of changes adds one to its sequence. Confined to the bridge loop.
 */
final class InterestAdvertiser {
    private static final Logger LOG = LoggerFactory.getLogger(InterestAdvertiser.class);

    /** With more frames waiting, a snapshot replaces the changes. */
    private static final int MAX_WAITING_FRAMES = 1024;

    private static final int NOT_ADVERTISED = -1;

    private final MeshOptions options;
    private final EventLoop loop;
    private final MeshCounters counters;
    private final LocalInterest local = new LocalInterest();

    /** The {@linkplain Interest#level() level} of each group and filter that the peers know, or will know at the end of this turn. */
    private final Map<GroupKey, Integer> advertised = new HashMap<>();

    /** What changed in this turn, with the level before. */
    private final Map<GroupKey, Integer> changedFrom = new LinkedHashMap<>();

    private final Map<PeerLink, Progress> progress = new LinkedHashMap<>();
    private final List<Runnable> unnumbered = new ArrayList<>();
    private final Deque<Confirmation> confirmations = new ArrayDeque<>();
    private EventLoop.@Nullable Scheduled timeout;
    private long sequence;
    private long hash;

    /** Somebody waits until all peers know the table up to a change. */
    private record Confirmation(long sequence, long deadlineNanos, Runnable confirmed) {}

    /** How far a connected peer is. */
    private static final class Progress {
        private long acknowledged;
        private boolean snapshotWaits;
    }

    InterestAdvertiser(MeshOptions options, EventLoop loop, MeshCounters counters) {
        this.options = options;
        this.loop = loop;
        this.counters = counters;
    }

    void subscribe(List<Interest> added, Runnable confirmed) {
        for (Interest interest : added) {
            change(interest, true);
        }
        unnumbered.add(confirmed);
    }

    void unsubscribe(List<Interest> removed) {
        for (Interest interest : removed) {
            change(interest, false);
        }
    }

    private void change(Interest interest, boolean add) {
        try {
            LocalInterest.Delta delta = add ? local.add(interest) : local.remove(interest);
            delta.added().forEach(changed -> note(changed, changed.level()));
            delta.removed().forEach(changed -> note(changed, NOT_ADVERTISED));
        } catch (IllegalArgumentException misuse) {
            LOG.error("interest in {} was not {}", interest, add ? "added" : "removed", misuse);
        }
    }

    private void note(Interest interest, int level) {
        GroupKey key = new GroupKey(interest.group(), interest.filter());
        Integer before = level == NOT_ADVERTISED ? advertised.remove(key) : advertised.put(key, level);
        changedFrom.putIfAbsent(key, before == null ? NOT_ADVERTISED : before);
    }

    /** Sends what changed in this turn; then runs the confirmations for which nobody has to be waited for. */
    void endTurn() {
        sendChanges();
        if (unnumbered.isEmpty()) {
            return;
        }
        long deadline = loop.nanoTime() + options.subscribeConfirmTimeout().toNanos();
        for (Runnable confirmed : unnumbered) {
            confirmations.add(new Confirmation(sequence, deadline, confirmed));
        }
        unnumbered.clear();
        confirm();
        armTimeout();
    }

    private void sendChanges() {
        List<Interest> added = new ArrayList<>();
        List<Interest> removed = new ArrayList<>();
        int bytes = 0;
        // Additions go before removals: at no time is a topic without a route that has one before and after.
        for (boolean withdraw : new boolean[] {false, true}) {
            for (Map.Entry<GroupKey, Integer> changed : changedFrom.entrySet()) {
                GroupKey key = changed.getKey();
                int before = changed.getValue();
                int after = advertised.getOrDefault(key, NOT_ADVERTISED);
                if (before == after || withdraw != (after == NOT_ADVERTISED)) {
                    continue;
                }
                if (before != NOT_ADVERTISED) {
                    removed.add(Interest.ofLevel(key.group(), key.filter(), before));
                }
                if (after != NOT_ADVERTISED) {
                    added.add(Interest.ofLevel(key.group(), key.filter(), after));
                }
                bytes += 2 * (key.filter().length() + key.group().length() + 8);
                if (bytes >= options.maxFrameBytes()) {
                    send(added, removed);
                    bytes = 0;
                }
            }
        }
        changedFrom.clear();
        send(added, removed);
    }

    private void send(List<Interest> added, List<Interest> removed) {
        if (added.isEmpty() && removed.isEmpty()) {
            return;
        }
        sequence++;
        added.forEach(interest -> hash += InterestCodec.hash(interest));
        removed.forEach(interest -> hash -= InterestCodec.hash(interest));
        byte[] payload = InterestCodec.encode(new Change(sequence, List.copyOf(added), List.copyOf(removed)));
        added.clear();
        removed.clear();
        progress.forEach((link, peer) -> {
            if (peer.snapshotWaits) {
                return; // the snapshot will have it
            }
            if (link.controlBacklog() > MAX_WAITING_FRAMES) {
                sendSnapshot(link);
            } else {
                link.sendControl(Outgoing.of(FrameKind.INTEREST_DELTA, payload));
            }
        });
    }

    void onConnected(PeerLink link) {
        progress.put(link, new Progress());
        sendSnapshot(link);
    }

    void onInterrupted(PeerLink link) {
        progress.remove(link);
        confirm();
    }

    /** The peer applied the table up to a change. */
    void onAcknowledged(PeerLink link, long through) {
        Progress peer = progress.get(link);
        if (peer != null && through > peer.acknowledged) {
            peer.acknowledged = Math.min(through, sequence);
            confirm();
        }
    }

    /** Queues a snapshot for a peer, unless one is queued already. */
    void sendSnapshot(PeerLink link) {
        Progress peer = progress.get(link);
        if (peer != null && !peer.snapshotWaits) {
            peer.snapshotWaits = true;
            link.sendControl(new Snapshot(peer));
        }
    }

    /** Whether the peer has yet to confirm something. */
    boolean isUnanswered(PeerLink link) {
        Progress peer = progress.get(link);
        return peer != null && peer.acknowledged < sequence;
    }

    /** Whether a probe of the peer can tell it how the table stands: not while it waits for a snapshot. */
    boolean isProbeable(PeerLink link) {
        Progress peer = progress.get(link);
        return peer != null && !peer.snapshotWaits && changedFrom.isEmpty();
    }

    void probe(PeerLink link) {
        link.probe(sequence, advertised.size(), hash);
    }

    int size() {
        return advertised.size();
    }

    /** The number of the last change. */
    long sequence() {
        return sequence;
    }

    /** Equals {@link PeerTables#digest} at peers that know all that this node asks for. */
    long digest() {
        return local.digest();
    }

    private void confirm() {
        long known = sequence;
        for (Progress peer : progress.values()) {
            known = Math.min(known, peer.acknowledged);
        }
        Confirmation first = confirmations.peek();
        while (first != null && first.sequence <= known) {
            confirmations.remove();
            Settlement.run(first.confirmed);
            first = confirmations.peek();
        }
    }

    private void armTimeout() {
        Confirmation first = confirmations.peek();
        if (timeout != null || first == null) {
            return;
        }
        Duration rest = Duration.ofNanos(Math.max(0, first.deadlineNanos - loop.nanoTime()));
        timeout = loop.schedule(rest, () -> {
            timeout = null;
            int late = 0;
            Confirmation oldest = confirmations.peek();
            while (oldest != null && oldest.deadlineNanos - loop.nanoTime() <= 0) {
                confirmations.remove();
                late++;
                Settlement.run(oldest.confirmed);
                oldest = confirmations.peek();
            }
            counters.countConfirmTimeouts(late);
            armTimeout();
        });
    }

    /** Nobody is waited for any more. */
    void close() {
        unnumbered.forEach(Settlement::run);
        unnumbered.clear();
        confirmations.forEach(confirmation -> Settlement.run(confirmation.confirmed));
        confirmations.clear();
        if (timeout != null) {
            timeout.cancel();
        }
    }

    /** The whole table, as it is when the first chunk is sent. */
    private final class Snapshot implements Outgoing {
        private final Progress peer;
        private @Nullable Iterator<Interest> table;
        private long snapshotSequence;
        private boolean ended;

        Snapshot(Progress peer) {
            this.peer = peer;
        }

        @Override
        public FrameKind kind() {
            return FrameKind.INTEREST_SNAPSHOT;
        }

        @Override
        public byte @Nullable [] next() {
            if (ended) {
                return null;
            }
            Iterator<Interest> rest = table;
            boolean first = rest == null;
            if (rest == null) {
                sendChanges(); // so that the table is as numbered; this peer gets it from here
                peer.snapshotWaits = false;
                snapshotSequence = sequence;
                List<Interest> all = new ArrayList<>(advertised.size());
                advertised.forEach((key, level) -> all.add(Interest.ofLevel(key.group(), key.filter(), level)));
                rest = all.iterator();
                table = rest;
            }
            List<Interest> chunk = new ArrayList<>();
            int bytes = 0;
            while (rest.hasNext() && bytes < options.maxFrameBytes()) {
                Interest interest = rest.next();
                chunk.add(interest);
                bytes += InterestCodec.size(interest);
            }
            ended = !rest.hasNext();
            return InterestCodec.encode(new Chunk(snapshotSequence, first, ended, chunk));
        }
    }
}
