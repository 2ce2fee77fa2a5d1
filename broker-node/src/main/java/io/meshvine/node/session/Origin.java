package io.meshvine.node.session;

/** Where a message entered this node. What came from a peer is never sent to a peer again (the one-hop rule). */
public enum Origin {
    /** A PUBLISH of a client of this node. */
    CLIENT,
    /** The will of a client of this node. */
    WILL,
    /** A peer of the mesh. */
    PEER,
    /** This node itself: {@code $SYS} topics. */
    SYSTEM,
    /** The retained messages, at the time of a subscription. */
    RETAINED,
    /** What this node kept for a durable session in an earlier life. */
    STORE
}
