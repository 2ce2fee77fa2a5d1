package io.meshvine.node.front;

import io.meshvine.node.config.ClientLimits;
import io.meshvine.node.config.ListenException;
import io.meshvine.node.config.Listener;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Server sockets, their event loops and the connections on them: epoll where there is one, else NIO. */
@SuppressWarnings("FutureReturnValueIgnored") // What fails on a channel also ends it, and that is seen to.
final class Listeners {

    private static final int BACKLOG = 4096;

    /** A connection counts as slow while this much waits in it. */
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(256 << 10, 1 << 20);

    private final Services services;
    private final EventLoopGroup boss;
    private final EventLoopGroup workers;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private final Firewall firewall;
    private final @Nullable AcceptRate acceptRate;
    private final Map<Transport, Channel> servers = new EnumMap<>(Transport.class);

    Listeners(Services services) {
        this.services = services;
        ClientLimits limits = services.options().limits();
        this.firewall = new Firewall(limits, services.counters());
        this.acceptRate = limits.connectionRate() > 0 ? new AcceptRate(limits.connectionRate()) : null;
        this.boss = group(1, "mqtt-accept");
        this.workers = group(services.options().workers(), "mqtt");
    }

    private static EventLoopGroup group(int threads, String name) {
        ThreadFactory factory = new DefaultThreadFactory(name, true);
        return Epoll.isAvailable()
                ? new EpollEventLoopGroup(threads, factory)
                : new NioEventLoopGroup(threads, factory);
    }

    void open() throws ListenException {
        try {
            for (Transport transport : Transport.values()) {
                Listener listener = transport.listener(services.options());
                if (listener != null) {
                    servers.put(transport, bind(transport, listener));
                }
            }
        } catch (ListenException | RuntimeException e) {
            close(Duration.ZERO);
            throw e;
        }
    }

    private Channel bind(Transport transport, Listener listener) throws ListenException {
        Class<? extends ServerChannel> type =
                Epoll.isAvailable() ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(boss, workers)
                .channel(type)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.AUTO_READ, false)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                .childHandler(new Pipeline(services, connections, firewall, transport));
        if (acceptRate != null) {
            bootstrap.handler(acceptRate);
        }
        ChannelFuture bound = bootstrap.bind(listener.host(), listener.port()).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new ListenException(transport.setting(), listener, bound.cause());
        }
        return bound.channel();
    }

    void accept() {
        servers.values().forEach(server -> server.config().setAutoRead(true));
    }

    /** The threads that accept and serve, by name. */
    Map<String, EventExecutor> loops() {
        Map<String, EventExecutor> loops = new LinkedHashMap<>();
        loops.put("mqtt-accept", boss.next());
        int number = 1;
        for (EventExecutor worker : workers) {
            loops.put("mqtt-" + number++, worker);
        }
        return loops;
    }

    /** The port that a transport is listened for on, or -1. */
    int port(Transport transport) {
        Channel server = servers.get(transport);
        return server == null ? -1 : ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** The connections that are open now. Any thread. */
    void forEach(Consumer<ClientConnection> action) {
        for (Channel channel : connections) {
            ClientConnection connection = ClientConnection.of(channel);
            if (connection != null) {
                action.accept(connection);
            }
        }
    }

    void close(Duration drain) {
        servers.values().forEach(server -> server.close().awaitUninterruptibly());
        forEach(connection -> connection.onLoop(() -> connection.disconnect(
                MqttReasonCodes.Disconnect.SERVER_SHUTTING_DOWN, "the server shuts down"))); // MQTT 5, 4.13
        connections.newCloseFuture().awaitUninterruptibly(drain.toMillis(), TimeUnit.MILLISECONDS);
        connections.close().awaitUninterruptibly();
        boss.shutdownGracefully(0, drain.toMillis(), TimeUnit.MILLISECONDS);
        workers.shutdownGracefully(0, drain.toMillis(), TimeUnit.MILLISECONDS);
        boss.terminationFuture().awaitUninterruptibly();
        workers.terminationFuture().awaitUninterruptibly();
    }
}
