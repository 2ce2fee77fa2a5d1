package io.meshvine.mesh;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.link.Outgoing;
import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.HybridTimestamp;
import io.meshvine.mesh.retained.RetainedDigest;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.retained.RetainedMessage;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.RetainedCodec;
import io.meshvine.mesh.wire.RetainedCodec.Buckets;
import io.meshvine.mesh.wire.RetainedCodec.Digest;
import io.meshvine.mesh.wire.RetainedCodec.Listing;
import io.meshvine.mesh.wire.RetainedCodec.Root;
import io.meshvine.mesh.wire.WireWriter;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the retained messages of all nodes alike. What is published goes to every connected peer at once; what got lost
 * or happened during a split is found by digests: of everything, then of buckets; then a node lists what it has in a
 * bucket that differs, and the other one sends what is missing there. Both sides do so. Confined to the bridge loop.
 */
final class RetainedExchange {

    /** With more frames waiting for a peer, no further buckets are compared with it. */
    private static final int MAX_WAITING_FRAMES = 2 * RetainedDigest.BUCKETS;

    /** Largest part of a frame that a listing takes; what is not listed is sent without need. */
    private static final int MAX_LISTED = 65_536;

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long MILLIS_PER_SECOND = 1_000;

    private final MeshOptions options;
    private final EventLoop loop;
    private final RetainedMap retained;
    private final HybridClock clock;
    private final MeshCounters counters;

    /** Peers that were not sent something, as their link was full. */
    private final Set<PeerLink> behind = new HashSet<>();

    private long lastDigestNanos;

    RetainedExchange(
            MeshOptions options, EventLoop loop, RetainedMap retained, HybridClock clock, MeshCounters counters) {
        this.options = options;
        this.loop = loop;
        this.retained = retained;
        this.clock = clock;
        this.counters = counters;
        this.lastDigestNanos = loop.nanoTime();
    }

    /** A retained publish came; it is applied before subscribers see it. Whether that changed anything. */
    boolean apply(Arrival arrival) {
        MeshPublish publish = arrival.publish();
        HybridTimestamp stamp = publish.stamp();
        if (stamp == null) {
            return false;
        }
        if (publish.deletesRetained()) {
            return merge(RetainedMessage.deleted(publish.topic(), stamp));
        }
        long expiresAt = RetainedMessage.NEVER;
        if (publish.expirySeconds() != MeshPublish.NEVER_EXPIRES) {
            long ageMillis = (loop.nanoTime() - publish.acceptedNanos()) / NANOS_PER_MILLI;
            expiresAt = loop.wallMillis() - ageMillis + publish.expirySeconds() * MILLIS_PER_SECOND;
        }
        return merge(new RetainedMessage(publish.topic(), stamp, publish.qos(), publish.body(), false, expiresAt));
    }

    private boolean merge(RetainedMessage message) {
        if (!clock.observe(message.stamp())) {
            counters.countDropped(DropReason.STAMP_AHEAD, 1);
            return false;
        }
        if (!retained.merge(message)) {
            return false;
        }
        counters.countRetainedApplied();
        return true;
    }

    void onConnected(PeerLink link) {
        sendDigest(link);
    }

    void onGone(PeerLink link) {
        behind.remove(link);
    }

    /** Something for this peer's retained store was left out. */
    void onLeftOut(PeerLink link) {
        behind.add(link);
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
            boolean caughtUp = !link.isSaturated() && link.waitingPublishes() == 0;
            if (link.isConnected() && (due || (caughtUp && behind.remove(link)))) {
                sendDigest(link);
            }
        }
    }

    private void sendDigest(PeerLink link) {
        if (link.bulkBacklog() == 0) {
            link.sendBulk(Outgoing.once(
                    FrameKind.RETAINED_DIGEST, () -> RetainedCodec.encode(RetainedCodec.root(retained.digest()))));
        }
    }

    /** One hash of all that is retained. */
    long digest() {
        return RetainedCodec.root(retained.digest()).hash();
    }

    void onDigest(PeerLink link, Digest digest) {
        RetainedDigest own = retained.digest();
        if (digest instanceof Root root) {
            if (!root.equals(RetainedCodec.root(own))) {
                link.sendBulk(Outgoing.once(
                        FrameKind.RETAINED_DIGEST, () -> RetainedCodec.encode(new Buckets(retained.digest()))));
            }
        } else if (digest instanceof Buckets buckets && link.bulkBacklog() < MAX_WAITING_FRAMES) {
            BitSet differing = own.differing(buckets.digest());
            differing.stream()
                    .forEach(bucket -> link.sendBulk(Outgoing.once(FrameKind.RETAINED_LISTING, () -> list(bucket))));
        }
    }

    private byte[] list(int bucket) {
        return RetainedCodec.encodeListing(
                bucket, retained.bucket(bucket).stream().limit(MAX_LISTED).toList());
    }

    void onListing(PeerLink link, Listing listing) {
        List<RetainedMessage> missing = retained.bucket(listing.bucket()).stream()
                .filter(message -> !listing.has(message) && message.body().length <= options.maxPublishBytes())
                .toList();
        if (!missing.isEmpty() && link.bulkBacklog() < MAX_WAITING_FRAMES) {
            link.sendBulk(new Missing(missing.iterator()));
        }
    }

    void onEntries(List<RetainedMessage> messages) {
        messages.forEach(this::merge);
    }

    /** What a peer lacks in one bucket, in frames. */
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
