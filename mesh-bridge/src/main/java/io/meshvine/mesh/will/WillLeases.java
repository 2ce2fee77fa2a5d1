package io.meshvine.mesh.will;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.lane.PeerService;
import io.meshvine.mesh.will.HeldWills.Held;
import io.meshvine.mesh.will.OwnWills.Own;
import io.meshvine.mesh.will.Watches.Watch;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Leases the wills of this node's clients to peers, and publishes those of peers that are gone.
 *
 * <p>Whoever is gone for a holder, be it that it crashed or was cut off, has its wills published after
 * {@link WillOptions#grace} (and what is left of their delay), unless the client is back: all peers are asked to look
 * out for it. Of several holders, the first one that is in reach publishes; the next one waits until it says so, takes
 * over if it is gone too, and asks it from time to time, for it may have lost its leases in a restart. So among nodes
 * that reach each other a will is published once; after a split that leaves holders on both sides without the owner,
 * once on each. A node that publishes a will itself says so ahead of it on every link.
 *
 * <p>Confined to the bridge loop, except for {@link #isWatched} and {@link #statistics}.
 */
public final class WillLeases implements PeerService {

    /** Channel on the lanes. */
    public static final int CHANNEL = 1;

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long ASK_AGAIN_NANOS = Duration.ofSeconds(2).toNanos();

    /** Wills that are known to be settled; a holder that was restarted and more are forgotten. */
    private static final int MAX_SETTLED = 65_536;

    /** Clients that one peer may have looked out for. */
    private static final int MAX_WATCHED = 1_000_000;

    private final EventLoop loop;
    private final NodeId self;
    private final WillOptions options;
    private final Willholder node;
    private final OwnWills own = new OwnWills();
    private final HeldWills held;
    private final Watches watches = new Watches();
    private final Map<NodeId, WillPeer> peers = new LinkedHashMap<>();
    private final Set<WillKey> settled = new LinkedHashSet<>();

    /** Clients that this node or a peer looks out for. Read by any thread. */
    private final Set<String> watchedHere = ConcurrentHashMap.newKeySet();

    private Consumer<NodeId> wake = peer -> {};
    private long published;
    private long averted;
    private volatile Statistics statistics = new Statistics(0, 0, 0, 0, 0, 0);

    public WillLeases(EventLoop loop, NodeId self, WillOptions options, Willholder node) {
        this.loop = loop;
        this.self = self;
        this.options = options;
        this.node = node;
        this.held = new HeldWills(options);
    }

    /**
     * How it stands.
     *
     * @param own wills of this node's clients
     * @param held wills of other nodes' clients, kept here
     * @param heldBytes what these take
     * @param refused leases that found no room
     * @param published wills published for nodes that were gone
     * @param averted wills of such nodes whose clients were back in time
     */
    public record Statistics(int own, int held, long heldBytes, long refused, long published, long averted) {}

    /** As of the last tick. Any thread. */
    public Statistics statistics() {
        return statistics;
    }

    // ---- Clients of this node

    /**
     * A client with a will connected, in place of what was known of it.
     *
     * @param delay after the loss of the connection; not beyond the end of the session
     */
    public void arm(String clientId, byte[] will, Duration delay) {
        release(clientId);
        Own armed = own.put(clientId, will, delay.toMillis(), loop.nanoTime());
        armed.holders = OwnWills.holders(clientId, peers.keySet());
        tellHolders(armed);
    }

    /** The client is lost, and the delay of its will begins. */
    public void delayed(String clientId, Duration delay) {
        Own will = own.get(clientId);
        if (will == null) {
            return;
        }
        will.waiting = true;
        will.dueNanos = loop.nanoTime() + delay.toNanos();
        tellHolders(will);
        Watch watch = watches.begin(clientId, will.armedNanos);
        watch.own = true;
        tellWatch(clientId);
    }

    /** The will was published, or is void. Before a publish: peers then know ahead of it. */
    public void release(String clientId) {
        Own will = own.remove(clientId);
        if (will == null) {
            return;
        }
        tellHolders(will);
        Watch watch = watches.get(clientId);
        if (watch != null && watch.own) {
            watch.own = false;
            endWatch(watch);
        }
    }

    /** Whether {@link #connected} is to be called for a client that connects. Any thread. */
    public boolean isWatched(String clientId) {
        return watchedHere.contains(clientId);
    }

    /** A client that is {@linkplain #isWatched watched} connected to this node. */
    public void connected(String clientId) {
        long connected = node.connectedNanos(clientId);
        for (WillPeer peer : peers.values()) {
            Long since = peer.watched.get(clientId);
            if (since != null && isLater(connected, since)) {
                peer.tellBack(clientId);
                wake.accept(peer.id);
            }
        }
        Watch watch = watches.get(clientId);
        if (watch != null && isLater(connected, watch.sinceNanos)) {
            avertOrphans(watch);
        }
    }

    private static boolean isLater(long connectedNanos, long sinceNanos) {
        return connectedNanos != Willholder.NEVER && connectedNanos - sinceNanos > 0;
    }

    private void tellHolders(Own will) {
        for (NodeId holder : will.holders) {
            tellLease(holder, will.clientId);
        }
    }

    private void tellLease(NodeId holder, String clientId) {
        WillPeer peer = peers.get(holder);
        if (peer != null) {
            peer.tellLease(clientId);
            wake.accept(holder);
        }
    }

    // ---- Peers

    @Override
    public void attached(Consumer<NodeId> newWake) {
        wake = newWake;
    }

    @Override
    public void onConnected(NodeId id, long epoch) {
        WillPeer peer = peers.get(id);
        boolean isNew = peer == null;
        if (peer == null || peer.life.epoch() != epoch) {
            peer = new WillPeer(id, epoch, own, watches);
            peers.put(id, peer);
        }
        held.of(peer.life).forEach(this::unorphan); // it was cut off, and looks after them again
        if (isNew) {
            assignHolders();
        }
        peer.begin();
        wake.accept(id);
    }

    @Override
    public void onInterrupted(NodeId id) {
        WillPeer peer = peers.get(id);
        if (peer != null) {
            peer.interrupt();
            refreshWatchedHere();
        }
    }

    @Override
    public void onGone(NodeId id) {
        WillPeer gone = peers.remove(id);
        if (gone == null) {
            return;
        }
        assignHolders();
        long now = loop.nanoTime();
        for (Held will : held.of(gone.life)) {
            long grace = now + options.grace().toNanos();
            long delay = will.lease.delayMillis() * NANOS_PER_MILLI;
            will.dueNanos = will.lease.waiting() ? Math.max(grace, will.receivedNanos + delay) : grace + delay;
            held.orphan(will);
            Watch watch = watches.begin(will.key.clientId(), will.armedNanos);
            watch.orphans.add(will.key);
            tellWatch(will.key.clientId());
            if (isLater(node.connectedNanos(will.key.clientId()), will.armedNanos)) {
                avert(will.key);
            }
        }
    }

    private void unorphan(Held will) {
        held.unorphan(will);
        unwatch(will.key);
    }

    private void unwatch(WillKey key) {
        Watch watch = watches.get(key.clientId());
        if (watch != null && watch.orphans.remove(key)) {
            endWatch(watch);
        }
    }

    /** Peers came or went: some wills have other holders now. */
    private void assignHolders() {
        for (Own will : own.all()) {
            List<NodeId> before = will.holders;
            List<NodeId> after = OwnWills.holders(will.clientId, peers.keySet());
            if (!before.equals(after)) {
                will.holders = after;
                Set<NodeId> concerned = new HashSet<>(before);
                concerned.addAll(after);
                concerned.forEach(holder -> tellLease(holder, will.clientId));
            }
        }
    }

    @Override
    public byte @Nullable [] next(NodeId id) {
        WillPeer peer = peers.get(id);
        return peer == null ? null : peer.next(loop.nanoTime());
    }

    @Override
    public void onMessage(NodeId id, WireReader message) throws WireException {
        WillPeer peer = peers.get(id);
        if (peer != null) {
            WillWire.read(message, new Listening(peer));
        }
    }

    @Override
    public void onTick() {
        long now = loop.nanoTime();
        for (Held will : List.copyOf(held.orphans())) {
            if (now - will.dueNanos >= 0) {
                onDue(will, now);
            }
        }
        statistics = new Statistics(own.size(), held.size(), held.bytes(), held.refused(), published, averted);
    }

    private void onDue(Held will, long now) {
        NodeId responsible = responsible(will);
        WillPeer peer = peers.get(responsible);
        if (peer == null) {
            published++;
            settle(will.key);
            node.publish(will.key.clientId(), will.lease.will());
        } else if (peer.talking && (!will.asked || now - will.askedNanos >= ASK_AGAIN_NANOS)) {
            will.asked = true;
            will.askedNanos = now;
            peer.ask(will.key);
            wake.accept(peer.id);
        }
    }

    /** The first holder that is in reach. */
    private NodeId responsible(Held will) {
        for (NodeId holder : will.lease.holders()) {
            if (holder.equals(self) || (peers.containsKey(holder) && !will.without.contains(holder))) {
                return holder;
            }
        }
        return self;
    }

    /** A will needs no care any more; the other holders are told. */
    private void settle(WillKey key) {
        Held will = held.get(key);
        if (will == null) {
            return;
        }
        for (NodeId holder : will.lease.holders()) {
            WillPeer peer = peers.get(holder);
            if (peer != null) {
                peer.tellSettled(key);
                wake.accept(holder);
            }
        }
        forget(key);
    }

    private void forget(WillKey key) {
        if (settled.size() >= MAX_SETTLED) {
            settled.remove(settled.iterator().next());
        }
        settled.add(key);
        held.remove(key);
        unwatch(key);
    }

    private void avert(WillKey key) {
        if (held.isOrphan(key)) {
            averted++;
            settle(key);
        }
    }

    private void avertOrphans(Watch watch) {
        List.copyOf(watch.orphans).forEach(this::avert);
    }

    // ---- Who looks out for whom

    private void tellWatch(String clientId) {
        watchedHere.add(clientId);
        for (WillPeer peer : peers.values()) {
            peer.tellWatch(clientId);
            wake.accept(peer.id);
        }
    }

    private void endWatch(Watch watch) {
        if (watches.endIfIdle(watch)) {
            for (WillPeer peer : peers.values()) {
                peer.tellWatch(watch.clientId);
                wake.accept(peer.id);
            }
            forgetUnwatched(watch.clientId);
        }
    }

    private void forgetUnwatched(String clientId) {
        if (watches.get(clientId) == null
                && peers.values().stream().noneMatch(peer -> peer.watched.containsKey(clientId))) {
            watchedHere.remove(clientId);
        }
    }

    private void refreshWatchedHere() {
        Set<String> all = new HashSet<>(watches.clients());
        peers.values().forEach(peer -> all.addAll(peer.watched.keySet()));
        watchedHere.retainAll(all);
    }

    /** What one peer says. */
    private final class Listening implements WillWire.Reader {
        private final WillPeer peer;

        Listening(WillPeer peer) {
            this.peer = peer;
        }

        @Override
        public void onReset() {
            held.reset(peer.life);
        }

        @Override
        public void onPut(Lease lease) {
            held.put(peer.life, lease, loop.nanoTime());
        }

        @Override
        public void onDrop(String clientId) {
            held.drop(peer.life, clientId);
        }

        @Override
        public void onWhole() {
            held.whole(peer.life);
        }

        @Override
        public void onWatch(String clientId, long ageMillis) {
            if (peer.watched.size() >= MAX_WATCHED) {
                return;
            }
            long since = loop.nanoTime() - ageMillis * NANOS_PER_MILLI;
            peer.watched.put(clientId, since);
            watchedHere.add(clientId);
            if (isLater(node.connectedNanos(clientId), since)) {
                peer.tellBack(clientId);
                wake.accept(peer.id);
            }
        }

        @Override
        public void onUnwatch(String clientId) {
            peer.watched.remove(clientId);
            forgetUnwatched(clientId);
        }

        @Override
        public void onBack(String clientId) {
            Watch watch = watches.get(clientId);
            if (watch == null) {
                return;
            }
            avertOrphans(watch);
            if (watch.own) {
                node.onBackElsewhere(clientId);
            }
        }

        @Override
        public void onAsk(WillKey will) {
            if (settled.contains(will)) {
                peer.tellSettled(will);
            } else if (held.get(will) == null) {
                peer.tellUnknown(will);
            }
            wake.accept(peer.id); // or it is held, and will be settled here
        }

        @Override
        public void onSettled(WillKey will) {
            forget(will);
        }

        @Override
        public void onUnknown(WillKey will) {
            Held asked = held.get(will);
            if (asked != null) {
                asked.without.add(peer.id);
            }
        }
    }
}
