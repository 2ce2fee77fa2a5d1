package io.meshvine.node.front;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Who a connection speaks for, once authenticated.
 *
 * @param clientId client identifier, as given or as assigned
 * @param username user name, null if none was given
 * @param address where the connection comes from
 */
public record Client(String clientId, @Nullable String username, SocketAddress address) {}
