package io.meshvine.mesh.will;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.session.Rendezvous;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The wills of this node's own clients, and which peers hold them: for each client the two that come first in an order
 * of their ids which is different for each client, and which does not depend on who else is there (rendezvous hashing,
 * Thaler and Ravishankar, 1998). So the wills of a node that dies are spread over all survivors, each node holds twice
 * what a node has, whatever the size of the mesh, and a node that comes or goes moves the wills that concern it only.
 */
final class OwnWills {

    /** So many peers hold a will: it is lost if they and the owner die within seconds of each other. */
    static final int HOLDERS = 2;

    private final Map<String, Own> wills = new HashMap<>();
    private long version;

    /** A will of one of this node's clients. */
    static final class Own {
        final String clientId;
        final long version;
        final byte[] will;
        final long armedNanos;

        /** Delay after the loss of the connection. */
        final long delayMillis;

        /** When the delay is over; meaningful while {@link #waiting}. */
        long dueNanos;

        boolean waiting;
        List<NodeId> holders = List.of();

        private Own(String clientId, long version, byte[] will, long delayMillis, long armedNanos) {
            this.clientId = clientId;
            this.version = version;
            this.will = will;
            this.delayMillis = delayMillis;
            this.armedNanos = armedNanos;
        }

        Lease lease(long nowNanos) {
            long delay = waiting ? Math.max(0, (dueNanos - nowNanos) / 1_000_000) : delayMillis;
            long age = Math.max(0, (nowNanos - armedNanos) / 1_000_000);
            return new Lease(clientId, version, waiting, delay, age, holders, will);
        }
    }

    Own put(String clientId, byte[] will, long delayMillis, long nowNanos) {
        version++;
        Own own = new Own(clientId, version, will, delayMillis, nowNanos);
        wills.put(clientId, own);
        return own;
    }

    @Nullable
    Own get(String clientId) {
        return wills.get(clientId);
    }

    @Nullable
    Own remove(String clientId) {
        return wills.remove(clientId);
    }

    Collection<Own> all() {
        return wills.values();
    }

    int size() {
        return wills.size();
    }

    /** The peers that are to hold a client's will, in order. */
    static List<NodeId> holders(String clientId, Set<NodeId> peers) {
        return List.copyOf(Rendezvous.choose(clientId, peers, HOLDERS));
    }
}
