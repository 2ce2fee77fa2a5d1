package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A session on its way to this node. Confined to the bridge loop. */
final class Fetching {
    final Home home;
    final NodeId from;
    final long ticket;

    /** Null before the other node answered. */
    SessionHost.@Nullable Import session;

    long heardNanos;

    /** What came, and is in memory until all of it came. */
    long stagedBytes;

    /** The last part that came, if the other node has not been told; else 0. */
    long unconfirmed;

    /** What waits until everything that came is kept. */
    final List<Runnable> afterwards = new ArrayList<>(0);

    private boolean over;

    Fetching(Home home, NodeId from, long ticket, long nowNanos) {
        this.home = home;
        this.from = from;
        this.ticket = ticket;
        this.heardNanos = nowNanos;
    }

    /** Whether nothing more comes: what came is kept, or being kept. */
    boolean isOver() {
        return over;
    }

    /** Everything came. */
    void complete() {
        over = true;
    }

    /** The other node has nothing, or is out of reach: what came directly is kept here. */
    void leave() {
        if (!over) {
            over = true;
            if (session != null && session.keep()) {
                home.keep();
            }
        }
    }

    /** The session goes to another node, which is to get what came here directly, if anything did. */
    void discard() {
        if (!over) {
            over = true;
            if (session != null && session.discard()) {
                home.keep();
            }
        }
    }
}
