package io.meshvine.node.front;

/** Port: decides who may publish and read what. Called on the connection's loop; must not block it. */
@FunctionalInterface
public interface Authorizer {

    /** What a client may do. Asked once for each connection. */
    Permissions permissions(Client client);

    /** Allows everything. */
    static Authorizer allowAll() {
        return client -> Permissions.all();
    }
}
