package io.meshvine.mesh.session;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.lane.PeerService;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps each client at home at one node of those that reach each other, and moves its session there.
 *
 * <p>For each client id, {@link Rendezvous} chooses registrars among the nodes in reach. Who gets a connection claims the
 * client: each registrar answers with a fence above all it knows, registers the claimant under it, and names the other
 * nodes that hold something of the client. So of two claims at once the later one hears of the earlier one at each
 * registrar; the highest fence that a claimant heard is its own, and {@link Rank} decides. Then the claimant fetches the
 * session from each of the others, which end their connections; a node that learns from a registrar that another one has
 * the better claim (as after a split) offers what it has to that one, and is fetched from likewise.
 *
 * <p>A hand-over loses nothing: the old home takes messages for the session until the new one has everything durably, and
 * the new one takes them from the time when it is subscribed; what comes both ways is left out once. If either side fails
 * in between, the old home still has all of it. Nobody waits for a node out of reach: it is fetched from when it is back.
 *
 * <p>This class is what the node and the lanes see of it. {@link Claims} let connections in, {@link Fetches} and
 * {@link HandOvers} are the two ends of a move, {@link Residues} see to what comes after it, {@link Rivals} find out about each other, {@link HomeTable} has the homes
 * of this node and their registrations, {@link Registrar} those that this node keeps for others.
 *
 * <p>Confined to the bridge loop.
 */
public final class ClientDirectory implements PeerService {

    /** Channel on the lanes. */
    public static final int CHANNEL = 2;

    private final DirectoryParts parts;
    private volatile Statistics latest = new Statistics(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /**
     * How it stands.
     *
     * @param homes clients at home here
     * @param registered client ids kept here as a registrar
     * @param refused registrations for which there was no room
     * @param claims connections that asked
     * @param lost connections that lost against another node
     * @param fetched sessions that came from other nodes
     * @param handedOver sessions that went to other nodes
     * @param superseded sessions to which another node had the better claim, as after a split
     * @param failed hand-overs that did not come to their end
     * @param residues sessions that went to other nodes, and for which nodes out of reach may still send something here
     * @param coming sessions on their way here
     * @param waiting sessions that wait until some of these are here
     * @param stagedBytes what came of sessions on their way here
     * @param cleanStarts clients whose sessions began anew while some node was out of reach, which is to know
     * @param cleanStartsForgotten those for which there was no room
     */
    public record Statistics(
            int homes,
            int registered,
            long refused,
            long claims,
            long lost,
            long fetched,
            long handedOver,
            long superseded,
            long failed,
            int residues,
            int coming,
            int waiting,
            long stagedBytes,
            int cleanStarts,
            long cleanStartsForgotten) {}

    /**
     * Where a client is at home.
     *
     * @param fence number of the claim
     */
    public record Place(NodeId node, long fence) {}

    /**
     * @param turns runs tasks on the loop, in a turn of the bridge; any thread
     */
    public ClientDirectory(
            EventLoop loop,
            Executor turns,
            NodeId self,
            DirectoryOptions options,
            SessionHost host,
            LinkPositions links) {
        this.parts = new DirectoryParts(loop, turns, self, options, host, links);
    }

    /** As of the last tick, a fraction of a second ago. Any thread. */
    public Statistics latestStatistics() {
        return latest;
    }

    public Statistics statistics() {
        Registrar registrar = parts.homes.registrar();
        Tally tally = parts.tally;
        Intake intake = parts.fetches.intake();
        return new Statistics(
                parts.homes.size(),
                registrar.size(),
                registrar.refused(),
                tally.claims,
                tally.lost,
                tally.fetched,
                tally.handedOver,
                tally.superseded,
                tally.failed,
                parts.residues.size(),
                intake.size(),
                intake.waiting(),
                intake.bytes(),
                parts.cleanStarts.size(),
                parts.cleanStarts.forgotten());
    }

    /** Where a client is at home, as far as this node knows: it is at home here, or this is one of its registrars. */
    public Optional<Place> place(String clientId) {
        Home home = parts.homes.get(clientId);
        Rank best = parts.homes.registrar().home(clientId);
        if (home != null && home.exists && (best == null || best.compareTo(home.rank(parts.self)) < 0)) {
            return Optional.of(new Place(parts.self, home.fence));
        }
        return Optional.ofNullable(best).map(rank -> new Place(rank.node(), rank.fence()));
    }

    /** Where a client is connected, as far as this node is one of its registrars or has the connection. */
    public Optional<NodeId> connectedAt(String clientId) {
        Home home = parts.homes.get(clientId);
        return home != null && home.connected
                ? Optional.of(parts.self)
                : parts.homes.registrar().connectedAt(clientId);
    }

    // ---- Clients of this node

    /**
     * A session of an earlier life of this node goes on. Before the first peer.
     *
     * @param fence of the claim by which it is here
     * @param begun of the clean start with which it began, or 0
     */
    public void restored(String clientId, long fence, long begun) {
        Home home = parts.homes.getOrAdd(clientId);
        home.fence = fence;
        home.begun = begun;
        home.keep();
        home.whole = true;
        home.durable = true;
        parts.cleanStarts.onRestored(home);
        parts.homes.assign(home);
    }

    /** A session began anew in an earlier life of this node, whatever became of it. Before the sessions. */
    public void restoredBegun(String clientId, long fence) {
        parts.cleanStarts.restored(clientId, fence);
    }

    /** What an earlier life of this node left behind of a session that moved. Before the first peer. */
    public void restored(SessionHost.LeftBehind kept) {
        parts.residues.add(kept);
    }

    /**
     * A connection wants to speak for a client id. One at a time for each client id: the next one comes after the answer.
     *
     * @param clean whether its session begins anew, so that those elsewhere are ended instead of fetched
     * @param durable whether the session is to outlive the connection
     */
    public void claim(String clientId, boolean clean, boolean durable, Claimant claimant) {
        parts.claims.begin(clientId, clean, durable, claimant);
    }

    /**
     * A connection is over. Without effect if the client was claimed again since.
     *
     * @param fence as it was granted
     * @param kept whether the session goes on
     */
    public void left(String clientId, long fence, boolean kept) {
        parts.claims.left(clientId, fence, kept);
    }

    /** A session is over. Without effect if the client was claimed again since. */
    public void ended(String clientId, long fence) {
        left(clientId, fence, false);
    }

    // ---- Peers

    @Override
    public void attached(Consumer<NodeId> wakeUp) {
        parts.peers.wakeBy(wakeUp);
    }

    @Override
    public void onConnected(NodeId peer, long epoch) {
        parts.peers.begin(peer);
        parts.homes.onConnected(peer);
        parts.residues.onConnected();
        parts.cleanStarts.onConnected(peer);
    }

    @Override
    public void onInterrupted(NodeId peer) {
        List<HandingOver> onTheirWay = parts.peers.end(peer);
        if (onTheirWay == null) {
            return;
        }
        onTheirWay.forEach(handingOver -> handingOver.source.onStopped(handingOver));
        parts.fetches.onInterrupted(peer);
        parts.flushes.onInterrupted(peer);
        parts.homes.onInterrupted(peer);
        parts.cleanStarts.onInterrupted(peer);
        parts.claims.undecidedWithout(peer);
    }

    @Override
    public void onGone(NodeId peer) {
        parts.homes.onGone(peer);
    }

    @Override
    public byte @Nullable [] next(NodeId to) {
        return parts.peers.next(to);
    }

    @Override
    public void onMessage(NodeId from, WireReader message) throws WireException {
        while (message.remaining() > 0) {
            onItem(from, ItemCodec.read(message));
        }
    }

    private void onItem(NodeId from, Item item) {
        Registrar registrar = parts.homes.registrar();
        if (item instanceof Item.Claim claim) {
            parts.peers.send(from, registrar.claim(from, claim));
        } else if (item instanceof Item.Claimed claimed) {
            parts.claims.onClaimed(from, claimed);
        } else if (item instanceof Item.Register register) {
            registrar.register(from, register);
        } else if (item instanceof Item.Unregister unregister) {
            registrar.unregister(from, unregister.clientId());
        } else if (item instanceof Item.Swept) {
            parts.homes.onSwept(from);
        } else if (item instanceof Item.Superseded told) {
            parts.rivals.onSuperseded(told);
        } else if (item instanceof Item.Offer offer) {
            parts.rivals.onOffer(from, offer);
        } else if (item instanceof Item.NotHome notHome) {
            parts.rivals.onNotHome(notHome);
        } else if (item instanceof Item.Have have) {
            parts.rivals.onHave(from, have);
        } else if (item instanceof Item.Began began) {
            parts.cleanStarts.onBegan(began);
        } else if (item instanceof Item.Seek seek) {
            registrar.seek(from, seek);
        } else if (item instanceof Item.Fetch fetch) {
            parts.handOvers.onFetch(from, fetch);
        } else {
            onTransfer(from, item);
        }
    }

    private void onTransfer(NodeId from, Item item) {
        if (item instanceof Item.Coming coming) {
            parts.fetches.onComing(from, coming);
        } else if (item instanceof Item.Undecided undecided) {
            parts.fetches.onUndecided(from, undecided.ticket());
        } else if (item instanceof Item.Part part) {
            parts.fetches.onPart(from, part);
        } else if (item instanceof Item.PartAck ack) {
            parts.handOvers.onPartAck(from, ack);
        } else if (item instanceof Item.CaughtUp caughtUp) {
            parts.fetches.onCaughtUp(from, caughtUp.ticket());
        } else if (item instanceof Item.Ready ready) {
            parts.handOvers.onReady(from, ready);
        } else if (item instanceof Item.End end) {
            parts.fetches.onEnd(from, end);
        } else if (item instanceof Item.Taken taken) {
            parts.handOvers.onTaken(from, taken);
        } else if (item instanceof Item.Nothing nothing) {
            parts.fetches.onNothing(from, nothing.ticket());
        } else if (item instanceof Item.Lost told) {
            parts.fetches.onLost(from, told);
        } else if (item instanceof Item.Cancel cancel) {
            parts.handOvers.onCancel(from, cancel.ticket());
        } else if (item instanceof Item.Flush flush) {
            parts.flushes.onFlush(from, flush);
        } else if (item instanceof Item.Flushed flushed) {
            parts.flushes.onFlushed(from, flushed);
        }
    }

    @Override
    public void onTick() {
        parts.fetches.onTick();
        parts.residues.onTick();
        parts.cleanStarts.onTick();
        parts.homes.sweepSoon();
        latest = statistics();
    }
}
