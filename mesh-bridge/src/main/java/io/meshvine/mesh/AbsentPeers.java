package io.meshvine.mesh;

import io.meshvine.mesh.InterestRecords.Head;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.link.Outgoing;
import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.wire.AbsentCodec;
import io.meshvine.mesh.wire.AbsentCodec.Chunk;
import io.meshvine.mesh.wire.AbsentCodec.Offer;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.InterestCodec;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.WireException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What peers that are away want for their durable sessions: kept, also across this node's lives, and told to peers that
 * know less. Only its owner writes a table; what others know of it has the owner's version, and the newest version
 * wins. Confined to the bridge loop.
 */
final class AbsentPeers {

    /** Most owners that are known. */
    private static final int MAX_OWNERS = 10_000;

    /** Most filters of one owner. */
    private static final int MAX_INTERESTS = 4_000_000;

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final EventLoop clock;
    private final MeshOptions options;
    private final InterestIndex index;
    private final InterestRecords records;
    private final NodeId self;
    private final Listener listener;

    /** How new what is known of an owner is; the owner may be here or away. */
    private final Map<NodeId, Known> owners = new TreeMap<>();

    private final Map<PeerLink, List<Interest>> incoming = new HashMap<>();

    /** What the bridge does about it. */
    interface Listener {
        /** The link to an owner, if there is one. */
        @Nullable
        PeerLink link(NodeId owner);

        /** Makes the link to an owner that is away, unless there is one. */
        void onKnown(NodeId owner, String name, long absentMillis);

        /** The display name of an owner, or "". */
        String name(NodeId owner);
    }

    /** What is known of an owner. */
    private static final class Known {
        private Position version;

        /** Of what the store has by now. */
        private Position kept = Position.NONE;

        private boolean durable;

        /** Whether the store says that the owner is away, and since when. */
        private boolean keptAsAway;

        Known(Position version) {
            this.version = version;
        }
    }

    AbsentPeers(
            NodeId self,
            EventLoop clock,
            MeshOptions options,
            InterestIndex index,
            InterestRecords records,
            Listener listener) {
        this.self = self;
        this.clock = clock;
        this.options = options;
        this.index = index;
        this.records = records;
        this.listener = listener;
    }

    /** Takes back what earlier lives of this node knew. Once, before anything else. */
    void restore() {
        long wallMillis = clock.wallMillis();
        records.restore(new InterestRecords.Visitor() {
            @Override
            public void onOwner(NodeId owner, Head head) {
                Known known = new Known(head.version());
                known.kept = head.version();
                known.durable = true;
                known.keptAsAway = head.absentSinceMillis() != 0;
                owners.put(owner, known);
                long absent = head.absentSinceMillis() == 0 ? 0 : Math.max(0, wallMillis - head.absentSinceMillis());
                listener.onKnown(owner, head.name(), absent);
            }

            @Override
            public void onInterest(NodeId owner, Interest interest) {
                index.putAbsent(owner, interest);
            }
        });
    }

    /**
     * Takes a change of the table of a peer that is here, before it is in the index.
     *
     * @param unit takes what is to be kept of it
     */
    void onPut(WriteUnit unit, NodeId owner, Interest interest) {
        Interest before = index.get(owner, new GroupKey(interest.group(), interest.filter()));
        boolean wasDurable = before != null && before.durable();
        if (interest.durable() && !interest.equals(before)) {
            records.put(unit, owner, interest);
        } else if (!interest.durable() && wasDurable) {
            records.delete(unit, owner, interest);
        }
    }

    /** Takes a removal from the table of a peer that is here, before it is gone from the index. */
    void onRemove(WriteUnit unit, NodeId owner, Interest interest) {
        Interest before = index.get(owner, new GroupKey(interest.group(), interest.filter()));
        if (before != null && before.durable()) {
            records.delete(unit, owner, interest);
        }
    }

    /** The table of a peer that is here stands at this version; adds that to a unit which changes something. */
    void onVersion(WriteUnit unit, NodeId owner, Position version) {
        Known known = owners.computeIfAbsent(owner, absent -> new Known(version));
        boolean newLife = known.version.epoch() != version.epoch();
        known.version = version;
        // Also of a peer that wants nothing: what its outbox has for this node it will send, if only after a restart of
        // both.
        if (!unit.isEmpty() || newLife || !known.durable || known.keptAsAway) {
            known.durable = true;
            known.keptAsAway = false;
            records.put(unit, owner, new Head(version, 0, listener.name(owner)));
        }
    }

    /** The store has what was known of an owner at that version. */
    void onKept(NodeId owner, Position version) {
        Known known = owners.get(owner);
        if (known != null && version.isAfter(known.kept)) {
            known.kept = version;
        }
    }

    /** How new what is known of an owner is, and will be after a crash; {@link Position#NONE} if nothing is. */
    Position kept(NodeId owner) {
        Known known = owners.get(owner);
        return known == null ? Position.NONE : known.kept;
    }

    /** A peer began a new life, and has not said yet what it wants. */
    void onNewLife(PeerLink link) {
        incoming.remove(link);
        index.onAbsent(link.peer());
    }

    /** A peer went away. */
    void onGone(PeerLink gone, Collection<PeerLink> links) {
        incoming.remove(gone);
        index.onAbsent(gone.peer());
        Known known = owners.get(gone.peer());
        if (known == null || !known.durable) {
            return;
        }
        keep(new WriteUnit(), gone.peer(), known, 0);
        Offer offer = offer(gone, known);
        links.stream().filter(PeerLink::isConnected).forEach(link -> offer(link, List.of(offer)));
    }

    private void keep(WriteUnit unit, NodeId owner, Known known, long absentMillis) {
        long since = Math.max(1, clock.wallMillis() - absentMillis);
        known.keptAsAway = true;
        records.put(unit, owner, new Head(known.version, since, listener.name(owner)));
        records.write(unit);
    }

    private Offer offer(PeerLink owner, Known known) {
        return new Offer(owner.peer(), known.version, owner.absentNanos() / NANOS_PER_MILLI);
    }

    private static void offer(PeerLink to, List<Offer> offers) {
        if (!offers.isEmpty()) {
            to.sendControl(Outgoing.once(FrameKind.ABSENT_OFFER, () -> AbsentCodec.encodeOffers(offers)));
        }
    }

    /** Tells a peer of whom this node knows; it asks for what is new to it. */
    void offerAll(PeerLink to) {
        List<Offer> offers = new ArrayList<>();
        owners.forEach((owner, known) -> {
            PeerLink link = listener.link(owner);
            if (known.durable && link != null && !link.isConnected() && link != to) {
                offers.add(offer(link, known));
            }
        });
        offer(to, offers);
    }

    /** A peer knows of absent ones. */
    void onOffers(PeerLink from, List<Offer> offers) {
        for (Offer offer : offers) {
            if (isNews(offer)) {
                byte[] request = AbsentCodec.encodeOffers(List.of(offer));
                from.sendControl(Outgoing.of(FrameKind.ABSENT_REQUEST, request));
            }
        }
    }

    private boolean isNews(Offer offer) {
        if (offer.absentMillis() > options.outboxRetention().toMillis()
                || offer.owner().equals(self)) {
            return false;
        }
        PeerLink link = listener.link(offer.owner());
        Known known = owners.get(offer.owner());
        return (link == null || !link.isConnected())
                && (known == null ? owners.size() < MAX_OWNERS : offer.version().isAfter(known.version));
    }

    /** A peer asks for what absent ones want. */
    void onRequest(PeerLink from, List<Offer> wanted) {
        for (Offer each : wanted) {
            if (owners.containsKey(each.owner()) && listener.link(each.owner()) != null) {
                from.sendBulk(new Table(each.owner()));
            }
        }
    }

    /** A peer tells what an absent one wants. */
    void onChunk(PeerLink from, Chunk chunk) throws WireException {
        List<Interest> collected = incoming.get(from);
        if (chunk.first()) {
            collected = new ArrayList<>();
            incoming.put(from, collected);
        }
        if (collected == null) {
            return; // the beginning is missing; the next offer begins anew
        }
        collected.addAll(chunk.interests());
        if (collected.size() > MAX_INTERESTS) {
            incoming.remove(from);
            throw new WireException("more than " + MAX_INTERESTS + " filters");
        }
        if (chunk.last()) {
            incoming.remove(from);
            if (isNews(chunk.offer())) {
                replace(chunk, collected);
            }
        }
    }

    private void replace(Chunk chunk, List<Interest> table) {
        NodeId owner = chunk.offer().owner();
        WriteUnit unit = new WriteUnit();
        Set<GroupKey> kept = new HashSet<>();
        listener.onKnown(owner, chunk.name(), chunk.offer().absentMillis());
        for (Interest interest : table) {
            kept.add(new GroupKey(interest.group(), interest.filter()));
            onPut(unit, owner, interest);
            index.putAbsent(owner, interest);
        }
        for (Interest old : index.of(owner)) {
            if (!kept.contains(new GroupKey(old.group(), old.filter()))) {
                records.delete(unit, owner, old);
                index.remove(owner, old);
            }
        }
        Known known =
                owners.computeIfAbsent(owner, absent -> new Known(chunk.offer().version()));
        Position version = chunk.offer().version();
        known.version = version;
        known.durable = true;
        unit.whenDurable(() -> clock.execute(() -> onKept(owner, version)));
        keep(unit, owner, known, chunk.offer().absentMillis());
    }

    /** Nothing is kept for an owner any more. */
    void forget(NodeId owner) {
        Known known = owners.remove(owner);
        index.removeAll(owner);
        if (known != null && known.durable) {
            records.deleteAll(owner);
        }
    }

    /** What an absent owner wants, as it is when the first chunk is sent. */
    private final class Table implements Outgoing {
        private final NodeId owner;
        private @Nullable Iterator<Interest> rest;
        private @Nullable Offer offer;
        private boolean ended;

        Table(NodeId owner) {
            this.owner = owner;
        }

        @Override
        public FrameKind kind() {
            return FrameKind.ABSENT_TABLE;
        }

        @Override
        public byte @Nullable [] next() {
            Known known = owners.get(owner);
            PeerLink link = listener.link(owner);
            if (ended || known == null || link == null) {
                return null;
            }
            Iterator<Interest> interests = rest;
            Offer now = offer;
            boolean first = interests == null || now == null;
            if (interests == null || now == null) {
                interests = index.of(owner).stream().filter(Interest::durable).iterator();
                rest = interests;
                now = offer(link, known);
                offer = now;
            }
            List<Interest> chunk = new ArrayList<>();
            int bytes = 0;
            while (interests.hasNext() && bytes < options.maxFrameBytes()) {
                Interest interest = interests.next();
                chunk.add(interest);
                bytes += InterestCodec.size(interest);
            }
            ended = !interests.hasNext();
            return AbsentCodec.encode(new Chunk(now, listener.name(owner), first, ended, chunk));
        }
    }
}
