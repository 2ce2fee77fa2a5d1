package io.meshvine.mesh;

import java.util.List;

/** Port: the node's own broker as the mesh sees it. Called on the bridge loop; must not block. */
public interface LocalBroker {

    /**
     * Delivers publishes of a peer to local sessions, in order. Retained state was applied before. What comes in here
     * is never forwarded to a peer again (the one-hop rule).
     *
     * @param accepted to be run, on any thread, once every publish of QoS 1 or 2 was handed to each matching session,
     *     durably where the session is durable
     */
    void deliver(NodeId origin, List<Arrival> batch, Runnable accepted);

    /**
     * A publish as it arrived.
     *
     * @param subscribers whether it is for ordinary subscribers
     * @param groups shared subscriptions of which one local member gets it
     */
    record Arrival(MeshPublish publish, boolean subscribers, List<GroupKey> groups) {}
}
