package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.session.HandingOver.Stage;
import io.meshvine.mesh.wire.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What this node knows of a client that is at home here, or is about to be. Confined to the bridge loop. */
final class Home {
    final String clientId;

    /** Of the last claim that was decided; 0 before the first. */
    long fence;

    /** Of the claim by which the session is here. */
    long grantedFence;

    /** Whether the client has a session here. */
    boolean exists;

    /** As in {@link Holder}. */
    boolean whole;

    /** Whether its registrars were told that. */
    boolean registeredWhole;

    boolean connected;
    boolean durable;

    /** Fence of the clean start with which the session began: what is older anywhere ends. 0 if none is known. */
    long begun;

    /** Where this is registered. */
    List<NodeId> registrars = List.of();

    /** A connection that waits to be let in. */
    @Nullable
    Claim claim;

    /** Nodes from which the session is to be fetched. */
    final Deque<NodeId> holders = new ArrayDeque<>(0);

    @Nullable
    Fetching fetching;

    @Nullable
    HandingOver handingOver;

    /** What other nodes ask for, and is not decided yet. */
    final List<Asking> asking = new ArrayList<>(0);

    /** Who has the better claim, until it has the session. */
    @Nullable
    Rank winner;

    /** The host was asked to keep connections out, and does by now. */
    boolean freezing;

    long freezes;

    boolean frozen;

    /** Once it is frozen it ends, for it is older than a clean start. */
    boolean ending;

    /** Where what is here is already. */
    @Nullable
    Moved moved;

    Home(String clientId) {
        this.clientId = clientId;
    }

    /** What is older is not to be had from other nodes, but to end there. */
    long begins() {
        return claim != null && claim.clean ? fence : begun;
    }

    /** Something of the session is here by the last claim. */
    void keep() {
        exists = true;
        grantedFence = fence;
    }

    Rank rank(NodeId self) {
        return new Rank(fence, self);
    }

    /** Whether this node has nothing to do with the client any more. */
    boolean isVoid() {
        return !exists && claim == null && handingOver == null && !freezing && !frozen;
    }

    /** Whether the session is here and nothing happens to it. */
    boolean isAtRest() {
        return exists && claim == null && handingOver == null && fetching == null && !freezing && !frozen;
    }

    /** Whether it is not known yet who is to have what is here. */
    boolean isUndecided() {
        return (claim != null && !claim.decided) // The registrars may know better.
                || (fetching != null && fetching.isOver()) // What came is being kept; then it can go on.
                || (handingOver != null && handingOver.stage() == Stage.CONFIRMING); // It may be elsewhere already.
    }

    Item.Register registration() {
        return new Item.Register(clientId, fence, connected || claim != null, durable, whole);
    }

    /**
     * Another node has the session.
     *
     * @param interest of that node, as subscribed to what the session wants
     * @param through up to which place in the queue it has everything
     */
    record Moved(NodeId to, Position interest, long through) {}

    /** A fetch of another node that waits for its answer. */
    record Asking(NodeId from, Item.Fetch item) {}

    /** A claim from the question to the registrars to the answer to the connection. */
    static final class Claim {
        final long ticket;
        final boolean clean;
        final Claimant claimant;
        final Set<NodeId> waitingFor = new HashSet<>();

        /** Other nodes that hold something of the client, as registrars said. */
        final List<Holder> holders = new ArrayList<>(0);

        /** Registrars that know the claim under a lower fence than it got in the end. */
        final List<Item.Claimed> answers = new ArrayList<>(Rendezvous.REGISTRARS);

        final boolean again;
        boolean decided;

        /** That a session begins anew is being kept, or is. */
        Keeping begun = Keeping.NOT_YET;

        enum Keeping {
            NOT_YET,
            UNDER_WAY,
            DONE
        }

        Claim(long ticket, boolean clean, boolean again, Claimant claimant) {
            this.ticket = ticket;
            this.clean = clean;
            this.again = again;
            this.claimant = claimant;
        }
    }
}
