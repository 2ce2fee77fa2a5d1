package io.meshvine.node.front;

import io.netty.channel.ChannelHandler;

/**
 * Port: the broker engine behind the front. It answers CONNECT with CONNACK, keeps the connection alive, answers PINGREQ,
 * closes on DISCONNECT, and attaches the session of a client to its {@link ClientConnection} in between.
 */
@FunctionalInterface
public interface Engine {

    /** The last handler of a new channel's pipeline. Called on the channel's loop. */
    ChannelHandler handler();
}
