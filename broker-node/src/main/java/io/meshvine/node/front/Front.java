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
    private @Nullable Listeners listeners;

    /**
     * @param authenticator decides who may connect, or null where none is configured: then everybody may, or nobody, by
     *     {@link FrontOptions#allowAnonymous}
     * @param wallMillis wall-clock time, milliseconds since 1970
     */
    public Front(
            FrontOptions options,
            Sessions sessions,
            PublishRouter router,
            Subscriptions subscriptions,
            Wills wills,
            Engine engine,
            @Nullable Authenticator authenticator,
            Authorizer authorizer,
            LongSupplier wallMillis) {
        this(
                options,
                sessions,
                router,
                subscriptions,
                wills,
                Homes.alone(),
                engine,
                authenticator,
                authorizer,
                wallMillis);
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
            @Nullable Authenticator authenticator,
            Authorizer authorizer,
            LongSupplier wallMillis) {
        TakeoverGate gate = new TakeoverGate();
        this.departures = new Departures(gate);
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
                authorizer,
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
        LOG.debug("listening mqtt={} ws={}", opened.tcpPort(), opened.webSocketPort());
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
        return listeners == null ? -1 : listeners.tcpPort();
    }

    /** The port that MQTT over WebSocket listens on, or -1. */
    public int wsPort() {
        return listeners == null ? -1 : listeners.webSocketPort();
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
