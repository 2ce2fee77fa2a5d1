package io.meshvine.node.front;

/** Port: decides who may publish and subscribe what. Called on the connection's loop; must not block it. */
public interface Authorizer {

    /** Whether the client may publish to a topic; wills included. */
    boolean mayPublish(Client client, String topic);

    /** Whether the client may subscribe to a filter; of a shared subscription the filter behind the share name. */
    boolean maySubscribe(Client client, String filter);

    /** Allows everything. */
    static Authorizer allowAll() {
        return new Authorizer() {
            @Override
            public boolean mayPublish(Client client, String topic) {
                return true;
            }

            @Override
            public boolean maySubscribe(Client client, String filter) {
                return true;
            }
        };
    }
}
