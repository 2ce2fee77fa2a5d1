package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.session.Home.Claim;

/**
 * Connections that want to speak for a client: from the question to its registrars, who has something of it, to the
 * answer to the connection, once that is here. Confined to the bridge loop.
 */
final class Claims {

    private final DirectoryParts parts;
    private long tickets;

    Claims(DirectoryParts parts) {
        this.parts = parts;
    }

    /** As {@link ClientDirectory#claim}. */
    void begin(String clientId, boolean clean, boolean durable, Claimant claimant) {
        parts.tally.claims++;
        Home home = parts.homes.getOrAdd(clientId);
        home.durable = durable;
        ask(home, new Claim(++tickets, clean, false, claimant), 0);
    }

    /** Once more, above a home that the registrars did not know. */
    void again(Home home, Claim before, Rank winner) {
        ask(home, new Claim(++tickets, before.clean, true, before.claimant), winner.fence());
    }

    private void ask(Home home, Claim claim, long above) {
        home.claim = claim;
        long hint = Math.max(Math.max(home.fence, above) + 1, parts.loop.wallMillis());
        Item.Claim item = new Item.Claim(home.clientId, claim.ticket, hint, home.durable, home.whole);
        parts.homes.choose(home);
        for (NodeId node : home.registrars) {
            if (node.equals(parts.self)) {
                claim.answers.add(parts.homes.registrar().claim(parts.self, item));
            } else {
                claim.waitingFor.add(node);
                parts.peers.send(node, item);
            }
        }
        if (claim.waitingFor.isEmpty()) {
            decide(home, claim);
        } else {
            parts.loop.schedule(parts.options.claimTimeout(), () -> parts.turns.execute(() -> decide(home, claim)));
        }
    }

    void onClaimed(NodeId from, Item.Claimed item) {
        Home home = parts.homes.get(item.clientId());
        Claim claim = home == null ? null : home.claim;
        if (home == null) {
            parts.peers.send(
                    from, new Item.Unregister(item.clientId())); // Its connection is over, and nothing is left.
        } else if (claim != null && claim.ticket == item.ticket() && !claim.decided) {
            claim.answers.add(item);
            claim.waitingFor.remove(from);
            if (claim.waitingFor.isEmpty()) {
                decide(home, claim);
            }
        } else {
            parts.peers.send(from, home.registration()); // Too late, but it knows of others: it will tell them.
        }
    }

    /** Claims do not wait for a registrar that is out of reach. */
    void undecidedWithout(NodeId peer) {
        parts.homes.forEach(home -> {
            Claim claim = home.claim;
            if (claim != null && claim.waitingFor.remove(peer) && claim.waitingFor.isEmpty()) {
                decide(home, claim);
            }
        });
    }

    /** The registrars have answered, or are not waited for any longer. */
    private void decide(Home home, Claim claim) {
        if (home.claim != claim || claim.decided) {
            return;
        }
        claim.decided = true;
        long fence = Math.max(home.fence + 1, parts.loop.wallMillis());
        for (Item.Claimed answer : claim.answers) {
            fence = Math.max(fence, answer.fence());
            claim.holders.addAll(answer.holders());
        }
        home.fence = fence;
        parts.cleanStarts.applyTo(home);
        home.winner = null;
        HandingOver older = home.handingOver;
        if (older != null) {
            // Connected again before its session was frozen: the later claim is the better one.
            parts.peers.send(older.to, new Item.Lost(older.ticket, home.rank(parts.self), false));
            parts.handOvers.stop(home);
        }
        claim.holders.sort(Holder.TO_FETCH);
        for (Holder holder : claim.holders) {
            if (!home.holders.contains(holder.rank().node())) {
                home.holders.add(holder.rank().node());
            }
        }
        home.whole |= home.holders.isEmpty();
        parts.homes.register(home);
        parts.handOvers.answer(home);
        parts.fetches.next(home);
    }

    /** Everything of the client in reach is here: its connection is let in. */
    void grant(Home home, Claim claim) {
        if (!isBegun(home, claim)) {
            return;
        }
        home.begun = home.begins();
        home.claim = null;
        home.keep();
        home.connected = true;
        home.whole = true;
        if (!home.registeredWhole) {
            parts.homes.register(home);
        }
        claim.claimant.granted(home.fence);
        parts.rivals.offer(home);
    }

    /** Whether the claim is to be granted now: not before its clean start is known wherever nodes out of reach will ask. */
    private boolean isBegun(Home home, Claim claim) {
        if (claim.begun == Claim.Keeping.NOT_YET && claim.clean && parts.cleanStarts.isNews()) {
            claim.begun = Claim.Keeping.UNDER_WAY;
            parts.cleanStarts.begin(
                    home,
                    () -> parts.turns.execute(() -> {
                        claim.begun = Claim.Keeping.DONE;
                        if (home.claim == claim) {
                            parts.fetches.next(home);
                        }
                    }));
        }
        return claim.begun != Claim.Keeping.UNDER_WAY;
    }

    /** A later connection at another node has the better claim. */
    void lose(Home home) {
        Claim claim = home.claim;
        if (claim == null) {
            return;
        }
        parts.tally.lost++;
        home.claim = null;
        home.holders.clear();
        parts.fetches.stop(home);
        claim.claimant.lost();
        if (home.exists) {
            parts.homes.register(home); // Something is left here, for the better claim: who has it is told, or tells.
            parts.rivals.offer(home);
        } else {
            parts.homes.drop(home);
        }
    }

    /** As {@link ClientDirectory#left}. */
    void left(String clientId, long fence, boolean kept) {
        Home home = parts.homes.get(clientId);
        if (home == null || home.grantedFence != fence || home.claim != null) {
            return;
        }
        home.connected = false;
        if (kept) {
            parts.homes.register(home);
        } else if (home.handingOver == null) {
            parts.homes.drop(home);
        }
    }
}
