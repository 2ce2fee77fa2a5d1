package io.meshvine.node.front;

import io.meshvine.node.config.ListenException;
import io.meshvine.node.routing.PublishRouter;
import io.meshvine.node.routing.Subscriptions;
import io.meshvine.node.routing.Wills;
import io.meshvine.node.session.Outlet;
import io.meshvine.node.session.Sessions;
import io.netty.channel.Channel;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's listeners and the connections behind them. {@link #bind}, {@link #accept} and {@link #stop} from one thread. */
public final class Front {

    private static final Logger LOG = LoggerFactory.getLogger(Front.class);

    private final Services services;
    private final Departures departures;
    private volatile @Nullable Listeners listeners;

    /**
     * @param security who gets in and what they may do
     * @param wallMillis wall-clock time, milliseconds since 1970
     */
    public Front(
            FrontOptions options,
            Sessions sessions,
            PublishRouter router,
            Subscriptions subscriptions,
            Wills wills,
            Engine engine,
            FrontSecurity security,
            LongSupplier wallMillis) {
        this(options, sessions, router, subscriptions, wills, Homes.alone(), engine, security, wallMillis);
    }

    /**
     * The same in a mesh.
     *
     * @param homes where clients are at home
     */
    public Front(
            FrontOptions options,
            Sessions sessions,
            PublishRouter router,
            Subscriptions subscriptions,
            Wills wills,
            Homes homes,
            Engine engine,
            FrontSecurity security,
            LongSupplier wallMillis) {
        TakeoverGate gate = new TakeoverGate();
        this.departures = new Departures(gate);
        Authenticator authenticator = security.authenticator();
        Authenticator fallback = options.allowAnonymous() ? Authenticator.allowAll() : Authenticator.refuseAll();
        this.services = new Services(
                options,
                sessions,
                router,
                subscriptions,
                wills,
                homes,
                engine,
                authenticator != null ? authenticator : fallback,
                security.authorizer(),
                security.tls(),
                gate,
                new FrontCounters(),
                new Congestion(ReadPauses.Cause.CONGESTED),
                new Congestion(ReadPauses.Cause.UNWRITTEN),
                new UnsettledQos2(),
                new LogLimit(),
                wallMillis);
        sessions.journal().onBehind(services.unwritten()::set);
    }

    /** The outlet of the connection behind a channel of this front, for the engine to attach the session to. */
    public static Outlet outlet(Channel channel) {
        ClientConnection connection = ClientConnection.of(channel);
        if (connection == null) {
            throw new IllegalStateException("no channel of the front: " + channel);
        }
        return connection;
    }

    /**
     * Opens the configured listeners, which accept nobody yet.
     *
     * @throws ListenException if one cannot be opened; none stays open then
     */
    public void bind() throws ListenException {
        Listeners opened = new Listeners(services);
        opened.open();
        listeners = opened;
        LOG.debug("listening mqtt={} ws={} mqtts={} wss={}", tcpPort(), wsPort(), tlsPort(), wssPort());
    }

    /** Serves from now on; those who connected since {@link #bind} first. */
    public void accept() {
        if (listeners != null) {
            listeners.accept();
        }
    }

    /** The threads that serve clients, by name; none before {@link #bind}. */
    public Map<String, EventExecutor> loops() {
        return listeners == null ? Map.of() : listeners.loops();
    }

    /** The port that plain MQTT listens on, or -1. */
    public int tcpPort() {
        return port(Transport.TCP);
    }

    /** The port that MQTT over WebSocket listens on, or -1. */
    public int wsPort() {
        return port(Transport.WEB_SOCKET);
    }

    /** The port that MQTT over TLS listens on, or -1. */
    public int tlsPort() {
        return port(Transport.TLS);
    }

    /** The port that MQTT over WebSocket over TLS listens on, or -1. */
    public int wssPort() {
        return port(Transport.WEB_SOCKET_TLS);
    }

    private int port(Transport transport) {
        return listeners == null ? -1 : listeners.port(transport);
    }

    /** Users or keys have changed: ends the connections of those who would not be accepted any more. Any thread. */
    public void recheck() {
        Listeners current = listeners;
        if (current != null) {
            current.forEach(connection ->
                    connection.onLoop(() -> connection.connectFlow().recheck()));
        }
    }

    /** Refuses newcomers, tells clients that the server shuts down (0x8B), and closes within the given time. */
    public void stop(Duration drain) {
        if (listeners != null) {
            listeners.close(drain);
            listeners = null;
        }
    }

    /**
     * Ends the client's connection here, if it has one, because its session goes to another node: MQTT 5 clients are told
     * (0x8E). Who connects after that waits until {@link #release}. Any thread.
     *
     * @param frozen run, on any thread, when there is no connection
     */
    public void freeze(String clientId, Runnable frozen) {
        departures.begin(clientId, frozen);
    }

    /** Lets connections of a client in again. Any thread. */
    public void release(String clientId) {
        departures.end(clientId);
    }

    /**
     * While congested, clients that publish are not read from, so that they wait in their sockets; their keep alive does
     * not count. Any thread.
     */
    public void congested(boolean congested) {
        services.congestion().set(congested);
    }

    public FrontCounters counters() {
        return services.counters();
    }
}
