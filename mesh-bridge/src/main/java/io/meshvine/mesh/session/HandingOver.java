package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.Position;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A session on its way to another node: parts as far as the other one confirms them, until everything is there; then,
 * once the other one is subscribed and what was on its way here came, the rest. Confined to the bridge loop.
 */
final class HandingOver {

    /** Parts that may be unconfirmed. */
    private static final int WINDOW = 16;

    final Source source;
    final Rank winner;
    final NodeId to;
    final long ticket;
    final boolean clean;

    /** Of the new home, as subscribed to what the session wants; and who does not know yet. */
    Position interest = Position.NONE;

    Set<NodeId> behind = Set.of();

    private Stage stage = Stage.FREEZING;
    private SessionHost.@Nullable Export export;
    private long sent;
    private long confirmed;

    /** What is waited for. */
    enum Stage {
        FREEZING,
        SENDING,
        SUBSCRIBING,
        FLUSHING,
        SENDING_REST,
        CONFIRMING,
        OVER
    }

    /** Whose it is, and what follows. */
    interface Source {

        /** The other node takes what is published from now on. */
        void onReady(HandingOver handingOver);

        /** The other node has what the item says. */
        void onTaken(HandingOver handingOver, Item.Taken item);

        /** It does not go there, at least not now. */
        void onStopped(HandingOver handingOver);
    }

    HandingOver(Source source, Rank winner, long ticket, boolean clean) {
        this.source = source;
        this.winner = winner;
        this.to = winner.node();
        this.ticket = ticket;
        this.clean = clean;
    }

    Stage stage() {
        return stage;
    }

    void stage(Stage next) {
        stage = next;
    }

    void begin(SessionHost.Export from) {
        export = from;
        stage = Stage.SENDING;
    }

    /** Up to which place in the queue the other node has it, once it has everything. */
    long through() {
        return export == null ? 0 : export.through();
    }

    void settle(Runnable settled) {
        if (export != null) {
            export.settle(settled);
        }
    }

    void onConfirmed(long number) {
        confirmed = Math.max(confirmed, Math.min(number, sent));
    }

    /** What is to be sent next, if anything is now. */
    @Nullable
    Item next() {
        SessionHost.Export from = export;
        boolean sending = stage == Stage.SENDING || stage == Stage.SENDING_REST;
        if (from == null || !sending || sent - confirmed >= WINDOW) {
            return null;
        }
        byte[] part = from.next();
        if (part != null) {
            sent++;
            return new Item.Part(ticket, sent, part);
        }
        if (stage == Stage.SENDING) {
            stage = Stage.SUBSCRIBING;
            return new Item.CaughtUp(ticket);
        }
        stage = Stage.CONFIRMING;
        return new Item.End(ticket, from.through());
    }
}
