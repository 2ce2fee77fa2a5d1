package io.meshvine.mesh;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.link.Outgoing;
import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.retained.DivergenceLog;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.HybridTimestamp;
import io.meshvine.mesh.retained.RetainedDigest;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.retained.RetainedMessage;
import io.meshvine.mesh.retained.RetainedStanding;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.RetainedCodec;
import io.meshvine.mesh.wire.RetainedCodec.Buckets;
import io.meshvine.mesh.wire.RetainedCodec.Digest;
import io.meshvine.mesh.wire.RetainedCodec.Leaves;
import io.meshvine.mesh.wire.RetainedCodec.Listing;
import io.meshvine.mesh.wire.RetainedCodec.Root;
import io.meshvine.mesh.wire.WireWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the retained messages of all nodes alike. What is published goes to every connected peer at once; what got lost
 * or happened during a split is found by digests. One side tells one hash of everything; if it differs, the other tells
 * those of its buckets; the first one those of the leaves of each bucket that differs and is not empty; the other one
 * lists what it has in the leaves that differ; and the first sends what is missing there. Both sides begin. As long as
 * differences turn up, they begin again when the link has room: so a node that joins gets everything while it serves,
 * with a bounded part of it on the way, and goes on where it was after an interruption. Confined to the bridge loop.
 */
final class RetainedExchange {
    private static final Logger LOG = LoggerFactory.getLogger(RetainedExchange.class);

    /** With more frames waiting for a peer, no further buckets are compared with it. */
    private static final int MAX_WAITING_FRAMES = 3 * RetainedDigest.BUCKETS;

    /** What one topic takes in a listing. */
    private static final int LISTED_BYTES = 2 * Long.BYTES;

    /** After differences were found, the next comparison comes so much later, and twice as late each time. */
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

    private static final Duration REFUSAL_REPORTS_APART = Duration.ofMinutes(1);

    /** Of writes on two sides, one may have been made a little before the other side was found to be gone. */
    private static final long DETECTION_MILLIS = 10_000;

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long MILLIS_PER_SECOND = 1_000;

    private final MeshOptions options;
    private final EventLoop loop;
    private final RetainedMap retained;
    private final HybridClock clock;
    private final MeshCounters counters;
    private final RecordStore store;
    private final StandingRecord record;
    private final RetainedStanding standing;
    private final DivergenceLog divergence = new DivergenceLog();

    /** Peers that were not sent something, as their link was full. */
    private final Set<PeerLink> behind = new HashSet<>();

    /** Peers with whom differences turned up, and when to compare again. */
    private final Map<PeerLink, Pause> differing = new HashMap<>();

    /** What the peers' state is worth. */
    private final Map<PeerLink, RetainedStanding.Level> levels = new HashMap<>();

    private final Map<NodeId, Long> apartSinceMillis = new HashMap<>();
    private long lastDigestNanos;
    private boolean aheadReported;
    private long lastAheadReportNanos;

    private static final class Pause {
        long nanos = FIRST_PAUSE.toNanos();
        long sinceNanos;
    }

    RetainedExchange(
            MeshOptions options,
            EventLoop loop,
            RetainedMap retained,
            HybridClock clock,
            MeshCounters counters,
            RecordStore store) {
        this.store = store;
        this.options = options;
        this.loop = loop;
        this.retained = retained;
        this.clock = clock;
        this.counters = counters;
        this.record = new StandingRecord(store, options.tombstoneLife(), retained.size() > 0);
        this.standing = record.standing();
        this.lastDigestNanos = loop.nanoTime();
    }

    // ---- Single writes

    /** A retained publish came; it is applied before subscribers see it. Whether that changed anything. */
    boolean apply(PeerLink link, Arrival arrival) {
        MeshPublish publish = arrival.publish();
        HybridTimestamp stamp = publish.stamp();
        if (stamp == null) {
            return false;
        }
        if (publish.deletesRetained()) {
            return merge(link, RetainedMessage.deleted(publish.topic(), stamp));
        }
        long expiresAt = RetainedMessage.NEVER;
        if (publish.expirySeconds() != MeshPublish.NEVER_EXPIRES) {
            long ageMillis = (loop.nanoTime() - publish.acceptedNanos()) / NANOS_PER_MILLI;
            expiresAt = loop.wallMillis() - ageMillis + publish.expirySeconds() * MILLIS_PER_SECOND;
        }
        return merge(
                link, new RetainedMessage(publish.topic(), stamp, publish.qos(), publish.body(), false, expiresAt));
    }

    private boolean merge(PeerLink link, RetainedMessage message) {
        if (!clock.observe(message.stamp())) {
            counters.countDropped(DropReason.STAMP_AHEAD, 1);
            reportAhead(link, message.stamp());
            return false;
        }
        if (!retained.hasRoomForPeers(message)) {
            counters.countDropped(DropReason.RETAINED_FULL, 1);
            return false;
        }
        if (!retained.merge(message)) {
            return false;
        }
        counters.countRetainedApplied();
        return true;
    }

    private void reportAhead(PeerLink link, HybridTimestamp stamp) {
        long now = loop.nanoTime();
        if (!aheadReported || now - lastAheadReportNanos >= REFUSAL_REPORTS_APART.toNanos()) {
            aheadReported = true;
            lastAheadReportNanos = now;
            LOG.warn(
                    "retained messages of node {}, got from {}, are refused: stamped {} s ahead of this node's clock;"
                            + " set right the clock that is wrong",
                    stamp.node(),
                    link.peer(),
                    (stamp.wallMillis() - loop.wallMillis()) / MILLIS_PER_SECOND);
        }
    }

    /** Something for this peer's retained store was left out. */
    void onLeftOut(PeerLink link) {
        behind.add(link);
    }

    // ---- Peers

    void onConnected(PeerLink link) {
        standing.onContact(loop.wallMillis());
        Long since = apartSinceMillis.remove(link.peer());
        if (since != null) {
            divergence.begin(link.peer(), since - DETECTION_MILLIS, loop.wallMillis());
        }
        sendDigest(link);
    }

    void onGone(PeerLink link) {
        behind.remove(link);
        differing.remove(link);
        levels.remove(link);
        endMerge(link);
        apartSinceMillis.put(link.peer(), loop.wallMillis());
    }

    /** Compares with the peers from time to time, and with those that are behind as soon as their links have room. */
    void tick(Collection<PeerLink> links) {
        long now = loop.nanoTime();
        boolean due = now - lastDigestNanos >= options.digestInterval().toNanos();
        if (due) {
            // A different moment on each node.
            lastDigestNanos =
                    now - loop.random().nextLong(1 + options.digestInterval().toNanos() / 4);
            retained.purge(loop.wallMillis(), options.tombstoneLife());
        }
        for (PeerLink link : links) {
            if (!link.isConnected()) {
                continue;
            }
            standing.onContact(loop.wallMillis());
            boolean caughtUp = !link.isSaturated() && link.waitingPublishes() == 0;
            if (due || (caughtUp && (behind.remove(link) || isPauseOver(link, now)))) {
                sendDigest(link);
            }
        }
        record.keep();
    }

    private boolean isPauseOver(PeerLink link, long now) {
        Pause pause = differing.get(link);
        if (pause == null || link.bulkBacklog() > 0 || now - pause.sinceNanos < pause.nanos) {
            return false;
        }
        pause.sinceNanos = now;
        pause.nanos = Math.min(2 * pause.nanos, options.digestInterval().toNanos());
        return true;
    }

    /** What was written on both sides while nodes were apart. */
    List<DivergenceLog.Report> divergence() {
        return divergence.reports();
    }

    private void endMerge(PeerLink link) {
        DivergenceLog.Report report = divergence.end(link.peer());
        if (report != null) {
            LOG.warn(
                    "merged with {} after {} s apart: {} retained topics had been written on both sides; who won is in"
                            + " /api/v1/mesh/divergence",
                    report.peer(),
                    (report.metMillis() - report.apartSinceMillis()) / MILLIS_PER_SECOND,
                    report.topics());
        }
    }

    // ---- Comparison

    /** One hash of all that is retained. */
    long digest() {
        return RetainedCodec.root(retained.digest());
    }

    private void sendDigest(PeerLink link) {
        if (link.bulkBacklog() == 0) {
            link.sendBulk(Outgoing.once(
                    FrameKind.RETAINED_DIGEST, () -> RetainedCodec.encode(new Root(digest(), standing.level()))));
        }
    }

    void onDigest(PeerLink link, Digest digest) {
        if (digest instanceof Root root) {
            onRoot(link, root);
        } else if (link.bulkBacklog() >= MAX_WAITING_FRAMES) {
            noteDifference(link); // later
        } else if (digest instanceof Buckets buckets) {
            RetainedDigest own = retained.digest();
            own.differing(buckets.digest()).stream()
                    .filter(bucket -> own.buckets()[bucket] != 0) // else there is nothing to give
                    .forEach(bucket -> link.sendBulk(Outgoing.once(
                            FrameKind.RETAINED_DIGEST,
                            () -> RetainedCodec.encode(new Leaves(bucket, retained.leafHashes(bucket))))));
        } else if (digest instanceof Leaves leaves) {
            BitSet asked = leaves.asked(retained.leafHashes(leaves.bucket()));
            if (!asked.isEmpty()) {
                noteDifference(link);
                link.sendBulk(new Listings(leaves.bucket(), asked));
            }
        }
    }

    private void onRoot(PeerLink link, Root root) {
        levels.put(link, root.standing());
        if (root.hash() == digest()) {
            standing.onEqual();
            differing.remove(link);
            endMerge(link);
        } else {
            link.sendBulk(Outgoing.once(
                    FrameKind.RETAINED_DIGEST, () -> RetainedCodec.encode(new Buckets(retained.digest()))));
        }
    }

    private void noteDifference(PeerLink link) {
        differing.computeIfAbsent(link, absent -> {
            Pause pause = new Pause();
            pause.sinceNanos = loop.nanoTime();
            return pause;
        });
    }

    void onListing(PeerLink link, Listing listing) {
        RetainedStanding.Level peer = levels.getOrDefault(link, RetainedStanding.Level.FRESH);
        List<RetainedMessage> missing = new ArrayList<>();
        int given = 0;
        for (int leaf : listing.leaves().stream().toArray()) {
            for (RetainedMessage message : retained.leaf(listing.bucket(), leaf)) {
                if (listing.has(message)) {
                    continue;
                }
                if (!listing.knows(message) && standing.yields(message, peer, loop.wallMillis())) {
                    given += retained.forget(message) ? 1 : 0;
                } else if (message.body().length <= options.maxPublishBytes()) {
                    missing.add(message);
                }
            }
        }
        counters.countRetainedYielded(given);
        if (!missing.isEmpty() && !store.isFull()) { // Else it is found again when there is room.
            noteDifference(link);
            if (link.bulkBacklog() < MAX_WAITING_FRAMES) {
                link.sendBulk(new Missing(missing.iterator()));
            }
        }
    }

    void onEntries(PeerLink link, List<RetainedMessage> messages) {
        for (RetainedMessage message : messages) {
            divergence.compare(link.peer(), retained.get(message.topic()), message);
            merge(link, message);
        }
    }

    /** What this node has in some leaves of a bucket, in frames. */
    private final class Listings implements Outgoing {
        private final int bucket;
        private final BitSet leaves;

        Listings(int bucket, BitSet leaves) {
            this.bucket = bucket;
            this.leaves = leaves;
        }

        @Override
        public FrameKind kind() {
            return FrameKind.RETAINED_LISTING;
        }

        @Override
        public byte @Nullable [] next() {
            if (leaves.isEmpty()) {
                return null;
            }
            BitSet some = new BitSet(RetainedDigest.LEAVES);
            List<RetainedMessage> listed = new ArrayList<>();
            while (!leaves.isEmpty() && listed.size() * LISTED_BYTES < options.maxFrameBytes()) {
                int leaf = leaves.nextSetBit(0);
                leaves.clear(leaf);
                some.set(leaf);
                listed.addAll(retained.leaf(bucket, leaf));
            }
            return RetainedCodec.encodeListing(bucket, some, listed);
        }
    }

    /** What a peer lacks in some leaves, in frames. */
    private final class Missing implements Outgoing {
        private final Iterator<RetainedMessage> messages;

        Missing(Iterator<RetainedMessage> messages) {
            this.messages = messages;
        }

        @Override
        public FrameKind kind() {
            return FrameKind.RETAINED_ENTRIES;
        }

        @Override
        public byte @Nullable [] next() {
            if (!messages.hasNext()) {
                return null;
            }
            WireWriter out = new WireWriter(options.maxFrameBytes());
            long now = loop.wallMillis();
            while (messages.hasNext() && out.size() < options.maxFrameBytes()) {
                RetainedCodec.write(out, messages.next(), now);
            }
            return out.toByteArray();
        }
    }
}
