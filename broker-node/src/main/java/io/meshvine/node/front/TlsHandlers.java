package io.meshvine.node.front;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.SslHandler;

/** Port: TLS for the connections of a listener. Called on the loop of a new connection. */
@FunctionalInterface
public interface TlsHandlers {

    /** The handler of one connection, in the role of the server. */
    SslHandler newHandler(ByteBufAllocator allocator);
}
