package io.meshvine.node.routing;

/** Port: whether a client that was connected elsewhere may publish to a topic now. Any thread; must not block. */
@FunctionalInterface
public interface WillPermit {

    /** Everybody may. */
    WillPermit ALL = (clientKey, topic) -> true;

    /**
     * Whether the client may.
     *
     * @param clientKey the name of the client in the mesh, user included
     */
    boolean mayPublish(String clientKey, String topic);
}
