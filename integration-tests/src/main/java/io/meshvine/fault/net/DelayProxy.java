package io.meshvine.fault.net;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

/**
 * Passes TCP connections on to one address, each byte after a delay. One thread of its own; the delay may be set by any
 * thread, and holds for what comes then.
 */
// Failed writes close the channel, and the other side is closed with it.
@SuppressWarnings("FutureReturnValueIgnored")
final class DelayProxy implements AutoCloseable {
    /** Bytes on their way in one direction; the sender waits when there are more. */
    private static final long MAX_PENDING_BYTES = 8L * 1024 * 1024;

    private final EventLoopGroup group = new NioEventLoopGroup(1, new DefaultThreadFactory("delay", true));
    private final InetSocketAddress target;
    private volatile long delayNanos;

    DelayProxy(InetSocketAddress listen, InetSocketAddress target) {
        this.target = target;
        new ServerBootstrap()
                .group(group)
                .channel(NioServerSocketChannel.class)
                .childOption(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel accepted) {
                        connect(accepted);
                    }
                })
                .bind(listen)
                .syncUninterruptibly();
    }

    void delay(long millis) {
        delayNanos = TimeUnit.MILLISECONDS.toNanos(millis);
    }

    private void connect(SocketChannel accepted) {
        new Bootstrap()
                .group(accepted.eventLoop())
                .channel(NioSocketChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel outgoing) {
                        outgoing.pipeline().addLast(new Direction(accepted));
                    }
                })
                .connect(target)
                .addListener(attempt -> {
                    if (!attempt.isSuccess()) {
                        accepted.close();
                    }
                });
    }

    /** What is on its way; empty bytes stand for the end of the connection. */
    private record Delayed(long dueNanos, ByteBuf bytes) {}

    /** One direction of a connection: what it reads is written to the other channel, later and in order. */
    private final class Direction extends ChannelInboundHandlerAdapter {
        private final Channel to;
        private final Deque<Delayed> underWay = new ArrayDeque<>();
        private long pendingBytes;

        Direction(Channel to) {
            this.to = to;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            if (to.pipeline().get(Direction.class) == null) {
                to.pipeline().addLast(new Direction(context.channel()));
                to.read();
            }
            context.read();
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object read) {
            send(context, (ByteBuf) read);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            if (pendingBytes <= MAX_PENDING_BYTES) {
                context.read();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            send(context, Unpooled.EMPTY_BUFFER);
        }

        private void send(ChannelHandlerContext context, ByteBuf bytes) {
            pendingBytes += bytes.readableBytes();
            underWay.add(new Delayed(System.nanoTime() + delayNanos, bytes));
            if (underWay.size() == 1) {
                arrive(context);
            }
        }

        /** Writes what is due, and comes back for the rest. */
        private void arrive(ChannelHandlerContext context) {
            boolean full = pendingBytes > MAX_PENDING_BYTES;
            long now = System.nanoTime();
            for (Delayed first = underWay.peek(); first != null; first = underWay.peek()) {
                if (first.dueNanos() > now) {
                    context.channel()
                            .eventLoop()
                            .schedule(() -> arrive(context), first.dueNanos() - now, TimeUnit.NANOSECONDS);
                    break;
                }
                underWay.remove();
                pendingBytes -= first.bytes().readableBytes();
                if (first.bytes().isReadable()) {
                    to.writeAndFlush(first.bytes());
                } else {
                    to.close();
                }
            }
            if (full && pendingBytes <= MAX_PENDING_BYTES) {
                context.read();
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
