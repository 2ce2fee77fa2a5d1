package io.meshvine.node.session;

/** Port: which topics a client may read now. Any thread; must not block. */
@FunctionalInterface
public interface ReadPermit {

    /** Everything; and what a session goes by while nobody has connected to it in this life of the node. */
    ReadPermit ALL = topic -> true;

    /** Whether messages of a topic may be sent to the client. */
    boolean mayRead(String topic);
}
