package io.meshvine.mesh.client;

import java.util.function.Consumer;

/** Port: the clients of this node. */
@FunctionalInterface
public interface ClientSource {

    /** Called on the bridge loop, which it must not hold up: it answers on any thread, once, or throws if it is busy. */
    void find(ClientQuery query, Consumer<ClientPart> answer);
}
