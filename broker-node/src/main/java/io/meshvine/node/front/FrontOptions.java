package io.meshvine.node.front;

import io.meshvine.node.config.AddressRules;
import io.meshvine.node.config.ClientLimits;
import io.meshvine.node.config.Listener;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How clients are served.
 *
 * @param tcp where plain MQTT listens, null for nowhere
 * @param webSocket where MQTT over WebSocket listens, null for nowhere
 * @param tls where MQTT over TLS listens, null for nowhere
 * @param webSocketTls where MQTT over WebSocket over TLS listens, null for nowhere
 * @param rules who may connect to each of the four, in the order of {@link Transport}; empty for everybody
 * @param limits what one client may ask for
 * @param webSocketPath path of the WebSocket endpoint
 * @param workers event loops that serve connections
 * @param maxConnections connections served at the same time
 * @param connectTimeout how long a connection may stay without its CONNECT
 * @param maxPacketSize largest control packet taken from a client, bytes (MQTT 5, 3.2.2.3.6)
 * @param receiveMaximum QoS 1 and 2 publishes of one client without a final acknowledgement (MQTT 5, 3.2.2.3.3)
 * @param topicAliasMaximum topic aliases a client may use, and at most as many are used towards it (MQTT 5, 3.2.2.3.8)
 * @param maxKeepAlive longest keep alive of an MQTT 5 client; zero for no limit (MQTT 5, 3.2.2.3.14)
 * @param maxSessionExpirySeconds longest session expiry granted; {@link #NEVER} for no limit (MQTT 5, 3.2.2.3.2)
 * @param allowAnonymous whether clients may connect where no {@link Authenticator} is configured
 */
public record FrontOptions(
        @Nullable Listener tcp,
        @Nullable Listener webSocket,
        @Nullable Listener tls,
        @Nullable Listener webSocketTls,
        List<AddressRules> rules,
        ClientLimits limits,
        String webSocketPath,
        int workers,
        int maxConnections,
        Duration connectTimeout,
        int maxPacketSize,
        int receiveMaximum,
        int topicAliasMaximum,
        Duration maxKeepAlive,
        long maxSessionExpirySeconds,
        boolean allowAnonymous) {

    /** A session expiry of this many seconds means that the session does not expire (MQTT 5, 3.1.2.11.2). */
    public static final long NEVER = 0xFFFF_FFFFL;

    private static final int MAX_UNSIGNED_SHORT = 0xFFFF;

    public FrontOptions {
        rules = List.copyOf(rules);
        require(rules.isEmpty() || rules.size() == Transport.values().length, "rules: " + rules.size());
        require(webSocketPath.startsWith("/"), "WebSocket path must start with /: " + webSocketPath);
        require(workers >= 1, "workers must be at least 1: " + workers);
        require(maxConnections >= 1, "connections must be at least 1: " + maxConnections);
        require(maxPacketSize >= 1, "packet size must be at least 1: " + maxPacketSize);
        require(receiveMaximum >= 1 && receiveMaximum <= MAX_UNSIGNED_SHORT, "receive maximum: " + receiveMaximum);
        require(topicAliasMaximum >= 0 && topicAliasMaximum <= MAX_UNSIGNED_SHORT, "aliases: " + topicAliasMaximum);
        require(
                maxKeepAlive.toSeconds() >= 0 && maxKeepAlive.toSeconds() <= MAX_UNSIGNED_SHORT,
                "keep alive must be 0 to 65535 seconds: " + maxKeepAlive);
        require(maxSessionExpirySeconds >= 0 && maxSessionExpirySeconds <= NEVER, "expiry: " + maxSessionExpirySeconds);
    }

    /** Who may connect over a transport. */
    @SuppressWarnings("EnumOrdinal") // the list is in the order of the transports
    AddressRules rules(Transport transport) {
        return rules.isEmpty() ? AddressRules.NONE : rules.get(transport.ordinal());
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /** The defaults, without any listener. */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects options; whatever is not set keeps its default. */
    public static final class Builder {
        private @Nullable Listener tcp;
        private @Nullable Listener webSocket;
        private @Nullable Listener tls;
        private @Nullable Listener webSocketTls;
        private List<AddressRules> rules = List.of();
        private ClientLimits limits = ClientLimits.DEFAULTS;
        private String webSocketPath = "/mqtt";
        private int workers = Runtime.getRuntime().availableProcessors();
        private int maxConnections = 100_000;
        private Duration connectTimeout = Duration.ofSeconds(10);
        private int maxPacketSize = 1 << 20;
        private int receiveMaximum = 1024;
        private int topicAliasMaximum = 64;
        private Duration maxKeepAlive = Duration.ZERO;
        private long maxSessionExpirySeconds = NEVER;
        private boolean allowAnonymous = true;

        private Builder() {}

        public Builder tcp(String host, int port) {
            tcp = new Listener(host, port);
            return this;
        }

        public Builder webSocket(String host, int port) {
            webSocket = new Listener(host, port);
            return this;
        }

        public Builder tls(String host, int port) {
            tls = new Listener(host, port);
            return this;
        }

        public Builder webSocketTls(String host, int port) {
            webSocketTls = new Listener(host, port);
            return this;
        }

        public Builder rules(List<AddressRules> ofTransports) {
            rules = ofTransports;
            return this;
        }

        public Builder limits(ClientLimits ofClients) {
            limits = ofClients;
            return this;
        }

        public Builder webSocketPath(String path) {
            webSocketPath = path;
            return this;
        }

        public Builder workers(int count) {
            workers = count;
            return this;
        }

        public Builder maxConnections(int count) {
            maxConnections = count;
            return this;
        }

        public Builder connectTimeout(Duration timeout) {
            connectTimeout = timeout;
            return this;
        }

        public Builder maxPacketSize(int bytes) {
            maxPacketSize = bytes;
            return this;
        }

        public Builder receiveMaximum(int publishes) {
            receiveMaximum = publishes;
            return this;
        }

        public Builder topicAliasMaximum(int aliases) {
            topicAliasMaximum = aliases;
            return this;
        }

        public Builder maxKeepAlive(Duration keepAlive) {
            maxKeepAlive = keepAlive;
            return this;
        }

        public Builder maxSessionExpirySeconds(long seconds) {
            maxSessionExpirySeconds = seconds;
            return this;
        }

        public Builder allowAnonymous(boolean allow) {
            allowAnonymous = allow;
            return this;
        }

        public FrontOptions build() {
            return new FrontOptions(
                    tcp,
                    webSocket,
                    tls,
                    webSocketTls,
                    rules,
                    limits,
                    webSocketPath,
                    workers,
                    maxConnections,
                    connectTimeout,
                    maxPacketSize,
                    receiveMaximum,
                    topicAliasMaximum,
                    maxKeepAlive,
                    maxSessionExpirySeconds,
                    allowAnonymous);
        }
    }
}
