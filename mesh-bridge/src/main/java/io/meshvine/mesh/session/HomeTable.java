package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The clients at home at this node, and where that is registered: each at its registrars among the nodes in reach, which
 * change with the members. Confined to the bridge loop.
 */
final class HomeTable {

    private final DirectoryParts parts;
    private final Registrar registrar;
    private final Shards<Home> homes = new Shards<>();

    /** This node and those it can talk to. */
    private List<NodeId> members;

    /** Peers that have not heard of everything since their link was made. */
    private final Set<NodeId> unswept = new LinkedHashSet<>();

    private int swept = Shards.COUNT;
    private boolean sweeping;

    HomeTable(DirectoryParts parts) {
        this.parts = parts;
        this.members = List.of(parts.self);
        this.registrar = new Registrar(
                parts.self,
                parts.options.maxRegistrations(),
                parts.peers::isInReach,
                (loser, clientId, winner) -> parts.rivals.tell(loser, clientId, winner));
    }

    /** What this node keeps for others. */
    Registrar registrar() {
        return registrar;
    }

    @Nullable
    Home get(String clientId) {
        return homes.get(clientId);
    }

    Home getOrAdd(String clientId) {
        Home home = homes.get(clientId);
        if (home == null) {
            home = new Home(clientId);
            homes.put(clientId, home);
        }
        return home;
    }

    int size() {
        return homes.size();
    }

    void forEach(Consumer<Home> visitor) {
        for (int i = 0; i < Shards.COUNT; i++) {
            List.copyOf(homes.part(i).values()).forEach(visitor);
        }
    }

    /** The client has nothing here any more. */
    void drop(Home home) {
        home.holders.clear();
        parts.fetches.stop(home);
        home.exists = false;
        home.whole = false;
        home.connected = false;
        home.winner = null;
        home.registrars.forEach(node -> unregister(node, home));
        home.registrars = List.of();
        parts.turns.execute(() -> parts.handOvers.answer(home));
        tidy(home);
    }

    void tidy(Home home) {
        if (home.isVoid() && homes.get(home.clientId) == home) {
            homes.remove(home.clientId);
        }
    }

    // ---- Registration

    List<NodeId> registrarsOf(String clientId) {
        return Rendezvous.registrars(clientId, members);
    }

    /** Registers a home at its registrars, as it is now. */
    void register(Home home) {
        home.registeredWhole = home.whole;
        home.registrars.forEach(node -> register(node, home));
    }

    private void register(NodeId node, Home home) {
        if (node.equals(parts.self)) {
            registrar.register(parts.self, home.registration());
        } else {
            parts.peers.send(node, home.registration());
        }
    }

    private void unregister(NodeId node, Home home) {
        if (node.equals(parts.self)) {
            registrar.unregister(parts.self, home.clientId);
        } else {
            parts.peers.send(node, new Item.Unregister(home.clientId));
        }
    }

    /** Chooses the registrars for a claim, which registers by itself; those that are none any more are told. */
    void choose(Home home) {
        List<NodeId> before = home.registrars;
        home.registrars = Rendezvous.registrars(home.clientId, members);
        before.stream().filter(node -> !home.registrars.contains(node)).forEach(node -> unregister(node, home));
    }

    /** Registers a home where it belongs by now; who is told anew is told in any case. */
    void assign(Home home) {
        if (!home.exists && home.claim == null) {
            return;
        }
        List<NodeId> before = home.registrars;
        choose(home);
        for (NodeId node : home.registrars) {
            if (!before.contains(node) || unswept.contains(node)) {
                register(node, home);
            }
        }
        parts.rivals.offer(home);
    }

    // ---- Members that come and go

    void onConnected(NodeId peer) {
        unswept.add(peer);
        registrar.onConnected(peer);
        membersChanged();
    }

    void onInterrupted(NodeId peer) {
        unswept.remove(peer);
        membersChanged();
    }

    void onGone(NodeId peer) {
        registrar.onGone(peer);
        sweepSoon();
    }

    void onSwept(NodeId peer) {
        registrar.onSwept(peer);
        sweepSoon();
    }

    private void membersChanged() {
        members = parts.peers.members(parts.self);
        swept = 0;
        sweepSoon();
    }

    void sweepSoon() {
        if (!sweeping) {
            sweeping = true;
            parts.turns.execute(this::sweep);
        }
    }

    /** Goes through a part of the homes. With too much waiting for some peer, the next tick goes on. */
    private void sweep() {
        sweeping = false;
        boolean cleaning = registrar.clean();
        boolean busy = parts.peers.isBusy();
        if (swept < Shards.COUNT && !busy) {
            List.copyOf(homes.part(swept).values()).forEach(this::assign);
            swept++;
            if (swept == Shards.COUNT) {
                unswept.forEach(peer -> parts.peers.send(peer, new Item.Swept()));
                unswept.clear();
            }
        }
        if (cleaning || (swept < Shards.COUNT && !busy)) {
            sweepSoon();
        }
    }
}
