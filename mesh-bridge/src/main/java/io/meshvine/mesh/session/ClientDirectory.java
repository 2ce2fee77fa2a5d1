package io.meshvine.mesh.session;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.lane.PeerService;
import io.meshvine.mesh.session.HandingOver.Stage;
import io.meshvine.mesh.session.Home.Claim;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * <p>Confined to the bridge loop.
 */
public final class ClientDirectory implements PeerService {

    /** Channel on the lanes. */
    public static final int CHANNEL = 2;

    private static final Logger LOG = LoggerFactory.getLogger(ClientDirectory.class);

    /** More than this waits for a peer: registrations that need not go now wait too. */
    private static final int MAX_WAITING = 4_096;

    /** A node that hands over gives a sign within so many claim timeouts. */
    private static final int SIGNS_APART = 4;

    /** A hand-over that failed while its node stayed in reach is tried again. */
    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    private final EventLoop loop;
    private final Executor turns;
    private final NodeId self;
    private final DirectoryOptions options;
    private final SessionHost host;
    private final LinkPositions links;
    private final Registrar registrar;
    private final Flushes flushes;

    private final Map<NodeId, Peer> peers = new TreeMap<>();
    private final Shards<Home> homes = new Shards<>();
    private final Map<Long, Fetching> fetchings = new HashMap<>();
    private final Deque<Retry> retries = new ArrayDeque<>();

    /** This node and those it can talk to. */
    private List<NodeId> members;

    /** Peers that have not heard of everything since their link was made. */
    private final Set<NodeId> unswept = new LinkedHashSet<>();

    private int swept = Shards.COUNT;
    private boolean sweeping;

    private Consumer<NodeId> wake = peer -> {};
    private long tickets;
    private long claims;
    private long lost;
    private long fetched;
    private long handedOver;
    private long superseded;
    private long failed;

    /** What is to be said to a peer, and the sessions on their way there. */
    private static final class Peer {
        final Deque<Item> items = new ArrayDeque<>();
        final Map<Long, HandingOver> handingOver = new TreeMap<>();
    }

    private record Retry(String clientId, NodeId from, long atNanos) {}

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
            long failed) {}

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
        this.loop = loop;
        this.turns = turns;
        this.self = self;
        this.options = options;
        this.host = host;
        this.links = links;
        this.members = List.of(self);
        this.registrar = new Registrar(self, options.maxRegistrations(), peers::containsKey, this::tellSuperseded);
        this.flushes = new Flushes(loop, turns, links, this::send, options.claimTimeout());
    }

    public Statistics statistics() {
        return new Statistics(
                homes.size(),
                registrar.size(),
                registrar.refused(),
                claims,
                lost,
                fetched,
                handedOver,
                superseded,
                failed);
    }

    /** Where a client is at home, as far as this node knows: it is at home here, or this is one of its registrars. */
    public Optional<Place> place(String clientId) {
        Home home = homes.get(clientId);
        Rank best = registrar.home(clientId);
        if (home != null && home.exists && (best == null || best.compareTo(home.rank(self)) < 0)) {
            return Optional.of(new Place(self, home.fence));
        }
        return Optional.ofNullable(best).map(rank -> new Place(rank.node(), rank.fence()));
    }

    /** Where a client is connected, as far as this node is one of its registrars or has the connection. */
    public Optional<NodeId> connectedAt(String clientId) {
        Home home = homes.get(clientId);
        return home != null && home.connected ? Optional.of(self) : registrar.connectedAt(clientId);
    }

    // ---- Clients of this node

    /** A session of an earlier life of this node goes on. Before the first peer. */
    public void restored(String clientId, long fence) {
        Home home = new Home(clientId);
        home.fence = fence;
        home.grantedFence = fence;
        home.exists = true;
        home.durable = true;
        homes.put(clientId, home);
        assign(home);
    }

    /**
     * A connection wants to speak for a client id. One at a time for each client id: the next one comes after the answer.
     *
     * @param clean whether its session begins anew, so that those elsewhere are ended instead of fetched
     * @param durable whether the session is to outlive the connection
     */
    public void claim(String clientId, boolean clean, boolean durable, Claimant claimant) {
        claims++;
        Home home = homes.get(clientId);
        if (home == null) {
            home = new Home(clientId);
            homes.put(clientId, home);
        }
        home.durable = durable;
        claim(home, new Claim(++tickets, clean, false, claimant), 0);
    }

    private void claim(Home home, Claim claim, long above) {
        home.claim = claim;
        long hint = Math.max(Math.max(home.fence, above) + 1, loop.wallMillis());
        Item.Claim item = new Item.Claim(home.clientId, claim.ticket, hint, home.durable);
        List<NodeId> before = home.registrars;
        home.registrars = Rendezvous.registrars(home.clientId, members);
        before.stream().filter(node -> !home.registrars.contains(node)).forEach(node -> unregister(node, home));
        for (NodeId node : home.registrars) {
            if (node.equals(self)) {
                claim.answers.add(registrar.claim(self, item));
            } else {
                claim.waitingFor.add(node);
                send(node, item);
            }
        }
        if (claim.waitingFor.isEmpty()) {
            decide(home, claim);
        } else {
            loop.schedule(options.claimTimeout(), () -> turns.execute(() -> decide(home, claim)));
        }
    }

    private void onClaimed(NodeId from, Item.Claimed item) {
        Home home = homes.get(item.clientId());
        Claim claim = home == null ? null : home.claim;
        if (home == null) {
            send(from, new Item.Unregister(item.clientId())); // The connection is over, and nothing is left of it.
        } else if (claim != null && claim.ticket == item.ticket() && !claim.decided) {
            claim.answers.add(item);
            claim.waitingFor.remove(from);
            if (claim.waitingFor.isEmpty()) {
                decide(home, claim);
            }
        } else {
            send(from, home.registration()); // Too late, but it knows of others: it will tell them.
        }
    }

    /** The registrars have answered, or are not waited for any longer. */
    private void decide(Home home, Claim claim) {
        if (home.claim != claim || claim.decided) {
            return;
        }
        claim.decided = true;
        long fence = Math.max(home.fence + 1, loop.wallMillis());
        for (Item.Claimed answer : claim.answers) {
            fence = Math.max(fence, answer.fence());
            claim.holders.addAll(answer.holders());
        }
        home.fence = fence;
        home.clean = claim.clean;
        home.winner = null;
        if (home.handingOver != null) {
            // Connected again before its session was frozen: the later claim is the better one.
            HandingOver older = home.handingOver;
            send(older.to, new Item.Lost(older.ticket, home.rank(self), false));
            stop(older);
        }
        home.registrars.forEach(node -> register(node, home));
        claim.holders.sort(Comparator.reverseOrder());
        for (Rank holder : claim.holders) {
            if (!home.holders.contains(holder.node())) {
                home.holders.add(holder.node());
            }
        }
        List<Runnable> deferred = List.copyOf(claim.deferred);
        deferred.forEach(Runnable::run);
        fetchNext(home);
    }

    private void grant(Home home, Claim claim) {
        home.claim = null;
        home.exists = true;
        home.connected = true;
        home.grantedFence = home.fence;
        claim.claimant.granted(home.fence);
        offer(home);
    }

    private void lose(Home home) {
        Claim claim = home.claim;
        if (claim == null) {
            return;
        }
        lost++;
        home.claim = null;
        home.holders.clear();
        stopFetching(home);
        claim.claimant.lost();
        if (!home.exists) {
            drop(home);
        }
    }

    /**
     * A connection is over. Without effect if the client was claimed again since.
     *
     * @param fence as it was granted
     * @param kept whether the session goes on
     */
    public void left(String clientId, long fence, boolean kept) {
        Home home = homes.get(clientId);
        if (home == null || home.grantedFence != fence || home.claim != null) {
            return;
        }
        home.connected = false;
        if (kept) {
            home.registrars.forEach(node -> register(node, home));
        } else if (home.handingOver == null) {
            drop(home);
        }
    }

    /** A session is over. Without effect if the client was claimed again since. */
    public void ended(String clientId, long fence) {
        left(clientId, fence, false);
    }

    /** The client has nothing here any more. */
    private void drop(Home home) {
        home.holders.clear();
        stopFetching(home);
        home.exists = false;
        home.connected = false;
        home.winner = null;
        home.registrars.forEach(node -> unregister(node, home));
        home.registrars = List.of();
        tidy(home);
    }

    private void tidy(Home home) {
        if (home.isVoid()) {
            homes.remove(home.clientId);
        }
    }

    // ---- Registration

    private void register(NodeId node, Home home) {
        if (node.equals(self)) {
            registrar.register(self, home.registration());
        } else {
            send(node, home.registration());
        }
    }

    private void unregister(NodeId node, Home home) {
        if (node.equals(self)) {
            registrar.unregister(self, home.clientId);
        } else {
            send(node, new Item.Unregister(home.clientId));
        }
    }

    /** Registers a home where it belongs by now; who is told anew is told in any case. */
    private void assign(Home home) {
        if (!home.exists && home.claim == null) {
            return;
        }
        List<NodeId> before = home.registrars;
        List<NodeId> now = Rendezvous.registrars(home.clientId, members);
        home.registrars = now;
        for (NodeId node : before) {
            if (!now.contains(node)) {
                unregister(node, home);
            }
        }
        for (NodeId node : now) {
            if (!before.contains(node) || unswept.contains(node)) {
                register(node, home);
            }
        }
        offer(home);
    }

    private void membersChanged() {
        List<NodeId> now = new ArrayList<>(peers.keySet());
        now.add(self);
        now.sort(Comparator.naturalOrder());
        members = List.copyOf(now);
        swept = 0;
        sweepSoon();
    }

    private void sweepSoon() {
        if (!sweeping) {
            sweeping = true;
            turns.execute(this::sweep);
        }
    }

    /** Goes through a part of the homes. With too much waiting for some peer, the next tick goes on. */
    private void sweep() {
        sweeping = false;
        boolean cleaning = registrar.clean();
        boolean busy = peers.values().stream().anyMatch(peer -> peer.items.size() > MAX_WAITING);
        if (swept < Shards.COUNT && !busy) {
            homes.part(swept).values().forEach(this::assign);
            swept++;
            if (swept == Shards.COUNT) {
                unswept.forEach(peer -> send(peer, new Item.Swept()));
                unswept.clear();
            }
        }
        if (cleaning || (swept < Shards.COUNT && !busy)) {
            sweepSoon();
        }
    }

    private void tellSuperseded(NodeId loser, String clientId, Rank winner) {
        Item.Superseded item = new Item.Superseded(clientId, winner);
        if (loser.equals(self)) {
            turns.execute(() -> onSuperseded(item)); // not within what it may change
        } else {
            send(loser, item);
        }
    }

    /** A registrar says that another node has the better claim. */
    private void onSuperseded(Item.Superseded item) {
        Home home = homes.get(item.clientId());
        if (home == null
                || (home.claim == null ? !home.exists : !home.claim.decided)
                || home.rank(self).compareTo(item.winner()) > 0) {
            return;
        }
        superseded++;
        home.winner = item.winner();
        offer(home);
    }

    private void offer(Home home) {
        Rank winner = home.winner;
        if (winner != null && home.claim == null && home.handingOver == null && peers.containsKey(winner.node())) {
            home.winner = null; // Whoever is in reach answers; else a registrar tells again.
            send(winner.node(), new Item.Offer(home.clientId, home.fence));
        }
    }

    // ---- The better claim

    private void onOffer(NodeId from, Item.Offer item) {
        Home home = homes.get(item.clientId());
        if (home == null || (!home.exists && home.claim == null)) {
            send(from, new Item.NotHome(item.clientId(), item.fence()));
            return;
        }
        if (home.handingOver != null) {
            send(from, new Item.Superseded(item.clientId(), home.handingOver.winner));
            return;
        }
        Rank theirs = new Rank(item.fence(), from);
        if (theirs.compareTo(home.rank(self)) > 0) {
            onSuperseded(new Item.Superseded(item.clientId(), theirs));
        } else if (host.hasReceived(item.clientId(), from, item.fence())) {
            send(from, new Item.Have(item.clientId(), item.fence()));
        } else {
            boolean coming = home.fetching != null && home.fetching.from.equals(from);
            if (!coming && !home.holders.contains(from)) {
                home.holders.add(from);
            }
            if (home.claim == null || home.claim.decided) {
                fetchNext(home);
            }
        }
    }

    private void onNotHome(Item.NotHome item) {
        Home home = homes.get(item.clientId());
        if (home != null && home.fence == item.fence() && home.claim == null) {
            home.registrars.forEach(node -> register(node, home));
        }
    }

    /** What the other one has, it had before this node's last crash or its own. */
    private void onHave(Item.Have item) {
        Home home = homes.get(item.clientId());
        if (home != null && home.fence == item.fence() && home.claim == null && home.handingOver == null) {
            home.moved = true;
            freeze(home);
        }
    }

    private void fetchNext(Home home) {
        while (home.fetching == null && home.handingOver == null && !home.holders.isEmpty()) {
            NodeId node = home.holders.remove();
            if (peers.containsKey(node)) {
                Fetching fetching = new Fetching(home, node, ++tickets, loop.nanoTime());
                home.fetching = fetching;
                fetchings.put(fetching.ticket, fetching);
                send(node, new Item.Fetch(home.clientId, fetching.ticket, home.fence, home.clean));
            }
        }
        Claim claim = home.claim;
        if (claim != null && claim.decided && home.fetching == null) {
            grant(home, claim);
        }
    }

    private @Nullable Fetching fetching(NodeId from, long ticket) {
        Fetching fetching = fetchings.get(ticket);
        if (fetching == null || !fetching.from.equals(from)) {
            return null;
        }
        fetching.heardNanos = loop.nanoTime();
        return fetching;
    }

    private void onComing(NodeId from, Item.Coming item) {
        Fetching fetching = fetching(from, item.ticket());
        if (fetching == null || fetching.session != null) {
            return;
        }
        Home home = fetching.home;
        if (host.hasReceived(home.clientId, from, item.fence())) {
            send(from, new Item.Taken(item.ticket()));
            fetched(fetching);
        } else if (!home.clean) {
            fetching.session = host.receive(home.clientId, home.fence, from, item.fence());
        }
    }

    private void onPart(NodeId from, Item.Part item) {
        Fetching fetching = fetching(from, item.ticket());
        if (fetching == null || fetching.session == null) {
            return;
        }
        try {
            fetching.session.accept(item.content());
            send(from, new Item.PartAck(item.ticket(), item.number()));
        } catch (IllegalArgumentException malformed) {
            LOG.warn("a session that {} hands over cannot be read: {}", from, malformed.getMessage());
            giveUp(fetching);
        }
    }

    private void onCaughtUp(NodeId from, long ticket) {
        Fetching fetching = fetching(from, ticket);
        if (fetching != null && fetching.session != null) {
            try {
                fetching.session.activate(() -> turns.execute(() -> {
                    if (!fetching.isOver()) {
                        send(from, new Item.Ready(ticket));
                    }
                }));
            } catch (IllegalArgumentException unfit) {
                LOG.warn("a session that {} hands over cannot be taken in: {}", from, unfit.getMessage());
                giveUp(fetching);
            }
        }
    }

    private void onEnd(NodeId from, long ticket) {
        Fetching fetching = fetching(from, ticket);
        if (fetching != null && fetching.session != null) {
            SessionHost.Import session = fetching.session;
            fetching.complete();
            session.finish(() -> turns.execute(() -> {
                send(from, new Item.Taken(ticket));
                fetching.home.exists = true;
                fetched++;
                fetched(fetching);
            }));
        }
    }

    private void onNothing(NodeId from, long ticket) {
        Fetching fetching = fetching(from, ticket);
        if (fetching != null) {
            fetching.leave();
            fetched(fetching);
        }
    }

    private void onLost(NodeId from, Item.Lost item) {
        Fetching fetching = fetching(from, item.ticket());
        if (fetching == null) {
            return;
        }
        Home home = fetching.home;
        Claim claim = home.claim;
        if (claim == null) {
            fetching.leave();
        } else {
            home.exists |= fetching.discard();
        }
        fetchings.remove(fetching.ticket);
        home.fetching = null;
        if (claim == null) {
            onSuperseded(new Item.Superseded(home.clientId, item.winner()));
            fetchNext(home);
        } else if (item.established() && !claim.again) {
            // No rival of this connection, but one that the registrars did not know.
            claim(
                    home,
                    new Claim(++tickets, claim.clean, true, claim.claimant),
                    item.winner().fence());
        } else {
            lose(home);
        }
    }

    private void fetched(Fetching fetching) {
        fetching.complete();
        fetchings.remove(fetching.ticket);
        Home home = fetching.home;
        if (home.fetching == fetching) {
            home.fetching = null;
            List.copyOf(fetching.afterwards).forEach(Runnable::run);
            fetchNext(home);
        }
    }

    /** The other node is silent or says what cannot be read: the client is served, and the rest comes later. */
    private void giveUp(Fetching fetching) {
        failed++;
        send(fetching.from, new Item.Cancel(fetching.ticket));
        fetching.leave();
        retries.add(new Retry(fetching.home.clientId, fetching.from, loop.nanoTime() + RETRY_NANOS));
        fetched(fetching);
    }

    private void stopFetching(Home home) {
        Fetching fetching = home.fetching;
        if (fetching != null) {
            home.fetching = null;
            fetchings.remove(fetching.ticket);
            send(fetching.from, new Item.Cancel(fetching.ticket));
            home.exists |= fetching.discard();
        }
    }

    // ---- The other's claim is better

    private void onFetch(NodeId from, Item.Fetch item) {
        Home home = homes.get(item.clientId());
        if (home == null) {
            send(from, new Item.Nothing(item.ticket()));
            return;
        }
        Claim claim = home.claim;
        if (claim != null && !claim.decided) {
            claim.deferred.add(() -> onFetch(from, item));
            return;
        }
        Fetching coming = home.fetching;
        if (coming != null && coming.isOver()) {
            coming.afterwards.add(() -> onFetch(from, item)); // What came is being kept; then it can go on.
            return;
        }
        Rank theirs = new Rank(item.fence(), from);
        if (theirs.compareTo(home.rank(self)) < 0) {
            send(from, new Item.Lost(item.ticket(), home.rank(self), claim == null));
            return;
        }
        HandingOver before = home.handingOver;
        if (before != null && before.winner.compareTo(theirs) > 0) {
            send(from, new Item.Lost(item.ticket(), before.winner, false));
            return;
        }
        HandingOver handingOver = new HandingOver(home, theirs, item.ticket(), item.clean());
        home.handingOver = handingOver;
        if (before != null) {
            send(before.to, new Item.Lost(before.ticket, theirs, false));
            finish(before);
        }
        lose(home);
        home.holders.clear();
        stopFetching(home);
        Peer peer = peers.get(from);
        if (peer != null) {
            peer.handingOver.put(item.ticket(), handingOver);
        }
        send(from, new Item.Coming(item.ticket(), home.fence));
        freeze(home);
    }

    private void freeze(Home home) {
        if (home.frozen) {
            turns.execute(() -> onFrozen(home));
        } else if (!home.freezing) {
            home.freezing = true;
            long freeze = ++home.freezes;
            host.freeze(
                    home.clientId,
                    () -> turns.execute(() -> {
                        if (home.freezing && home.freezes == freeze) {
                            home.freezing = false;
                            home.frozen = true;
                            onFrozen(home);
                        }
                    }));
        }
    }

    private void release(Home home) {
        if (home.frozen || home.freezing) {
            home.frozen = false;
            home.freezing = false;
            home.moved = false;
            host.release(home.clientId);
        }
        tidy(home);
    }

    private void onFrozen(Home home) {
        HandingOver handingOver = home.handingOver;
        home.connected = false;
        if (handingOver == null) {
            if (home.moved && home.claim == null) {
                host.forget(home.clientId);
                drop(home);
            }
            release(home);
            return;
        }
        if (handingOver.stage() != Stage.FREEZING) {
            return;
        }
        SessionHost.Export export = handingOver.clean ? null : host.export(home.clientId);
        if (export == null) {
            host.end(home.clientId);
            send(handingOver.to, new Item.Nothing(handingOver.ticket));
            handedOver(handingOver);
        } else {
            handingOver.begin(export);
            wake.accept(handingOver.to);
        }
    }

    private @Nullable HandingOver handingOver(NodeId to, long ticket) {
        Peer peer = peers.get(to);
        return peer == null ? null : peer.handingOver.get(ticket);
    }

    private void onPartAck(NodeId from, Item.PartAck item) {
        HandingOver handingOver = handingOver(from, item.ticket());
        if (handingOver != null) {
            handingOver.onConfirmed(item.number());
            wake.accept(from);
        }
    }

    /** The new home takes what is published from now on; what was on its way here before comes, and then goes there. */
    private void onReady(NodeId from, long ticket) {
        HandingOver handingOver = handingOver(from, ticket);
        if (handingOver != null && handingOver.stage() == Stage.SUBSCRIBING) {
            handingOver.stage(Stage.FLUSHING);
            flushes.begin(
                    List.copyOf(peers.keySet()),
                    () -> handingOver.settle(() -> turns.execute(() -> {
                        if (handingOver.stage() == Stage.FLUSHING) {
                            handingOver.stage(Stage.SENDING_REST);
                            wake.accept(from);
                        }
                    })));
        }
    }

    private void onTaken(NodeId from, long ticket) {
        HandingOver handingOver = handingOver(from, ticket);
        if (handingOver == null) {
            return;
        }
        Home home = handingOver.home;
        if (handingOver.stage() == Stage.FREEZING) {
            finish(handingOver); // The other one has it since long; the connection here may not be over yet.
            home.moved = true;
            freeze(home);
            return;
        }
        host.forget(home.clientId);
        handedOver++;
        handedOver(handingOver);
    }

    private void handedOver(HandingOver handingOver) {
        Home home = handingOver.home;
        finish(handingOver);
        drop(home);
        release(home);
    }

    private void onCancel(NodeId from, long ticket) {
        HandingOver handingOver = handingOver(from, ticket);
        if (handingOver != null) {
            failed++;
            stop(handingOver);
        }
    }

    /** It goes on here, at least for now. */
    private void stop(HandingOver handingOver) {
        finish(handingOver);
        Home home = handingOver.home;
        release(home);
        offer(home);
    }

    private void finish(HandingOver handingOver) {
        handingOver.stage(Stage.OVER);
        Peer peer = peers.get(handingOver.to);
        if (peer != null) {
            peer.handingOver.remove(handingOver.ticket, handingOver);
        }
        if (handingOver.home.handingOver == handingOver) {
            handingOver.home.handingOver = null;
        }
    }

    // ---- Peers

    private void send(NodeId to, Item item) {
        Peer peer = peers.get(to);
        if (peer != null) {
            peer.items.add(item);
            wake.accept(to);
        }
    }

    @Override
    public void attached(Consumer<NodeId> wakeUp) {
        wake = wakeUp;
    }

    @Override
    public void onConnected(NodeId peer, long epoch) {
        peers.put(peer, new Peer());
        unswept.add(peer);
        registrar.onConnected(peer);
        membersChanged();
    }

    @Override
    public void onInterrupted(NodeId peer) {
        Peer left = peers.remove(peer);
        if (left == null) {
            return;
        }
        unswept.remove(peer);
        for (HandingOver handingOver : List.copyOf(left.handingOver.values())) {
            Home home = handingOver.home;
            if (home.winner == null || home.winner.compareTo(handingOver.winner) < 0) {
                home.winner = handingOver.winner; // It may still be that when it is back.
            }
            stop(handingOver);
        }
        for (Fetching fetching : List.copyOf(fetchings.values())) {
            if (fetching.from.equals(peer) && !fetching.isOver()) {
                fetching.leave();
                fetched(fetching);
            }
        }
        flushes.onInterrupted(peer);
        membersChanged();
        undecidedWithout(peer);
    }

    /** Claims do not wait for a registrar that is out of reach. */
    private void undecidedWithout(NodeId peer) {
        for (int i = 0; i < Shards.COUNT; i++) {
            for (Home home : List.copyOf(homes.part(i).values())) {
                Claim claim = home.claim;
                if (claim != null && claim.waitingFor.remove(peer) && claim.waitingFor.isEmpty()) {
                    decide(home, claim);
                }
            }
        }
    }

    @Override
    public void onGone(NodeId peer) {
        registrar.onGone(peer);
        sweepSoon();
    }

    @Override
    public byte @Nullable [] next(NodeId to) {
        Peer peer = peers.get(to);
        if (peer == null) {
            return null;
        }
        WireWriter out = null;
        while (!peer.items.isEmpty() && (out == null || out.size() < MESSAGE_BYTES)) {
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

    @Override
    public void onMessage(NodeId from, WireReader message) throws WireException {
        while (message.remaining() > 0) {
            onItem(from, ItemCodec.read(message));
        }
    }

    private void onItem(NodeId from, Item item) {
        if (item instanceof Item.Claim claim) {
            send(from, registrar.claim(from, claim));
        } else if (item instanceof Item.Claimed claimed) {
            onClaimed(from, claimed);
        } else if (item instanceof Item.Register register) {
            registrar.register(from, register);
        } else if (item instanceof Item.Unregister unregister) {
            registrar.unregister(from, unregister.clientId());
        } else if (item instanceof Item.Swept) {
            registrar.onSwept(from);
            sweepSoon();
        } else if (item instanceof Item.Superseded told) {
            onSuperseded(told);
        } else if (item instanceof Item.Offer offer) {
            onOffer(from, offer);
        } else if (item instanceof Item.NotHome notHome) {
            onNotHome(notHome);
        } else if (item instanceof Item.Have have) {
            onHave(have);
        } else if (item instanceof Item.Fetch fetch) {
            onFetch(from, fetch);
        } else {
            onTransfer(from, item);
        }
    }

    private void onTransfer(NodeId from, Item item) {
        if (item instanceof Item.Coming coming) {
            onComing(from, coming);
        } else if (item instanceof Item.Part part) {
            onPart(from, part);
        } else if (item instanceof Item.PartAck ack) {
            onPartAck(from, ack);
        } else if (item instanceof Item.CaughtUp caughtUp) {
            onCaughtUp(from, caughtUp.ticket());
        } else if (item instanceof Item.Ready ready) {
            onReady(from, ready.ticket());
        } else if (item instanceof Item.End end) {
            onEnd(from, end.ticket());
        } else if (item instanceof Item.Taken taken) {
            onTaken(from, taken.ticket());
        } else if (item instanceof Item.Nothing nothing) {
            onNothing(from, nothing.ticket());
        } else if (item instanceof Item.Lost told) {
            onLost(from, told);
        } else if (item instanceof Item.Cancel cancel) {
            onCancel(from, cancel.ticket());
        } else if (item instanceof Item.Flush flush) {
            send(from, new Item.Flushed(flush.ticket(), links.handedOver(from)));
        } else if (item instanceof Item.Flushed flushed) {
            flushes.onFlushed(from, flushed);
        }
    }

    @Override
    public void onTick() {
        long now = loop.nanoTime();
        long first = options.claimTimeout().toNanos();
        for (Fetching fetching : List.copyOf(fetchings.values())) {
            long patience = fetching.session == null ? first : SIGNS_APART * first;
            if (!fetching.isOver() && now - fetching.heardNanos > patience) {
                giveUp(fetching);
            }
        }
        Retry retry;
        while ((retry = retries.peek()) != null && now - retry.atNanos >= 0) {
            retries.remove();
            Home home = homes.get(retry.clientId);
            if (home != null && home.claim == null && home.handingOver == null) {
                home.holders.add(retry.from);
                fetchNext(home);
            }
        }
        sweepSoon();
    }
}
