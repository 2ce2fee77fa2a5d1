package io.meshvine.node.front;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who a connection speaks for, once authenticated.
 *
 * @param clientId client identifier, as given or as assigned
 * @param principal who that was proven to be
 * @param address where the connection comes from
 */
public record Client(String clientId, Principal principal, SocketAddress address) {

    /** The name that was proven, null for an anonymous client. */
    public @Nullable String username() {
        return principal.name();
    }
}
