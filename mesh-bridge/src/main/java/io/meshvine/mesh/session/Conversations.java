package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.lane.PeerService;
import io.meshvine.mesh.wire.WireWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What is to be said to the peers in reach, and the sessions on their way there. Confined to the bridge loop. */
final class Conversations {

    /** More than this waits for a peer: registrations that need not go now wait too. */
    private static final int MAX_WAITING = 4_096;

    private final Map<NodeId, Peer> peers = new TreeMap<>();
    private Consumer<NodeId> wake = peer -> {};

    private static final class Peer {
        final Deque<Item> items = new ArrayDeque<>();
        final Map<Long, HandingOver> handingOver = new TreeMap<>();

        /** Fetches that wait for their answers, by ticket. */
        final Map<Long, Item.Fetch> asking = new HashMap<>();
    }

    void wakeBy(Consumer<NodeId> wakeUp) {
        wake = wakeUp;
    }

    void begin(NodeId peer) {
        peers.put(peer, new Peer());
    }

    /** Returns the sessions that were on their way; null if there was no conversation. */
    @Nullable
    List<HandingOver> end(NodeId peer) {
        Peer left = peers.remove(peer);
        return left == null ? null : List.copyOf(left.handingOver.values());
    }

    boolean isInReach(NodeId peer) {
        return peers.containsKey(peer);
    }

    Set<NodeId> inReach() {
        return peers.keySet();
    }

    /** Those in reach and this node, in order. */
    List<NodeId> members(NodeId self) {
        List<NodeId> members = new ArrayList<>(peers.keySet());
        members.add(self);
        members.sort(null);
        return List.copyOf(members);
    }

    /** Whether so much waits for some peer that what can wait should. */
    boolean isBusy() {
        Collection<Peer> all = peers.values();
        return all.stream().anyMatch(peer -> peer.items.size() > MAX_WAITING);
    }

    /** Says something to a peer; nothing to one out of reach. */
    void send(NodeId to, Item item) {
        Peer peer = peers.get(to);
        if (peer != null) {
            peer.items.add(item);
            wake.accept(to);
        }
    }

    /** A peer's fetch waits for its answer. */
    void ask(NodeId from, Item.Fetch item) {
        Peer peer = peers.get(from);
        if (peer != null) {
            peer.asking.put(item.ticket(), item);
        }
    }

    void asksNoMore(NodeId from, long ticket) {
        Peer peer = peers.get(from);
        if (peer != null) {
            peer.asking.remove(ticket);
        }
    }

    /** Whether a fetch still waits for its answer, which it gets now. */
    boolean isAsking(NodeId from, Item.Fetch item) {
        Peer peer = peers.get(from);
        return peer != null && peer.asking.remove(item.ticket(), item);
    }

    void add(HandingOver handingOver) {
        Peer peer = peers.get(handingOver.to);
        if (peer != null) {
            peer.handingOver.put(handingOver.ticket, handingOver);
        }
    }

    void remove(HandingOver handingOver) {
        Peer peer = peers.get(handingOver.to);
        if (peer != null) {
            peer.handingOver.remove(handingOver.ticket, handingOver);
        }
    }

    @Nullable
    HandingOver handingOver(NodeId to, long ticket) {
        Peer peer = peers.get(to);
        return peer == null ? null : peer.handingOver.get(ticket);
    }

    /** A session that is handed over may have something to say now. */
    void wake(NodeId to) {
        wake.accept(to);
    }

    /** The next message for a peer, or null: first what was to be said, then parts of sessions. */
    byte @Nullable [] next(NodeId to) {
        Peer peer = peers.get(to);
        if (peer == null) {
            return null;
        }
        WireWriter out = null;
        while (!peer.items.isEmpty() && (out == null || out.size() < PeerService.MESSAGE_BYTES)) {
            out = out == null ? new WireWriter(64) : out;
            ItemCodec.write(out, peer.items.remove());
        }
        if (out == null) {
            out = nextPart(peer);
        }
        return out == null ? null : out.toByteArray();
    }

    private static @Nullable WireWriter nextPart(Peer peer) {
        for (HandingOver handingOver : peer.handingOver.values()) {
            Item item = handingOver.next();
            if (item != null) {
                WireWriter out = new WireWriter(64);
                ItemCodec.write(out, item);
                return out;
            }
        }
        return null;
    }
}
