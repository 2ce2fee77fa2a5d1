package io.moquette.broker;

import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.Outlet;
import io.moquette.broker.config.IConfig;
import io.moquette.broker.config.MemoryConfig;
import io.moquette.broker.security.PermitAllAuthorizatorPolicy;
import io.moquette.broker.subscriptions.ISubscriptionsDirectory;
import io.moquette.interception.BrokerInterceptor;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttVersion;
import io.netty.util.concurrent.FastThreadLocal;
import java.time.Clock;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;

/**
 * Opens Moquette where it is package-private, and is the only class here that does. Moquette's connection and session
 * life cycle stays in charge; its sessions become a view on ours, its session threads are replaced by the event loop of
 * each client's own connection, and its timers and stores are switched off.
 */
@NullMarked
public final class MoquetteSeam implements AutoCloseable {

    private static final int NO_RECEIVE_LIMIT = 65_535;

    /** Moquette asks for a bound of queues that stay empty. */
    private static final int UNUSED_QUEUE_SIZE = 1;

    private final FastThreadLocal<@Nullable Channel> current = new FastThreadLocal<>();
    private final Function<String, @Nullable ClientSession> sessions;
    private final Function<Channel, Outlet> outlets;
    private final BrokerInterceptor interceptor;
    private final EngineSessions registry;
    private final EngineHandler handler;

    /** What Moquette asks to be given and what is never called: the front and the directory do that work. */
    public record Stores(
            ISubscriptionsDirectory subscriptions,
            ISessionsRepository sessions,
            IQueueRepository queues,
            SessionMessageQueue<SessionRegistry.EnqueuedMessage> queue,
            IRetainedRepository retained) {}

    /** A command of Moquette's that threw. Reaches the pipeline of the client it belongs to. */
    public static final class CommandFailed extends RuntimeException {
        private static final long serialVersionUID = 1L;

        CommandFailed(String command, Throwable cause) {
            super("command " + command + " failed", cause);
        }
    }

    /**
     * @param sessions the session that was opened for a client id before its CONNECT is passed on
     * @param outlets the connection behind a channel, for its session
     */
    public MoquetteSeam(
            Stores stores, Function<String, @Nullable ClientSession> sessions, Function<Channel, Outlet> outlets) {
        this.sessions = sessions;
        this.outlets = outlets;
        IConfig config = config();
        this.interceptor = new BrokerInterceptor(config, List.of());
        Authorizator authorizator = new Authorizator(new PermitAllAuthorizatorPolicy());
        GuardedCommands commands = new GuardedCommands();
        registry = new EngineSessions(stores, authorizator, commands);
        PostOffice postOffice = new PostOffice(
                stores.subscriptions(),
                stores.retained(),
                registry,
                stores.sessions(),
                interceptor,
                authorizator,
                commands,
                Clock.systemUTC());
        postOffice.terminate(); // Its timers are for wills and retained messages, which are not its own any more.
        this.handler = new EngineHandler(new MQTTConnectionFactory(
                new BrokerConfiguration(config), (clientId, username, password) -> true, registry, postOffice));
    }

    private static IConfig config() {
        IConfig config = new MemoryConfig(new Properties());
        config.setProperty(IConfig.ALLOW_ANONYMOUS_PROPERTY_NAME, "true");
        config.setProperty(IConfig.RECEIVE_MAXIMUM, Integer.toString(NO_RECEIVE_LIMIT));
        return config;
    }

    /** Moquette at the end of any number of pipelines. */
    public ChannelHandler handler() {
        return handler;
    }

    @Override
    public void close() {
        interceptor.stop();
    }

    /** Moquette's handler, which also remembers whose channel is being worked on, also where one call leads to another. */
    @ChannelHandler.Sharable
    private final class EngineHandler extends NewNettyMQTTHandler {

        EngineHandler(MQTTConnectionFactory connections) {
            super(connections);
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
            Channel outer = enter(context);
            try {
                super.channelRead(context, message);
            } finally {
                current.set(outer);
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            Channel outer = enter(context);
            try {
                super.channelInactive(context);
                registry.forget(context.channel()); // Moquette leaves a session behind that was not connected yet.
            } finally {
                current.set(outer);
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            Channel outer = enter(context);
            try {
                super.channelWritabilityChanged(context);
            } finally {
                current.set(outer);
            }
        }

        private @Nullable Channel enter(ChannelHandlerContext context) {
            Channel outer = current.get();
            current.set(context.channel());
            return outer;
        }
    }

    /**
     * Runs each command at once, guarded: Moquette's own loops die with the first command that throws. The callers are
     * the pipelines, hence the thread is the event loop of the client's connection.
     */
    private final class GuardedCommands extends SessionEventLoopGroup {
        private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

        GuardedCommands() {
            super(interceptor, UNUSED_QUEUE_SIZE);
            super.terminate(); // The constructor of the superclass starts a thread per core.
        }

        @Override
        int targetQueueOrdinal(String clientId) {
            return 0;
        }

        @Override
        public PostOffice.RouteResult routeCommand(
                @Nullable String clientId, String description, Callable<Void> action) {
            if (clientId != null) { // There is none before CONNECT.
                try {
                    action.call();
                } catch (Exception | LinkageError | AssertionError e) {
                    failed(clientId, description, e);
                }
            }
            return PostOffice.RouteResult.success(clientId, DONE);
        }

        private void failed(String clientId, String description, Throwable cause) {
            Channel channel = channelOf(clientId);
            if (channel == null) {
                throw new CommandFailed(description, cause);
            }
            channel.pipeline().fireExceptionCaught(new CommandFailed(description, cause));
        }

        /** The one that is worked on, unless that is another client's: what was written for one may run while another is. */
        private @Nullable Channel channelOf(String clientId) {
            Channel working = current.get();
            if (working != null) {
                String client = NettyUtils.clientID(working);
                if (client == null || client.equals(clientId)) { // It has none before its CONNECT was taken.
                    return working;
                }
            }
            return registry == null ? null : registry.channel(clientId);
        }

        private @Nullable EngineSessions registry;
    }

    /** Moquette's sessions, one for each connected client; they end with the connection. */
    private final class EngineSessions extends SessionRegistry {
        private final ConcurrentMap<String, EngineSession> connected = new ConcurrentHashMap<>();
        private final Stores stores;

        EngineSessions(Stores stores, Authorizator authorizator, GuardedCommands commands) {
            super(
                    stores.subscriptions(),
                    stores.sessions(),
                    stores.queues(),
                    authorizator,
                    null,
                    Clock.systemUTC(),
                    Session.INFINITE_EXPIRY,
                    commands);
            super.close(); // Ends the timer of session expiry.
            this.stores = stores;
            commands.registry = this;
        }

        @Override
        SessionCreationResult createOrReopenSession(
                MqttConnectMessage message, String clientId, @Nullable String username) {
            ClientSession session = sessions.apply(clientId);
            if (session == null) {
                throw new SessionCorruptedException("no session was opened for " + clientId);
            }
            EngineSession created = new EngineSession(clientId, session, stores.queue());
            created.markConnecting();
            connected.put(clientId, created);
            // "Reopened", so that what waits for the client is sent once CONNACK was.
            return new SessionCreationResult(created, CreationModeEnum.REOPEN_EXISTING, false);
        }

        @Override
        @Nullable
        Session retrieve(String clientId) {
            return connected.get(clientId);
        }

        @Override
        void connectionClosed(Session session) {
            session.disconnect();
            remove(session);
        }

        @Override
        void remove(Session session) {
            connected.remove(session.getClientID(), session);
        }

        void forget(Channel channel) {
            String clientId = NettyUtils.clientID(channel);
            EngineSession session = clientId == null ? null : connected.get(clientId);
            if (session != null && channel.equals(session.channel)) {
                connectionClosed(session);
            }
        }

        @Nullable
        Channel channel(String clientId) {
            EngineSession session = connected.get(clientId);
            return session == null ? null : session.channel;
        }
    }

    /** A connection of a client as Moquette sees it: everything that outlives it is in the {@link ClientSession}. */
    private final class EngineSession extends Session {
        private final ClientSession session;
        private @Nullable Channel channel;
        private @Nullable Outlet outlet;

        EngineSession(
                String clientId, ClientSession session, SessionMessageQueue<SessionRegistry.EnqueuedMessage> queue) {
            super(
                    new ISessionsRepository.SessionData(
                            clientId, MqttVersion.MQTT_5, Session.INFINITE_EXPIRY, Clock.systemUTC()),
                    false,
                    queue);
            this.session = session;
        }

        @Override
        void bind(MQTTConnection connection) {
            super.bind(connection);
            channel = connection.channel;
            outlet = outlets.apply(connection.channel);
        }

        @Override
        @SuppressWarnings("FutureReturnValueIgnored") // A channel that fails to close is closed.
        public void reconnectSession() {
            if (channel != null && outlet != null && !session.attach(channel.eventLoop(), outlet)) {
                channel.close(); // The session ended meanwhile.
            }
        }

        @Override
        public void disconnect() {
            super.disconnect();
            if (outlet != null) {
                session.detach(outlet);
            }
        }

        @Override
        void pubAckReceived(int packetId) {
            session.onPubAck(packetId);
        }

        @Override
        public void processPubRec(int packetId) {
            session.onPubRec(packetId, 0);
        }

        @Override
        public void processPubComp(int packetId) {
            session.onPubComp(packetId);
        }

        @Override
        public void writabilityChanged() {
            session.onWritable();
        }

        @Override
        public void flushAllQueuedMessages() {
            session.onWritable();
        }

        @Override
        public void resendInflightNotAcked() {
            // Only ever on a new connection (MQTT 5, 4.4), and then by attach.
        }

        @Override
        public void cleanUp() {
            // The client's session decides on its own how long it keeps what.
        }

        @Override
        public String toString() {
            return "EngineSession[" + getClientID() + "]";
        }
    }
}
