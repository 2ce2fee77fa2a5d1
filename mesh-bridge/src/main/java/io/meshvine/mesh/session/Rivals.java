package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;

/**
 * Nodes that hold the same client without knowing of each other, as after a split: registrars tell those with the worse
 * claims, who offer what they have to the one with the best. Confined to the bridge loop.
 */
final class Rivals {

    private final DirectoryParts parts;
    private final LinkPositions links;

    Rivals(DirectoryParts parts, LinkPositions links) {
        this.parts = parts;
        this.links = links;
    }

    /** This node, as a registrar, knows of a better claim than that of another node, or of its own. */
    void tell(NodeId loser, String clientId, Rank winner) {
        Item.Superseded item = new Item.Superseded(clientId, winner);
        if (loser.equals(parts.self)) {
            parts.turns.execute(() -> onSuperseded(item)); // not within what it may change
        } else {
            parts.peers.send(loser, item);
        }
    }

    /** A registrar says that another node has the better claim. */
    void onSuperseded(Item.Superseded item) {
        Home home = parts.homes.get(item.clientId());
        parts.residues.onHome(item.clientId(), item.winner());
        if (home == null
                || (home.claim == null ? !home.exists : !home.claim.decided)
                || home.rank(parts.self).compareTo(item.winner()) > 0) {
            return;
        }
        parts.tally.superseded++;
        home.winner = item.winner();
        offer(home);
    }

    /** Offers a client to who has the better claim, if that one is known and nothing else goes on. */
    void offer(Home home) {
        Rank winner = home.winner;
        if (winner != null && home.claim == null && home.handingOver == null && parts.peers.isInReach(winner.node())) {
            home.winner = null; // Whoever is in reach answers; else a registrar tells again.
            parts.peers.send(winner.node(), new Item.Offer(home.clientId, home.fence));
        }
    }

    void onOffer(NodeId from, Item.Offer item) {
        Home home = parts.homes.get(item.clientId());
        if (home == null || (!home.exists && home.claim == null)) {
            parts.peers.send(from, new Item.NotHome(item.clientId(), item.fence()));
            return;
        }
        if (home.handingOver != null) {
            parts.peers.send(from, new Item.Superseded(item.clientId(), home.handingOver.winner));
            return;
        }
        Rank theirs = new Rank(item.fence(), from);
        if (theirs.compareTo(home.rank(parts.self)) > 0) {
            onSuperseded(new Item.Superseded(item.clientId(), theirs));
            return;
        }
        long received = parts.host.received(item.clientId(), from, item.fence());
        if (received == SessionHost.NOT_RECEIVED) {
            parts.fetches.add(home, from);
        } else {
            parts.peers.send(from, new Item.Have(item.clientId(), item.fence(), links.interest(parts.self), received));
        }
    }

    void onNotHome(Item.NotHome item) {
        Home home = parts.homes.get(item.clientId());
        if (home != null && home.fence == item.fence() && home.claim == null) {
            parts.homes.register(home);
        }
    }

    /** What the other one has, it had before this node's last crash or its own. */
    void onHave(NodeId from, Item.Have item) {
        Home home = parts.homes.get(item.clientId());
        parts.residues.onHave(item.clientId(), item.fence());
        if (home == null || home.fence != item.fence() || home.claim != null || home.handingOver != null) {
            return;
        }
        Fetching fetching = home.fetching;
        if (fetching != null && fetching.isOver()) {
            fetching.afterwards.add(() -> onHave(from, item)); // What came meanwhile is being kept.
        } else {
            parts.handOvers.onMoved(home, new Home.Moved(from, item.interest(), item.through()));
        }
    }
}
