package io.meshvine.node.front;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/** Counts the bytes of MQTT that pass. Any number of channels. */
@SuppressWarnings("FutureReturnValueIgnored") // What fails on a channel also ends it, and that is seen to.
@ChannelHandler.Sharable
final class WireMeter extends ChannelDuplexHandler {

    private final FrontCounters counters;

    WireMeter(FrontCounters counters) {
        this.counters = counters;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf bytes) {
            counters.bytesIn.add(bytes.readableBytes());
        }
        context.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof ByteBuf bytes) {
            counters.bytesOut.add(bytes.readableBytes());
        }
        context.write(message, promise);
    }
}
