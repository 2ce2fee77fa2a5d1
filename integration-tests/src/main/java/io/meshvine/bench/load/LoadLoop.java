package io.meshvine.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.lang.management.ManagementFactory;
import java.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** The one thread that all load connections live on. Its methods are called from outside it. */
public final class LoadLoop implements AutoCloseable {
    private static final int READ_BYTES = 64 * 1024;
    private static final int WRITE_LOW_BYTES = 256 * 1024;
    private static final int WRITE_HIGH_BYTES = 1024 * 1024;
    private static final int CONNECT_TIMEOUT_MILLIS = 20_000;

    private final EventLoopGroup group;
    private final EventLoop loop;
    private final long threadId;
    private final Set<SocketAddress> secure = ConcurrentHashMap.newKeySet();
    private final SslContext tls;

    public LoadLoop() {
        DefaultThreadFactory threads = new DefaultThreadFactory("load", true);
        group = Epoll.isAvailable() ? new EpollEventLoopGroup(1, threads) : new NioEventLoopGroup(1, threads);
        loop = group.next();
        threadId = call(() -> Thread.currentThread().getId());
        try {
            // What is measured is the cost of TLS; who the broker is, is known.
            tls = SslContextBuilder.forClient()
                    .trustManager(InsecureTrustManagerFactory.INSTANCE)
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Speaks TLS to that address from now on. */
    public void secure(SocketAddress address) {
        secure.add(address);
    }

    EventLoop loop() {
        return loop;
    }

    /** Processor time of the loop's thread so far. */
    long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getThreadCpuTime(threadId);
    }

    /** Runs on the loop and waits for the result. */
    <T> T call(Callable<T> action) {
        try {
            return loop.submit(action).get(1, TimeUnit.MINUTES);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("load loop", e);
        }
    }

    /** Opens a connection; completes with CONNACK, exceptionally if there is none. */
    CompletableFuture<Void> connect(MqttConnection connection, SocketAddress address) {
        return connect(connection, address, null);
    }

    /** As above, from a given local address; null = any. */
    CompletableFuture<Void> connect(MqttConnection connection, SocketAddress address, @Nullable SocketAddress local) {
        new Bootstrap()
                .group(loop)
                .channel(Epoll.isAvailable() ? EpollSocketChannel.class : NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .option(ChannelOption.RCVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
                .option(
                        ChannelOption.WRITE_BUFFER_WATER_MARK,
                        new WriteBufferWaterMark(WRITE_LOW_BYTES, WRITE_HIGH_BYTES))
                .handler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        if (secure.contains(address)) {
                            channel.pipeline().addLast(tls.newHandler(channel.alloc()));
                        }
                        channel.pipeline().addLast(connection);
                    }
                })
                .connect(address, local)
                .addListener(attempt -> {
                    if (!attempt.isSuccess()) {
                        connection.connected().completeExceptionally(attempt.cause());
                    }
                });
        return connection.connected();
    }

    /** Waits for all; the first failure is thrown. */
    static void await(CompletableFuture<?>[] all, long seconds) {
        try {
            CompletableFuture.allOf(all).orTimeout(seconds, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IllegalStateException("handshake failed: " + cause, cause);
        }
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
