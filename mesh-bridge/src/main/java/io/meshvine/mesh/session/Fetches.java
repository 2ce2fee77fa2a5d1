package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.session.Home.Claim;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sessions on their way to this node, which has the better claim. Confined to the bridge loop. */
final class Fetches {

    private static final Logger LOG = LoggerFactory.getLogger(Fetches.class);

    /**
     * A node in reach that has the session gives a sign within so many claim timeouts. Who is dead or cut off is out of reach
     * before that; who is only slow is waited for, since a client that is let in without its session gets things twice and
     * out of order once that comes.
     */
    private static final int SIGNS_APART = 20;

    /** A hand-over that failed while its node stayed in reach is tried again. */
    private static final long RETRY_NANOS = Duration.ofSeconds(1).toNanos();

    private final DirectoryParts parts;
    private final LinkPositions links;
    private final Intake intake;
    private final Deque<Retry> retries = new ArrayDeque<>();
    private long tickets;

    private record Retry(String clientId, NodeId from, long atNanos) {}

    Fetches(DirectoryParts parts, LinkPositions links) {
        this.parts = parts;
        this.links = links;
        this.intake = new Intake(
                parts.options,
                fetching -> parts.peers.send(fetching.from, new Item.PartAck(fetching.ticket, fetching.unconfirmed)));
    }

    /** What comes from other nodes at present. */
    Intake intake() {
        return intake;
    }

    /** A node has something of a client that is at home here, or about to be. */
    void add(Home home, NodeId from) {
        Fetching fetching = home.fetching;
        // If all of it came and is being kept, the other one may be in another life, and ask whether that is here.
        boolean coming = fetching != null && fetching.from.equals(from) && !fetching.isOver();
        if (!coming && !home.holders.contains(from)) {
            home.holders.add(from);
        }
        if (home.claim == null || home.claim.decided) {
            next(home);
        }
    }

    /** Fetches from the next node that holds something; when there is none left, a claim is granted. */
    void next(Home home) {
        while (home.fetching == null && home.handingOver == null && !home.holders.isEmpty()) {
            if (!intake.admits(home)) {
                return;
            }
            NodeId node = home.holders.remove();
            if (parts.peers.isInReach(node)) {
                Fetching fetching = new Fetching(home, node, ++tickets, parts.loop.nanoTime());
                home.fetching = fetching;
                intake.add(fetching);
                parts.peers.send(node, new Item.Fetch(home.clientId, fetching.ticket, home.fence, home.begins()));
            }
        }
        Claim claim = home.claim;
        if (claim != null && claim.decided && home.fetching == null) {
            parts.claims.grant(home, claim);
        }
    }

    /** What this node kept of an earlier stay of the session goes to it: it stays until that is done. */
    Fetching fromHere(Home home) {
        Fetching fetching = new Fetching(home, parts.self, ++tickets, parts.loop.nanoTime());
        fetching.complete();
        home.fetching = fetching;
        return fetching;
    }

    private @Nullable Fetching fetching(NodeId from, long ticket) {
        Fetching fetching = intake.get(ticket);
        if (fetching == null || !fetching.from.equals(from)) {
            return null;
        }
        fetching.heardNanos = parts.loop.nanoTime();
        return fetching;
    }

    /** The other node is there, and cannot say yet. */
    void onUndecided(NodeId from, long ticket) {
        fetching(from, ticket);
    }

    void onComing(NodeId from, Item.Coming item) {
        Fetching fetching = fetching(from, item.ticket());
        if (fetching == null || fetching.session != null) {
            return;
        }
        Home home = fetching.home;
        long received = parts.host.received(home.clientId, from, item.fence());
        if (received != SessionHost.NOT_RECEIVED) {
            parts.peers.send(from, new Item.Taken(item.ticket(), links.interest(parts.self), received));
            end(fetching);
        } else {
            beginsWith(home, item);
            fetching.session = parts.host.receive(home.clientId, home.fence, from, item.fence(), home.begun);
        }
    }

    /** The session began anew where it comes from: what is here of an older one does not go on. */
    private void beginsWith(Home home, Item.Coming item) {
        if (home.exists && home.grantedFence < item.begun()) {
            parts.host.end(home.clientId, () -> {}); // Everything that is written from now on is behind it.
        }
        home.begun = Math.max(home.begun, item.begun());
    }

    void onPart(NodeId from, Item.Part item) {
        Fetching fetching = fetching(from, item.ticket());
        if (fetching == null || fetching.session == null) {
            return;
        }
        try {
            fetching.session.accept(item.content());
            intake.onPart(fetching, item.number(), item.content().length);
        } catch (IllegalArgumentException malformed) {
            LOG.warn("a session that {} hands over cannot be read: {}", from, malformed.getMessage());
            giveUp(fetching);
        }
    }

    void onCaughtUp(NodeId from, long ticket) {
        Fetching fetching = fetching(from, ticket);
        if (fetching != null && fetching.session != null) {
            try {
                fetching.session.activate(() -> parts.turns.execute(() -> {
                    if (!fetching.isOver()) {
                        parts.peers.send(from, new Item.Ready(ticket, links.interest(parts.self)));
                    }
                }));
            } catch (IllegalArgumentException unfit) {
                LOG.warn("a session that {} hands over cannot be taken in: {}", from, unfit.getMessage());
                giveUp(fetching);
            }
        }
    }

    void onEnd(NodeId from, Item.End item) {
        long ticket = item.ticket();
        Fetching fetching = fetching(from, ticket);
        if (fetching != null && fetching.session != null) {
            SessionHost.Import session = fetching.session;
            fetching.complete();
            session.finish(
                    item.through(),
                    () -> parts.turns.execute(() -> {
                        parts.peers.send(from, new Item.Taken(ticket, links.interest(parts.self), item.through()));
                        fetching.home.keep();
                        fetching.home.whole = true;
                        parts.tally.fetched++;
                        end(fetching);
                    }));
        }
    }

    void onNothing(NodeId from, long ticket) {
        Fetching fetching = fetching(from, ticket);
        if (fetching != null) {
            fetching.leave();
            end(fetching);
        }
    }

    void onLost(NodeId from, Item.Lost item) {
        Fetching fetching = fetching(from, item.ticket());
        if (fetching == null) {
            return;
        }
        Home home = fetching.home;
        Claim claim = home.claim;
        if (fetching.isOver()) {
            fetching.afterwards.add(() -> lostWhatCame(home, item.winner())); // It is being kept.
            return;
        }
        if (claim == null) {
            fetching.leave();
        } else {
            fetching.discard();
        }
        remove(fetching);
        home.fetching = null;
        if (claim == null) {
            parts.rivals.onSuperseded(new Item.Superseded(home.clientId, item.winner()));
            next(home);
        } else if (item.established() && !claim.again) {
            parts.claims.again(home, claim, item.winner()); // No rival of this connection.
        } else {
            parts.claims.lose(home);
        }
    }

    private void remove(Fetching fetching) {
        intake.remove(fetching);
        if (intake.waiting() > 0) {
            parts.turns.execute(this::takeTurns);
        }
    }

    private void takeTurns() {
        Home home;
        while ((home = intake.turn()) != null) {
            next(home);
        }
    }

    /** All of the session came here, and yet it is for another node: which fetches it from here, or is offered it. */
    private void lostWhatCame(Home home, Rank winner) {
        parts.claims.lose(home);
        parts.homes.register(home);
        parts.rivals.onSuperseded(new Item.Superseded(home.clientId, winner));
    }

    void end(Fetching fetching) {
        fetching.complete();
        remove(fetching);
        Home home = fetching.home;
        if (home.fetching == fetching) {
            home.fetching = null;
            List.copyOf(fetching.afterwards).forEach(Runnable::run);
            parts.handOvers.answer(home);
            next(home);
        }
    }

    /** The other node is silent or says what cannot be read: the client is served, and the rest comes later. */
    private void giveUp(Fetching fetching) {
        parts.tally.failed++;
        parts.peers.send(fetching.from, new Item.Cancel(fetching.ticket));
        fetching.leave();
        retries.add(new Retry(fetching.home.clientId, fetching.from, parts.loop.nanoTime() + RETRY_NANOS));
        end(fetching);
    }

    /** Another node gets the session. */
    void stop(Home home) {
        Fetching fetching = home.fetching;
        if (fetching != null) {
            home.fetching = null;
            remove(fetching);
            parts.peers.send(fetching.from, new Item.Cancel(fetching.ticket));
            fetching.discard();
        }
    }

    void onInterrupted(NodeId peer) {
        for (Fetching fetching : intake.all()) {
            if (fetching.from.equals(peer) && !fetching.isOver()) {
                fetching.leave();
                end(fetching);
            }
        }
    }

    void onTick() {
        long now = parts.loop.nanoTime();
        long patience = SIGNS_APART * parts.options.claimTimeout().toNanos();
        for (Fetching fetching : intake.all()) {
            if (fetching.unconfirmed != 0) {
                fetching.heardNanos = now; // It is waiting for this node.
            }
            if (!fetching.isOver() && now - fetching.heardNanos > patience) {
                giveUp(fetching);
            }
        }
        Retry retry;
        while ((retry = retries.peek()) != null && now - retry.atNanos >= 0) {
            retries.remove();
            Home home = parts.homes.get(retry.clientId);
            if (home != null && home.claim == null && home.handingOver == null) {
                home.holders.add(retry.from);
                next(home);
            }
        }
    }
}
