package io.meshvine.mesh.will;

/** Port: the node as {@link WillLeases} sees it. Called on the bridge loop; must not block. */
public interface Willholder {

    /** {@link #connectedNanos} of a client that was not here lately. */
    long NEVER = Long.MIN_VALUE;

    /**
     * When a client last connected to this node, as {@link io.meshvine.mesh.EventLoop#nanoTime()}; {@link #NEVER} if it
     * did not, or left long ago.
     */
    long connectedNanos(String clientId);

    /** Publishes the will of a client whose node is gone, mesh-wide. */
    void publish(String clientId, byte[] will);

    /** A client of this node whose will waits for its delay to end is back at another node: the will is void. */
    void onBackElsewhere(String clientId);
}
