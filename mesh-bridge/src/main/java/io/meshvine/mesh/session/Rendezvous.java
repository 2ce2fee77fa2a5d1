package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.interest.StableHash;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Chooses nodes for a client id by rendezvous hashing: each node draws a number for each client id, the highest ones are chosen. All
 * nodes that see the same members choose the same; a member that comes or goes changes one choice of those that it
 * concerns and nothing for the others. Part of the protocol. Stateless.
 */
public final class Rendezvous {

    /** So many registrars keep a client id: two may fail at once. */
    static final int REGISTRARS = 3;

    private Rendezvous() {}

    /** The registrars of a client id, the highest draw first; all members if they are few. */
    static List<NodeId> registrars(String clientId, Collection<NodeId> members) {
        return choose(clientId, members, REGISTRARS);
    }

    /** So many members for a client id, the highest draw first; all if they are few. */
    public static List<NodeId> choose(String clientId, Collection<NodeId> members, int count) {
        long hash = StableHash.of(clientId);
        List<NodeId> chosen = new ArrayList<>(count + 1);
        for (NodeId member : members) {
            int place = chosen.size();
            while (place > 0 && isHigher(hash, member, chosen.get(place - 1))) {
                place--;
            }
            if (place < count) {
                chosen.add(place, member);
                if (chosen.size() > count) {
                    chosen.remove(count);
                }
            }
        }
        return chosen;
    }

    private static boolean isHigher(long hash, NodeId one, NodeId other) {
        int byDraw = Long.compareUnsigned(draw(hash, one), draw(hash, other));
        return byDraw != 0 ? byDraw > 0 : one.compareTo(other) > 0;
    }

    private static long draw(long hash, NodeId node) {
        return StableHash.mix(StableHash.mix(hash + node.high()) ^ node.low());
    }
}
