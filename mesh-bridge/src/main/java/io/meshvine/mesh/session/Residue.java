package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.Position;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is left at the old home of a session that moved while nodes were out of reach, or too slow to say that they know:
 * what they still send for the session comes here, and goes after it. Confined to the bridge loop.
 */
final class Residue {
    final SessionHost.LeftBehind kept;

    /** Nodes that may still send something here. */
    final Set<NodeId> behind;

    /** The one that is asked at present; the others have their turn. */
    final Set<NodeId> asked = new TreeSet<>();

    /** Whether what came is to go to the session now, and its home is looked for. */
    boolean offered;

    boolean handingOver;

    /** Nothing is kept of it any more. */
    boolean over;

    long soughtNanos;

    Residue(SessionHost.LeftBehind kept) {
        this.kept = kept;
        this.behind = new TreeSet<>(kept.behind());
    }

    String clientId() {
        return kept.clientId();
    }

    NodeId home() {
        return kept.home();
    }

    Position interest() {
        return kept.interest();
    }
}
