package io.meshvine.mesh.group;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.group.GroupPeer.Given;
import io.meshvine.mesh.lane.PeerService;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what was given to members of shared subscriptions at other nodes until those have acknowledged it, and gives it
 * to others if their node is gone.
 *
 * <p>Each publish of QoS 1 or 2 for a peer's members carries a ticket. The peer says when it is done with it: when a
 * member acknowledged it, or it was dropped there, which is counted there, or handed on. Peers also tell for which groups
 * all their members are away, so that nothing is given to them while a member is connected elsewhere.
 *
 * <p>Tickets grow over all lives of a node, as its epochs do. What waits in the outbox of a node that is restarted comes
 * back with its ticket, so that it goes to others if its peer stays away.
 *
 * <p>Confined to the bridge loop, except for {@link #isLive}, {@link #load} and {@link #statistics}.
 */
public final class GroupLedger implements PeerService {

    /** Channel on the lanes. */
    public static final int CHANNEL = 3;

    /** {@link #open} of a publish that is not waited for. */
    public static final long NO_TICKET = 0;

    /** Redeliveries per peer and tick: the loop has other things to do. */
    private static final int REDELIVERIES_PER_TICK = 8_192;

    /** When nobody was there for anything, it is tried again after this. */
    private static final Duration TRY_AGAIN = Duration.ofSeconds(1);

    /** Tickets of different lives differ, as epochs do: seconds at least. */
    private static final int TICKETS_PER_EPOCH_BITS = 22;

    private final EventLoop loop;
    private final GroupOptions options;
    private final GroupMembers members;
    private final long firstTicket;
    private final Map<NodeId, GroupPeer> peers = new LinkedHashMap<>();

    /** Groups whose members here are all away. */
    private final Set<GroupKey> awayHere = new HashSet<>();

    /** The connected peers. Read by any thread. */
    private final Map<NodeId, GroupPeer> connected = new ConcurrentHashMap<>();

    private Consumer<NodeId> wake = peer -> {};
    private long lastTicket;
    private long bytes;
    private long untracked;
    private long redelivered;
    private long expired;
    private long abandoned;
    private volatile Statistics statistics = new Statistics(0, 0, 0, 0, 0, 0);

    public GroupLedger(long epoch, EventLoop loop, GroupOptions options, GroupMembers members) {
        this.firstTicket = epoch << TICKETS_PER_EPOCH_BITS;
        this.lastTicket = firstTicket;
        this.loop = loop;
        this.options = options;
        this.members = members;
    }

    /**
     * How it stands.
     *
     * @param waiting publishes that other nodes' members have not acknowledged
     * @param bytes what these take
     * @param untracked publishes that are not kept, as there was no room
     * @param redelivered publishes that went to another member as a node was gone
     * @param expired publishes that no member acknowledged in time
     * @param abandoned publishes whose node began a new life while nobody else was there: it has those that were for
     *     durable sessions, the others ended with their members' sessions
     */
    public record Statistics(int waiting, long bytes, long untracked, long redelivered, long expired, long abandoned) {}

    /** As of the last tick. Any thread. */
    public Statistics statistics() {
        return statistics;
    }

    /** Whether a peer is connected and did not say that all its members of a group are away. Any thread. */
    public boolean isLive(NodeId peer, GroupKey group) {
        GroupPeer there = connected.get(peer);
        return there != null && !there.away.contains(group);
    }

    /** How many publishes a peer's members have not acknowledged. Any thread. */
    public int load(NodeId peer) {
        GroupPeer there = connected.get(peer);
        return there == null ? 0 : there.load;
    }

    /** Members of that group came or went here. */
    public void recheck(GroupKey group) {
        boolean changed = members.isAway(group) ? awayHere.add(group) : awayHere.remove(group);
        if (changed) {
            for (GroupPeer peer : peers.values()) {
                peer.tellLiveness(group);
                wake.accept(peer.id);
            }
        }
    }

    // ---- Given to others

    /**
     * A publish is about to be given to members of a peer.
     *
     * @return its ticket, or {@link #NO_TICKET} if it is not kept here
     */
    public long open(NodeId id, MeshPublish publish, List<GroupKey> groups) {
        Given given = new Given(publish, groups, loop.nanoTime());
        if (bytes + given.size() > options.maxBytes()) {
            untracked++;
            return NO_TICKET;
        }
        GroupPeer peer = peer(id);
        lastTicket++;
        peer.put(lastTicket, given);
        peer.lastTicket = lastTicket;
        bytes += given.size();
        return lastTicket;
    }

    /**
     * A publish that was given to a peer is still in the outbox: where an earlier life of this node gave it, it is kept
     * from now on as if this one had.
     *
     * @param waitedNanos since when it waits
     */
    public void onReadBack(NodeId id, long ticket, MeshPublish publish, List<GroupKey> groups, long waitedNanos) {
        GroupPeer peer = peer(id);
        if (ticket > firstTicket || peer.given.containsKey(ticket) || peer.isRevoked(ticket)) {
            return;
        }
        Given given = new Given(publish, groups, loop.nanoTime() - waitedNanos);
        if (bytes + given.size() > options.maxBytes()) {
            untracked++;
            return;
        }
        peer.put(ticket, given);
        bytes += given.size();
    }

    /** It was not given to the peer after all. */
    public void cancel(NodeId id, long ticket) {
        close(peer(id), ticket);
    }

    private void close(GroupPeer peer, long ticket) {
        Given given = peer.remove(ticket);
        if (given != null) {
            bytes -= given.size();
        }
    }

    /** Returns whether everything was tried that is at stake. */
    private boolean redeliver(GroupPeer peer) {
        Set<GroupKey> hopeless = new HashSet<>();
        List<Long> over = new ArrayList<>();
        boolean all = true;
        for (Map.Entry<Long, Given> next : peer.given.entrySet()) {
            long ticket = next.getKey();
            if (ticket > peer.atStakeThrough && peer.talking) {
                continue; // the new life gets it from the outbox
            }
            if (over.size() == REDELIVERIES_PER_TICK) {
                all = false;
                break;
            }
            if (redeliver(next.getValue(), peer.id, hopeless)) {
                peer.revoke(ticket);
                over.add(ticket);
            } else if (peer.talking) {
                abandoned++;
                over.add(ticket);
            }
        }
        over.forEach(ticket -> close(peer, ticket));
        if (over.isEmpty()) {
            peer.notBeforeNanos = loop.nanoTime() + TRY_AGAIN.toNanos();
        }
        return all;
    }

    /** What was given first goes first: it waited in vain, or the outbox did not keep it as long. */
    private void expire(GroupPeer peer, long now) {
        while (!peer.given.isEmpty()) {
            Map.Entry<Long, Given> oldest = peer.given.entrySet().iterator().next();
            if (now - oldest.getValue().atNanos() < options.keep().toNanos()) {
                return;
            }
            expired++;
            close(peer, oldest.getKey());
        }
    }

    /** Returns whether nothing is left to do. What was given to some groups and not to others, some get twice. */
    private boolean redeliver(Given given, NodeId gone, Set<GroupKey> hopeless) {
        boolean taken = true;
        for (GroupKey group : given.groups()) {
            if (hopeless.contains(group)) {
                taken = false;
            } else if (members.redeliver(given.publish(), group, gone)) {
                redelivered++;
            } else {
                hopeless.add(group);
                taken = false;
            }
        }
        return taken;
    }

    // ---- Given to our members

    /**
     * A publish with a ticket came for members here.
     *
     * @return false if it is to be left alone: its origin gave it to others meanwhile
     */
    public boolean arrived(NodeId origin, long ticket) {
        GroupPeer peer = peer(origin);
        peer.highest = Math.max(peer.highest, ticket);
        if (peer.ignored.remove(ticket)) {
            return false;
        }
        peer.pending.add(ticket);
        return true;
    }

    /** Our members are done with it. */
    public void done(NodeId origin, long ticket) {
        GroupPeer peer = peer(origin);
        if (peer.pending.remove(ticket)) {
            peer.tellDone(ticket);
            wake.accept(origin);
        }
    }

    // ---- Peers

    private GroupPeer peer(NodeId id) {
        return peers.computeIfAbsent(id, unknown -> new GroupPeer(unknown, loop.nanoTime()));
    }

    @Override
    public void attached(Consumer<NodeId> newWake) {
        wake = newWake;
    }

    @Override
    public void onConnected(NodeId id, long epoch) {
        GroupPeer peer = peer(id);
        if (peer.epoch != epoch) {
            // Before the first life that this node met, nothing was given but what is still in the outbox.
            peer.atStakeThrough = peer.epoch == 0 ? 0 : peer.lastTicket;
            peer.epoch = epoch;
        }
        // What an earlier life of it had is still to be given to others.
        peer.gone = peer.atStakeThrough > 0 && !peer.given.isEmpty();
        peer.away.clear();
        connected.put(id, peer);
        peer.begin(awayHere);
        wake.accept(id);
    }

    @Override
    public void onInterrupted(NodeId id) {
        peer(id).interrupt();
    }

    @Override
    public void onGone(NodeId id) {
        GroupPeer peer = peer(id);
        connected.remove(id);
        peer.gone = true;
        peer.notBeforeNanos = loop.nanoTime() + options.redeliverAfter().toNanos();
    }

    @Override
    public byte @Nullable [] next(NodeId id) {
        return peer(id).next(awayHere);
    }

    @Override
    public void onMessage(NodeId id, WireReader message) throws WireException {
        GroupWire.read(message, new Listening(peer(id)));
    }

    @Override
    public void onTick() {
        long now = loop.nanoTime();
        int waiting = 0;
        for (GroupPeer peer : List.copyOf(peers.values())) {
            if (peer.gone && now - peer.notBeforeNanos >= 0 && redeliver(peer) && peer.talking) {
                peer.gone = false;
                peer.atStakeThrough = 0;
            }
            expire(peer, now);
            waiting += peer.given.size();
        }
        statistics = new Statistics(waiting, bytes, untracked, redelivered, expired, abandoned);
    }

    /** What one peer says. */
    private final class Listening implements GroupWire.Reader {
        private final GroupPeer peer;

        Listening(GroupPeer peer) {
            this.peer = peer;
        }

        @Override
        public void onReset() {
            peer.away.clear();
        }

        @Override
        public void onAway(GroupKey group) {
            peer.away.add(group);
        }

        @Override
        public void onLive(GroupKey group) {
            peer.away.remove(group);
        }

        @Override
        public void onDone(List<Long> tickets) {
            tickets.forEach(ticket -> close(peer, ticket));
        }

        @Override
        public void onOpen(List<Long> tickets) {
            for (long ticket : tickets) {
                if (ticket <= peer.highest && !peer.pending.contains(ticket)) {
                    peer.tellDone(ticket);
                }
            }
            wake.accept(peer.id);
        }

        @Override
        public void onVoid(List<Long> tickets) {
            for (long ticket : tickets) {
                if (ticket > peer.highest) {
                    GroupPeer.addBounded(peer.ignored, ticket);
                }
            }
        }
    }
}
