package io.meshvine.node.config;

import io.meshvine.node.config.MeshConfig.Discovery;
import io.meshvine.node.config.SessionConfig.Overflow;
import io.meshvine.node.config.SharedConfig.Strategy;
import io.meshvine.node.config.StorageConfig.Durability;
import io.meshvine.node.config.TlsConfig.ClientAuth;
import io.meshvine.node.config.TlsConfig.Identity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Every key a node knows, with its type and default: the one table behind the loader, the checks and the reference. */
final class Settings {

    private static final List<Setting<?>> TABLE = new ArrayList<>();

    private static final String NAME = "1 to 64 letters, digits, dots, dashes or underscores";
    private static final String NAME_PATTERN = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";
    private static final ValueType<String> HOST =
            ValueType.text("an address or host name of this machine", "[^\\s/,]+");

    static final Setting<String> NODE_NAME =
            add("node.name", "", ValueType.text(NAME, NAME_PATTERN), "display name; default: the host name");
    static final Setting<Path> NODE_DATA_DIR =
            add("node.data-dir", "", ValueType.path(), "folder of this node alone; default: ./data/<node.name>");
    static final Setting<Duration> NODE_DRAIN_TIMEOUT = add(
            "node.drain-timeout", "5s", ValueType.duration("0s", "9s"), "how long a stopping node gives its clients");

    static final Setting<String> MQTT_TCP_HOST = add(
            "mqtt.tcp.host",
            "",
            HOST,
            "address for MQTT; default: 127.0.0.1, or 0.0.0.0 with credentials or security.allow-anonymous");
    static final Setting<Integer> MQTT_TCP_PORT = add("mqtt.tcp.port", "1883", ValueType.port(), "port for MQTT");
    static final Setting<List<Cidr>> MQTT_TCP_ALLOW =
            add("mqtt.tcp.allow", "", ValueType.cidrs(), "addresses that may connect, as 10.0.0.0/8; default: all");
    static final Setting<List<Cidr>> MQTT_TCP_DENY =
            add("mqtt.tcp.deny", "", ValueType.cidrs(), "addresses that may not, whatever is allowed");
    static final Setting<String> MQTT_WS_HOST =
            add("mqtt.ws.host", "", HOST, "address for WebSocket; default as for mqtt.tcp.host");
    static final Setting<Integer> MQTT_WS_PORT =
            add("mqtt.ws.port", "8083", ValueType.port(), "port for MQTT over WebSocket");
    static final Setting<String> MQTT_WS_PATH = add(
            "mqtt.ws.path",
            "/mqtt",
            ValueType.text("a path that starts with /", "/[^\\s?#]*"),
            "path of the WebSocket");
    static final Setting<List<Cidr>> MQTT_WS_ALLOW =
            add("mqtt.ws.allow", "", ValueType.cidrs(), "addresses that may connect, as 10.0.0.0/8; default: all");
    static final Setting<List<Cidr>> MQTT_WS_DENY =
            add("mqtt.ws.deny", "", ValueType.cidrs(), "addresses that may not, whatever is allowed");
    static final Setting<String> MQTT_TLS_HOST =
            add("mqtt.tls.host", "", HOST, "address for MQTT over TLS; default as for mqtt.tcp.host");
    static final Setting<Integer> MQTT_TLS_PORT = add(
            "mqtt.tls.port", "", ValueType.port(), "port for MQTT over TLS; default: 8883 with a certificate, else -1");
    static final Setting<Path> MQTT_TLS_CERTIFICATE =
            add("mqtt.tls.certificate", "", ValueType.path(), "PEM file: the server's certificate, then its chain");
    static final Setting<Path> MQTT_TLS_KEY =
            add("mqtt.tls.key", "", ValueType.path(), "PEM file: the private key of the certificate");
    static final Setting<Path> MQTT_TLS_CA =
            add("mqtt.tls.ca", "", ValueType.path(), "PEM file: authorities of the clients' certificates");
    static final Setting<ClientAuth> MQTT_TLS_CLIENT_AUTH = add(
            "mqtt.tls.client-auth",
            "none",
            ValueType.oneOf(ClientAuth.class),
            "whether clients show a certificate: none, optional or required");
    static final Setting<Identity> MQTT_TLS_IDENTITY = add(
            "mqtt.tls.identity",
            "none",
            ValueType.oneOf(Identity.class),
            "what of a client's certificate is its user name: cn, san or none");
    static final Setting<List<String>> MQTT_TLS_VERSIONS = add(
            "mqtt.tls.versions",
            "TLSv1.2,TLSv1.3",
            ValueType.list("a list of TLSv1.2 and TLSv1.3", "TLSv1\\.[23]"),
            "versions of TLS");
    static final Setting<List<String>> MQTT_TLS_CIPHERS = add(
            "mqtt.tls.ciphers",
            "",
            ValueType.list("a list of cipher suites", "[A-Za-z0-9_-]+"),
            "cipher suites, as TLS_AES_128_GCM_SHA256; default: what is safe");
    static final Setting<List<Cidr>> MQTT_TLS_ALLOW =
            add("mqtt.tls.allow", "", ValueType.cidrs(), "addresses that may connect, as 10.0.0.0/8; default: all");
    static final Setting<List<Cidr>> MQTT_TLS_DENY =
            add("mqtt.tls.deny", "", ValueType.cidrs(), "addresses that may not, whatever is allowed");
    static final Setting<String> MQTT_WSS_HOST =
            add("mqtt.wss.host", "", HOST, "address for WebSocket over TLS; default as for mqtt.tcp.host");
    static final Setting<Integer> MQTT_WSS_PORT =
            add("mqtt.wss.port", "-1", ValueType.port(), "port for WebSocket over TLS, with the settings of mqtt.tls");
    static final Setting<List<Cidr>> MQTT_WSS_ALLOW =
            add("mqtt.wss.allow", "", ValueType.cidrs(), "addresses that may connect, as 10.0.0.0/8; default: all");
    static final Setting<List<Cidr>> MQTT_WSS_DENY =
            add("mqtt.wss.deny", "", ValueType.cidrs(), "addresses that may not, whatever is allowed");
    static final Setting<Long> MQTT_MAX_PACKET_SIZE =
            add("mqtt.max-packet-size", "1MiB", ValueType.size("256B", "64MiB"), "largest packet taken from a client");
    static final Setting<Integer> MQTT_RECEIVE_MAXIMUM = add(
            "mqtt.receive-maximum",
            "1024",
            ValueType.integer(1, 65_535),
            "QoS 1 and 2 publishes a client may have open");
    static final Setting<Integer> MQTT_TOPIC_ALIAS_MAXIMUM =
            add("mqtt.topic-alias-maximum", "64", ValueType.integer(0, 65_535), "topic aliases a client may use");
    static final Setting<Duration> MQTT_MAX_KEEP_ALIVE = add(
            "mqtt.max-keep-alive",
            "0s",
            ValueType.duration("0s", "65535s"),
            "longest keep alive; 0s: as the client asks");
    static final Setting<Duration> MQTT_CONNECT_TIMEOUT = add(
            "mqtt.connect-timeout",
            "10s",
            ValueType.duration("100ms", "10m"),
            "how long a connection may be without CONNECT");
    static final Setting<Integer> MQTT_WORKERS =
            add("mqtt.workers", "", ValueType.integer(1, 1_024), "threads for connections; default: one per processor");
    static final Setting<Long> MQTT_MAX_CONNECT_SIZE = add(
            "mqtt.max-connect-size",
            "256KiB",
            ValueType.size("256B", "64MiB"),
            "largest CONNECT: what is taken from somebody who is not known yet");
    static final Setting<Integer> MQTT_MAX_TOPIC_LEVELS =
            add("mqtt.max-topic-levels", "128", ValueType.integer(1, 128), "levels of a topic or of a topic filter");
    static final Setting<Integer> MQTT_PUBLISH_RATE = add(
            "mqtt.publish-rate",
            "0",
            ValueType.integer(0, 10_000_000),
            "publishes per second of one client, who has to wait beyond; 0: no limit");
    static final Setting<Long> MQTT_PUBLISH_BYTES = add(
            "mqtt.publish-bytes",
            "0",
            ValueType.size("0", "1024GiB"),
            "bytes of payloads per second of one client; 0: no limit");
    static final Setting<Integer> MQTT_CONNECTION_RATE = add(
            "mqtt.connection-rate",
            "0",
            ValueType.integer(0, 1_000_000),
            "connections accepted per second, more wait; 0: no limit");
    static final Setting<Integer> MQTT_CONNECTION_RATE_PER_ADDRESS = add(
            "mqtt.connection-rate-per-address",
            "0",
            ValueType.integer(0, 1_000_000),
            "the same of one address, more are closed; 0: no limit");
    static final Setting<Integer> MQTT_CONNECTIONS_PER_ADDRESS = add(
            "mqtt.connections-per-address",
            "0",
            ValueType.integer(0, 10_000_000),
            "connections of one address at the same time; 0: no limit");
    static final Setting<Integer> MQTT_MAX_CONNECTIONS =
            add("mqtt.max-connections", "100000", ValueType.integer(1, 10_000_000), "connections at the same time");

    static final Setting<Duration> SESSION_MAX_EXPIRY = add(
            "session.max-expiry",
            "never",
            ValueType.durationOrNever("0s", "49710d", SessionConfig.NEVER),
            "longest session expiry granted");
    static final Setting<Integer> SESSION_MAX_SESSIONS =
            add("session.max-sessions", "1000000", ValueType.integer(1, 100_000_000), "sessions, connected or not");
    static final Setting<Integer> SESSION_MAX_SUBSCRIPTIONS = add(
            "session.max-subscriptions", "100000", ValueType.integer(1, 10_000_000), "subscriptions of one session");
    static final Setting<Integer> SESSION_MAX_IN_FLIGHT = add(
            "session.max-in-flight",
            "1024",
            ValueType.integer(1, 65_535),
            "publishes sent to a client, not acknowledged");
    static final Setting<Integer> SESSION_MAX_QUEUED_MESSAGES = add(
            "session.max-queued-messages",
            "100000",
            ValueType.integer(0, 500_000),
            "QoS 1 and 2 messages that wait for a client");
    static final Setting<Long> SESSION_MAX_QUEUED_BYTES =
            add("session.max-queued-bytes", "64MiB", ValueType.size("0", "1024GiB"), "the same in bytes");
    static final Setting<Integer> SESSION_MAX_PENDING_QOS0 = add(
            "session.max-pending-qos0",
            "20000",
            ValueType.integer(1, 500_000),
            "QoS 0 messages that wait for a slow connection");
    static final Setting<Long> SESSION_MAX_PENDING_QOS0_BYTES =
            add("session.max-pending-qos0-bytes", "16MiB", ValueType.size("1KiB", "1024GiB"), "the same in bytes");
    static final Setting<Overflow> SESSION_OVERFLOW = add(
            "session.overflow",
            "reject-newest",
            ValueType.oneOf(Overflow.class),
            "what gives way when a queue is full");
    static final Setting<Duration> SESSION_CLAIM_TIMEOUT = add(
            "session.claim-timeout",
            "500ms",
            ValueType.duration("10ms", "10s"),
            "how long a client that connects waits for peers to say where it was, and 20 times as long for its session");

    static final Setting<Integer> RETAINED_MAX_MESSAGES = add(
            "retained.max-messages",
            "2000000",
            ValueType.integer(0, 100_000_000),
            "retained messages of the whole mesh; use the same on all nodes");
    static final Setting<Long> RETAINED_MAX_BYTES = add(
            "retained.max-bytes", "1GiB", ValueType.size("0", "1024GiB"), "the same in bytes of topics and payloads");

    static final Setting<Duration> WILL_GRACE = add(
            "will.grace",
            "5s",
            ValueType.duration("0s", "1h"),
            "how long a client may take to be back anywhere after its node died, before its will is published");
    static final Setting<Integer> WILL_MAX_HELD = add(
            "will.max-held", "1000000", ValueType.integer(0, 100_000_000), "wills kept for the clients of other nodes");
    static final Setting<Long> WILL_MAX_HELD_BYTES =
            add("will.max-held-bytes", "64MiB", ValueType.size("0", "1024GiB"), "the same in bytes");

    static final Setting<Strategy> SHARED_STRATEGY = add(
            "shared.strategy",
            "local",
            ValueType.oneOf(Strategy.class),
            "who gets a publish of a shared subscription: local: a member here, else of the node with least to do;"
                    + " random: any node; topic: one for each topic");
    static final Setting<Duration> SHARED_REDELIVER_AFTER = add(
            "shared.redeliver-after",
            "2s",
            ValueType.duration("0s", "1h"),
            "how long a node may be away before what its members did not acknowledge goes to others");
    static final Setting<Long> SHARED_MAX_TRACKED_SIZE = add(
            "shared.max-tracked-size",
            "64MiB",
            ValueType.size("0", "1024GiB"),
            "memory for publishes until other nodes' members acknowledged them; beyond it they are not redelivered");

    static final Setting<String> MESH_NAME =
            add("mesh.name", "meshvine", ValueType.text(NAME, NAME_PATTERN), "meshes with different names never merge");
    static final Setting<String> MESH_BIND_ADDRESS =
            add("mesh.bind-address", "127.0.0.1", HOST, "address for peers; 0.0.0.0: all of this host");
    static final Setting<String> MESH_ADVERTISED_ADDRESS = add(
            "mesh.advertised-address",
            "",
            HOST,
            "where peers reach it, if elsewhere (NAT); default: mesh.bind-address");
    static final Setting<Integer> MESH_BIND_PORT = add(
            "mesh.bind-port",
            "7800",
            ValueType.port(),
            "port for peers; default: the first free one from 7800 on; -1: no mesh");
    static final Setting<Discovery> MESH_DISCOVERY = add(
            "mesh.discovery",
            "",
            ValueType.oneOf(Discovery.class),
            "how peers are found; default: lan, or what seeds or dns-query ask for");
    static final Setting<List<HostPort>> MESH_SEEDS =
            add("mesh.seeds", "", ValueType.addresses(7800), "peers to ask first, with static discovery");
    static final Setting<String> MESH_DNS_QUERY = add(
            "mesh.dns-query",
            "",
            ValueType.text("a DNS name", "[A-Za-z0-9._-]{1,253}"),
            "name that resolves to all peers, with dns discovery");
    static final Setting<Boolean> MESH_ALLOW_INSECURE =
            add("mesh.allow-insecure", "false", ValueType.bool(), "lets peers beyond this host connect, unencrypted");
    static final Setting<Duration> MESH_SPILL_AFTER = add(
            "mesh.spill-after",
            "50ms",
            ValueType.duration("1ms", "1m"),
            "how long a peer may take to confirm a publish");
    static final Setting<Long> MESH_MAX_FRAME_SIZE = add(
            "mesh.max-frame-size", "56KiB", ValueType.size("1KiB", "1MiB"), "size up to which publishes share a frame");
    static final Setting<Long> MESH_LINK_WINDOW = add(
            "mesh.link-window",
            "64MiB",
            ValueType.size("32MiB", "16GiB"),
            "bytes in memory for one peer, queued or not confirmed");
    static final Setting<Long> MESH_FLIGHT_WINDOW = add(
            "mesh.flight-window",
            "4MiB",
            ValueType.size("256KiB", "1GiB"),
            "bytes sent to one peer that it has not consumed");
    static final Setting<Duration> MESH_PEER_TIMEOUT = add(
            "mesh.peer-timeout", "5s", ValueType.duration("1s", "10m"), "a peer silent for so long is taken for gone");
    static final Setting<Long> MESH_OUTBOX_MAX_SIZE = add(
            "mesh.outbox-max-size",
            "8GiB",
            ValueType.size("1MiB", "16384GiB"),
            "bytes on disk for one absent or slow peer");
    static final Setting<Duration> MESH_OUTBOX_RETENTION = add(
            "mesh.outbox-retention",
            "24h",
            ValueType.duration("1s", "365d"),
            "how long publishes wait for an absent peer");
    static final Setting<Duration> MESH_TOMBSTONE_LIFE = add(
            "mesh.tombstone-life",
            "7d",
            ValueType.duration("1m", "3650d"),
            "how long a deleted retained message is remembered");
    static final Setting<Duration> MESH_SESSION_PATIENCE = add(
            "mesh.session-patience",
            "10s",
            ValueType.duration("0s", "10m"),
            "how long peers wait at a stretch for a client here that reads too slowly; 0s: not at all");
    static final Setting<Duration> MESH_DIGEST_INTERVAL =
            add("mesh.digest-interval", "30s", ValueType.duration("1s", "1h"), "how often peers compare their tables");
    static final Setting<Duration> SUBSCRIBE_CONFIRM_TIMEOUT = add(
            "subscribe.confirm-timeout",
            "500ms",
            ValueType.duration("0s", "1m"),
            "how long a SUBACK waits for the peers");

    static final Setting<Durability> DURABILITY = add(
            "durability",
            "fsync",
            ValueType.oneOf(Durability.class),
            "what an acknowledged message survives: power failure (fsync), kill -9 (os), neither (none)");
    static final Setting<Long> STORAGE_MEMORY = add(
            "storage.memory",
            "32MiB",
            ValueType.size("8MiB", "64GiB"),
            "memory of the store beside the Java heap: write buffers and cache");
    static final Setting<Long> STORAGE_RESERVE = add(
            "storage.reserve",
            "128MiB",
            ValueType.size("1MiB", "1024GiB"),
            "space on the disk that nothing new may take, a tenth of the disk at most: to delete needs some");

    static final Setting<String> ADMIN_HOST =
            add("admin.host", "127.0.0.1", HOST, "address for health, metrics and status");
    static final Setting<Integer> ADMIN_PORT =
            add("admin.port", "8080", ValueType.port(), "port for health, metrics, status");
    static final Setting<Path> ADMIN_PASSWORD_FILE = add(
            "admin.password-file",
            "",
            ValueType.path(),
            "users of the admin port, as in security.password-file; without it, everybody");

    static final Setting<Boolean> SECURITY_ALLOW_ANONYMOUS = add(
            "security.allow-anonymous",
            "false",
            ValueType.bool(),
            "serves clients without credentials, beyond this host too");
    static final Setting<Path> SECURITY_PASSWORD_FILE = add(
            "security.password-file",
            "",
            ValueType.path(),
            "users and hashes of their passwords: ./meshvine user, or mosquitto_passwd");
    static final Setting<Path> SECURITY_ACL_FILE =
            add("security.acl-file", "", ValueType.path(), "who may publish and subscribe what, in Mosquitto's syntax");
    static final Setting<Path> SECURITY_JWT_JWKS_FILE = add(
            "security.jwt.jwks-file",
            "",
            ValueType.path(),
            "JSON Web Key Set: takes tokens that it signs as passwords");
    static final Setting<String> SECURITY_JWT_ISSUER =
            add("security.jwt.issuer", "", ValueType.text("a text", ".+"), "what iss of a token has to be");
    static final Setting<String> SECURITY_JWT_AUDIENCE =
            add("security.jwt.audience", "", ValueType.text("a text", ".+"), "what aud of a token has to contain");
    static final Setting<String> SECURITY_JWT_USER_CLAIM =
            add("security.jwt.user-claim", "sub", ValueType.text("a text", ".+"), "claim with the name of the user");

    static final Setting<LogLevel> LOG_LEVEL =
            add("log.level", "info", ValueType.oneOf(LogLevel.class), "least severity that is logged");

    private Settings() {}

    /** All of them, in the order of the reference. */
    static List<Setting<?>> all() {
        return List.copyOf(TABLE);
    }

    private static <T> Setting<T> add(String key, String defaultText, ValueType<T> type, String meaning) {
        Setting<T> setting = new Setting<>(key, defaultText, type, meaning);
        TABLE.add(setting);
        return setting;
    }
}
