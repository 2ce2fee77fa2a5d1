package io.meshvine.node.front;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;

/**
 * Accepts so many connections a second, over all listeners; more wait in the system's queue. Confined to the one loop
 * that accepts.
 */
@Sharable
@SuppressWarnings("FutureReturnValueIgnored") // The task resumes accepting; nothing else depends on it.
final class AcceptRate extends ChannelInboundHandlerAdapter {

    private final TokenBucket bucket;

    AcceptRate(int perSecond) {
        this.bucket = new TokenBucket(perSecond, System.nanoTime());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object accepted) {
        context.fireChannelRead(accepted);
        long pauseNanos = bucket.take(1, System.nanoTime());
        if (pauseNanos > 0 && context.channel().config().isAutoRead()) {
            context.channel().config().setAutoRead(false);
            context.executor()
                    .schedule(() -> context.channel().config().setAutoRead(true), pauseNanos, TimeUnit.NANOSECONDS);
        }
    }
}
