package io.meshvine.node.config;

import io.meshvine.node.config.MeshConfig.Discovery;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns the texts in effect into a {@link NodeConfig}, checks what depends on each other, and gathers the problems. */
final class Assembly {

    private static final String LOOPBACK = "127.0.0.1";
    private static final String ANY_ADDRESS = "0.0.0.0";
    private static final String DEFAULT = "default";

    private static final int DEFAULT_TLS_PORT = 8883;

    /** Nodes on one host settle on the next free port. */
    private static final int DEFAULT_PORT_RANGE = 19;

    /** Peers may allow their clients more than this node does. */
    private static final int LEAST_PUBLISH_SIZE = 16 << 20;

    private static final int TOPIC_AND_FRAMING = 128 << 10;

    private final Map<String, Entry> set;
    private final List<ConfigProblem> problems;
    private final HostFacts host;
    private final List<LoadedConfig.Effective> effective = new ArrayList<>();

    Assembly(Map<String, Entry> set, List<ConfigProblem> problems, HostFacts host) {
        this.set = set;
        this.problems = problems;
        this.host = host;
    }

    LoadedConfig assemble() {
        String name = get(Settings.NODE_NAME, host.name().orElse("meshvine"));
        Path dataDir = get(Settings.NODE_DATA_DIR, Path.of("data", name).toString());
        Duration drain = get(Settings.NODE_DRAIN_TIMEOUT);
        SecurityConfig security = security();
        MqttConfig mqtt = mqtt(security);
        SessionConfig session = session();
        RetainedConfig retained =
                new RetainedConfig(get(Settings.RETAINED_MAX_MESSAGES), get(Settings.RETAINED_MAX_BYTES));
        WillConfig will = new WillConfig(
                get(Settings.WILL_GRACE), get(Settings.WILL_MAX_HELD), get(Settings.WILL_MAX_HELD_BYTES));
        SharedConfig shared = new SharedConfig(
                get(Settings.SHARED_STRATEGY),
                get(Settings.SHARED_REDELIVER_AFTER),
                get(Settings.SHARED_MAX_TRACKED_SIZE));
        MeshConfig mesh = mesh(mqtt.maxPacketSize());
        StorageConfig storage = new StorageConfig(
                get(Settings.DURABILITY), get(Settings.STORAGE_MEMORY), get(Settings.STORAGE_RESERVE));
        Listener admin = new Listener(get(Settings.ADMIN_HOST), get(Settings.ADMIN_PORT));
        checkReach(
                Settings.ADMIN_HOST,
                admin,
                security.adminPasswordFile() != null || security.allowAnonymous(),
                "set " + Settings.ADMIN_PASSWORD_FILE.key() + ", or " + Settings.SECURITY_ALLOW_ANONYMOUS.key()
                        + "=true if that is what you want");
        checkPorts(mqtt, mesh, admin);
        LogLevel logLevel = get(Settings.LOG_LEVEL);
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
        List<String> order = Settings.all().stream().map(Setting::key).toList();
        effective.sort(Comparator.comparingInt(setting -> order.indexOf(setting.key())));
        return new LoadedConfig(
                new NodeConfig(
                        name, dataDir, mqtt, session, retained, will, shared, mesh, storage, admin, security, drain,
                        logLevel),
                effective);
    }

    private MqttConfig mqtt(SecurityConfig security) {
        TlsConfig tlsConfig = set.containsKey(Settings.MQTT_TLS_CERTIFICATE.key()) ? tls() : null;
        if (tlsConfig == null) {
            checkWithout(
                    Settings.MQTT_TLS_CERTIFICATE,
                    List.of(
                            Settings.MQTT_TLS_KEY,
                            Settings.MQTT_TLS_CA,
                            Settings.MQTT_TLS_CLIENT_AUTH,
                            Settings.MQTT_TLS_IDENTITY,
                            Settings.MQTT_TLS_VERSIONS,
                            Settings.MQTT_TLS_CIPHERS));
        }
        boolean identified = tlsConfig != null && tlsConfig.identifiesClients();
        boolean plainAllowed = security.allowAnonymous() || security.hasCredentials();
        boolean tlsAllowed = plainAllowed || identified;
        String plainHost = plainAllowed ? ANY_ADDRESS : LOOPBACK;
        String tlsHost = tlsAllowed ? ANY_ADDRESS : LOOPBACK;
        Listener tcp = new Listener(get(Settings.MQTT_TCP_HOST, plainHost), get(Settings.MQTT_TCP_PORT));
        Listener ws = new Listener(get(Settings.MQTT_WS_HOST, plainHost), get(Settings.MQTT_WS_PORT));
        Listener tls = new Listener(
                get(Settings.MQTT_TLS_HOST, tlsHost),
                get(Settings.MQTT_TLS_PORT, Integer.toString(tlsConfig == null ? Listener.OFF : DEFAULT_TLS_PORT)));
        Listener wss = new Listener(get(Settings.MQTT_WSS_HOST, tlsHost), get(Settings.MQTT_WSS_PORT));
        checkClientReach(Settings.MQTT_TCP_HOST, tcp, plainAllowed);
        checkClientReach(Settings.MQTT_WS_HOST, ws, plainAllowed);
        checkClientReach(Settings.MQTT_TLS_HOST, tls, tlsAllowed);
        checkClientReach(Settings.MQTT_WSS_HOST, wss, tlsAllowed);
        checkCertificate(Settings.MQTT_TLS_PORT, tls, tlsConfig);
        checkCertificate(Settings.MQTT_WSS_PORT, wss, tlsConfig);
        return new MqttConfig(
                tcp,
                ws,
                tls,
                wss,
                tls.enabled() || wss.enabled() ? tlsConfig : null,
                List.of(
                        new AddressRules(get(Settings.MQTT_TCP_ALLOW), get(Settings.MQTT_TCP_DENY)),
                        new AddressRules(get(Settings.MQTT_WS_ALLOW), get(Settings.MQTT_WS_DENY)),
                        new AddressRules(get(Settings.MQTT_TLS_ALLOW), get(Settings.MQTT_TLS_DENY)),
                        new AddressRules(get(Settings.MQTT_WSS_ALLOW), get(Settings.MQTT_WSS_DENY))),
                limits(),
                get(Settings.MQTT_WS_PATH),
                Math.toIntExact(get(Settings.MQTT_MAX_PACKET_SIZE)),
                get(Settings.MQTT_RECEIVE_MAXIMUM),
                get(Settings.MQTT_TOPIC_ALIAS_MAXIMUM),
                get(Settings.MQTT_MAX_KEEP_ALIVE),
                get(Settings.MQTT_CONNECT_TIMEOUT),
                get(Settings.MQTT_WORKERS, Integer.toString(host.processors())),
                get(Settings.MQTT_MAX_CONNECTIONS));
    }

    private ClientLimits limits() {
        return new ClientLimits(
                get(Settings.MQTT_CONNECTION_RATE),
                get(Settings.MQTT_CONNECTION_RATE_PER_ADDRESS),
                get(Settings.MQTT_CONNECTIONS_PER_ADDRESS),
                Math.toIntExact(get(Settings.MQTT_MAX_CONNECT_SIZE)),
                get(Settings.MQTT_MAX_TOPIC_LEVELS),
                get(Settings.MQTT_PUBLISH_RATE),
                get(Settings.MQTT_PUBLISH_BYTES));
    }

    private TlsConfig tls() {
        TlsConfig tls = new TlsConfig(
                get(Settings.MQTT_TLS_CERTIFICATE),
                get(Settings.MQTT_TLS_KEY),
                getIfSet(Settings.MQTT_TLS_CA),
                get(Settings.MQTT_TLS_CLIENT_AUTH),
                get(Settings.MQTT_TLS_VERSIONS),
                get(Settings.MQTT_TLS_CIPHERS),
                get(Settings.MQTT_TLS_IDENTITY));
        if (!set.containsKey(Settings.MQTT_TLS_KEY.key())) {
            problem(Settings.MQTT_TLS_KEY, "is missing, for there is a certificate", "name the file with its key");
        }
        if (tls.clientAuth() != TlsConfig.ClientAuth.NONE && tls.ca() == null) {
            problem(
                    Settings.MQTT_TLS_CLIENT_AUTH,
                    "needs to know which certificates to trust",
                    "set " + Settings.MQTT_TLS_CA.key());
        }
        if (tls.clientAuth() == TlsConfig.ClientAuth.NONE && tls.identity() != TlsConfig.Identity.NONE) {
            problem(
                    Settings.MQTT_TLS_IDENTITY,
                    "has no certificate to be read from",
                    "set " + Settings.MQTT_TLS_CLIENT_AUTH.key() + " to optional or required");
        }
        return tls;
    }

    /** Settings that are for nothing while another one is not set. */
    private void checkWithout(Setting<?> missing, List<Setting<?>> idle) {
        for (Setting<?> setting : idle) {
            if (set.containsKey(setting.key())) {
                problem(setting, "has no effect without " + missing.key(), "set that, or remove this one");
            }
        }
    }

    private void checkCertificate(Setting<Integer> port, Listener listener, @Nullable TlsConfig tls) {
        if (listener.enabled() && tls == null) {
            problem(
                    port,
                    "has no certificate",
                    "set " + Settings.MQTT_TLS_CERTIFICATE.key() + " and " + Settings.MQTT_TLS_KEY.key());
        }
    }

    private SecurityConfig security() {
        Path jwks = getIfSet(Settings.SECURITY_JWT_JWKS_FILE);
        String issuer = getIfSet(Settings.SECURITY_JWT_ISSUER);
        String audience = getIfSet(Settings.SECURITY_JWT_AUDIENCE);
        String userClaim = get(Settings.SECURITY_JWT_USER_CLAIM);
        if (jwks == null) {
            checkWithout(
                    Settings.SECURITY_JWT_JWKS_FILE,
                    List.of(
                            Settings.SECURITY_JWT_ISSUER,
                            Settings.SECURITY_JWT_AUDIENCE,
                            Settings.SECURITY_JWT_USER_CLAIM));
        }
        return new SecurityConfig(
                get(Settings.SECURITY_ALLOW_ANONYMOUS),
                getIfSet(Settings.SECURITY_PASSWORD_FILE),
                getIfSet(Settings.SECURITY_ACL_FILE),
                jwks == null ? null : new SecurityConfig.JwtConfig(jwks, issuer, audience, userClaim),
                getIfSet(Settings.ADMIN_PASSWORD_FILE));
    }

    private SessionConfig session() {
        return new SessionConfig(
                get(Settings.SESSION_MAX_EXPIRY),
                get(Settings.SESSION_MAX_SESSIONS),
                get(Settings.SESSION_MAX_SUBSCRIPTIONS),
                get(Settings.SESSION_MAX_IN_FLIGHT),
                get(Settings.SESSION_MAX_QUEUED_MESSAGES),
                get(Settings.SESSION_MAX_QUEUED_BYTES),
                get(Settings.SESSION_MAX_PENDING_QOS0),
                get(Settings.SESSION_MAX_PENDING_QOS0_BYTES),
                get(Settings.SESSION_OVERFLOW),
                get(Settings.SESSION_CLAIM_TIMEOUT));
    }

    private MeshConfig mesh(int maxPacketSize) {
        boolean insecure = get(Settings.MESH_ALLOW_INSECURE);
        Listener bind = new Listener(get(Settings.MESH_BIND_ADDRESS), get(Settings.MESH_BIND_PORT));
        checkReach(
                Settings.MESH_BIND_ADDRESS,
                bind,
                insecure,
                "set " + Settings.MESH_ALLOW_INSECURE.key() + "=true if that is what you want");
        boolean seeded = set.containsKey(Settings.MESH_SEEDS.key());
        boolean queried = set.containsKey(Settings.MESH_DNS_QUERY.key());
        Discovery implied = queried ? Discovery.DNS : seeded ? Discovery.STATIC : Discovery.LAN;
        Discovery discovery = get(Settings.MESH_DISCOVERY, implied.name().toLowerCase(Locale.ROOT));
        checkFits(Settings.MESH_SEEDS, seeded, discovery == Discovery.STATIC, "static");
        checkFits(Settings.MESH_DNS_QUERY, queried, discovery == Discovery.DNS, "dns");
        if (discovery == Discovery.DNS && bind.port() == Listener.ANY_PORT) {
            problem(Settings.MESH_BIND_PORT, "DNS tells peers no port, all nodes need the same", "choose one, as 7800");
        }
        int maxPublishSize = Math.max(LEAST_PUBLISH_SIZE, maxPacketSize + TOPIC_AND_FRAMING);
        long linkWindow = get(Settings.MESH_LINK_WINDOW);
        if (linkWindow < maxPublishSize) {
            problem(
                    Settings.MESH_LINK_WINDOW,
                    "has no room for one publish of " + Settings.MQTT_MAX_PACKET_SIZE.key() + "=" + maxPacketSize,
                    "raise it to " + maxPublishSize + " or more");
        }
        List<HostPort> seeds = getIfSet(Settings.MESH_SEEDS);
        return new MeshConfig(
                get(Settings.MESH_NAME),
                bind,
                portRange(discovery),
                getIfSet(Settings.MESH_ADVERTISED_ADDRESS),
                discovery,
                seeds == null ? List.of() : seeds,
                getIfSet(Settings.MESH_DNS_QUERY),
                insecure,
                get(Settings.SUBSCRIBE_CONFIRM_TIMEOUT),
                get(Settings.MESH_SPILL_AFTER),
                Math.toIntExact(get(Settings.MESH_MAX_FRAME_SIZE)),
                maxPublishSize,
                linkWindow,
                get(Settings.MESH_FLIGHT_WINDOW),
                get(Settings.MESH_DIGEST_INTERVAL),
                get(Settings.MESH_PEER_TIMEOUT),
                get(Settings.MESH_OUTBOX_MAX_SIZE),
                get(Settings.MESH_OUTBOX_RETENTION),
                get(Settings.MESH_TOMBSTONE_LIFE),
                get(Settings.MESH_SESSION_PATIENCE));
    }

    /** Only the other nodes of this host have to find a port that was not chosen; elsewhere it is agreed upon. */
    private int portRange(Discovery discovery) {
        return discovery == Discovery.LAN && !set.containsKey(Settings.MESH_BIND_PORT.key()) ? DEFAULT_PORT_RANGE : 0;
    }

    private void checkClientReach(Setting<String> hostSetting, Listener listener, boolean allowed) {
        checkReach(
                hostSetting,
                listener,
                allowed,
                "set " + Settings.SECURITY_PASSWORD_FILE.key() + " or other credentials, or "
                        + Settings.SECURITY_ALLOW_ANONYMOUS.key() + "=true if that is what you want");
    }

    private void checkReach(Setting<String> hostSetting, Listener listener, boolean allowed, String remedy) {
        if (!listener.enabled()) {
            return;
        }
        try {
            if (!host.isLoopback(listener.host()) && !allowed) {
                problem(
                        hostSetting,
                        "is reachable from other hosts, where nobody has to prove who they are",
                        "use " + LOOPBACK + ", or " + remedy);
            }
        } catch (UnknownHostException e) {
            problem(hostSetting, "this name has no address", "use an address of this host, or mend the name service");
        }
    }

    private void checkFits(Setting<?> setting, boolean present, boolean wanted, String discovery) {
        if (present && !wanted) {
            problem(
                    setting,
                    "has no effect with this " + Settings.MESH_DISCOVERY.key(),
                    "set " + Settings.MESH_DISCOVERY.key() + "=" + discovery + ", or remove it");
        } else if (wanted && !present) {
            problem(Settings.MESH_DISCOVERY, "needs " + setting.key(), "set " + setting.key());
        }
    }

    private void checkPorts(MqttConfig mqtt, MeshConfig mesh, Listener admin) {
        record Use(Setting<Integer> setting, int port) {}
        List<Use> uses = List.of(
                new Use(Settings.MQTT_TCP_PORT, mqtt.tcp().port()),
                new Use(Settings.MQTT_WS_PORT, mqtt.ws().port()),
                new Use(Settings.MQTT_TLS_PORT, mqtt.tls().port()),
                new Use(Settings.MQTT_WSS_PORT, mqtt.wss().port()),
                new Use(Settings.MESH_BIND_PORT, mesh.bind().port()),
                new Use(Settings.ADMIN_PORT, admin.port()));
        for (int later = 1; later < uses.size(); later++) {
            for (Use earlier : uses.subList(0, later)) {
                if (earlier.port() > 0 && earlier.port() == uses.get(later).port()) {
                    problem(
                            uses.get(later).setting(),
                            "is the port of " + earlier.setting().key() + " too",
                            "change one of the two");
                }
            }
        }
    }

    private <T> T get(Setting<T> setting) {
        return get(setting, setting.defaultText());
    }

    /** The value in effect; after a problem the default, so that the other checks can go on. */
    private <T> T get(Setting<T> setting, String defaultText) {
        T value = parse(setting, set.getOrDefault(setting.key(), new Entry(setting.key(), defaultText, DEFAULT)));
        return value == null ? setting.type().parser().apply(defaultText) : value;
    }

    private <T> @Nullable T getIfSet(Setting<T> setting) {
        Entry entry = set.get(setting.key());
        return entry == null ? null : parse(setting, entry);
    }

    /** The value, or null after a problem. */
    private <T> @Nullable T parse(Setting<T> setting, Entry entry) {
        effective.add(new LoadedConfig.Effective(setting.key(), shown(setting, entry.value()), entry.origin()));
        try {
            return setting.type().parser().apply(entry.value());
        } catch (IllegalArgumentException e) {
            problem(setting, "expected " + setting.type().expectation(), "");
            return null;
        }
    }

    private void problem(Setting<?> setting, String expectation, String remedy) {
        Entry entry = set.getOrDefault(setting.key(), new Entry(setting.key(), "", DEFAULT));
        problems.add(
                new ConfigProblem(setting.key(), entry.origin(), shown(setting, entry.value()), expectation, remedy));
    }

    private static String shown(Setting<?> setting, String value) {
        return setting.secret() && !value.isEmpty() ? "***" : value;
    }
}
