package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import org.jspecify.annotations.Nullable;

/**
 * A session on its way to another node: parts as far as the other one confirms them, until everything is there; then,
 * once the other one is subscribed and what was on its way here came, the rest. Confined to the bridge loop.
 */
final class HandingOver {

    /** Parts that may be unconfirmed. */
    private static final int WINDOW = 16;

    final Home home;
    final Rank winner;
    final NodeId to;
    final long ticket;
    final boolean clean;

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

    HandingOver(Home home, Rank winner, long ticket, boolean clean) {
        this.home = home;
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

    boolean isOver() {
        return stage == Stage.OVER;
    }

    void begin(SessionHost.Export from) {
        export = from;
        stage = Stage.SENDING;
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
        return new Item.End(ticket);
    }
}
