package io.meshvine.node.routing;

import io.meshvine.mesh.will.Willholder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** When clients connected to this node: those that are here, and the last ones that left. Any thread. */
final class Presence {

    /** Clients that left and are remembered: somebody may be about to ask whether they were here. */
    private static final int MAX_DEPARTED = 16_384;

    private final ConcurrentHashMap<String, Long> connected = new ConcurrentHashMap<>();
    private final Map<String, Long> departed = new LinkedHashMap<>();

    void connected(String clientId, long nanos) {
        connected.put(clientId, nanos);
    }

    void departed(String clientId) {
        Long since = connected.remove(clientId);
        if (since != null) {
            synchronized (departed) {
                departed.remove(clientId);
                departed.put(clientId, since);
                if (departed.size() > MAX_DEPARTED) {
                    departed.remove(departed.keySet().iterator().next());
                }
            }
        }
    }

    /** When a client last connected, or {@link Willholder#NEVER}. */
    long connectedNanos(String clientId) {
        Long here = connected.get(clientId);
        if (here != null) {
            return here;
        }
        synchronized (departed) {
            return departed.getOrDefault(clientId, Willholder.NEVER);
        }
    }
}
