package io.meshvine.node;

import io.meshvine.mesh.BridgeLoop;
import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.retained.RetainedRecords;
import io.meshvine.mesh.session.DirectoryOptions;
import io.meshvine.mesh.store.Durability;
import io.meshvine.mesh.store.RocksRecordStore;
import io.meshvine.mesh.store.StoreOptions;
import io.meshvine.mesh.will.WillLeases;
import io.meshvine.mesh.will.WillOptions;
import io.meshvine.node.admin.AdminServer;
import io.meshvine.node.admin.AdminSources;
import io.meshvine.node.admin.Health;
import io.meshvine.node.cli.RunningNode;
import io.meshvine.node.config.Listener;
import io.meshvine.node.config.LoadedConfig;
import io.meshvine.node.config.MqttConfig;
import io.meshvine.node.config.NodeConfig;
import io.meshvine.node.config.SessionConfig;
import io.meshvine.node.config.StorageConfig;
import io.meshvine.node.config.WillConfig;
import io.meshvine.node.front.Front;
import io.meshvine.node.front.FrontOptions;
import io.meshvine.node.front.Homes;
import io.meshvine.node.identity.NodeHome;
import io.meshvine.node.metrics.NodeMetrics;
import io.meshvine.node.moquette.MoquetteEngine;
import io.meshvine.node.routing.LocalDelivery;
import io.meshvine.node.routing.MeshLocalBroker;
import io.meshvine.node.routing.MeshPublishes;
import io.meshvine.node.routing.PublishRouter;
import io.meshvine.node.routing.RouteTable;
import io.meshvine.node.routing.SharedDelivery;
import io.meshvine.node.routing.SharedStrategy;
import io.meshvine.node.routing.Subscriptions;
import io.meshvine.node.routing.SysTopics;
import io.meshvine.node.routing.Wills;
import io.meshvine.node.session.CleanStartRecords;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.GroupCustody;
import io.meshvine.node.session.Journal;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Residues;
import io.meshvine.node.session.SessionCounters;
import io.meshvine.node.session.SessionLimits;
import io.meshvine.node.session.SessionRestore;
import io.meshvine.node.session.Sessions;
import io.meshvine.node.session.SubscriptionDirectory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node of the mesh, put together and running: the only place that knows all its parts. Started and closed from one
 * thread.
 */
public final class Node implements RunningNode {

    private static final Logger LOG = LoggerFactory.getLogger(Node.class);
    private static final Duration SYS_INTERVAL = Duration.ofSeconds(10);
    private static final Duration SHARED_INTERVAL = Duration.ofMillis(250);
    private static final Duration LEAST_SWEEP_INTERVAL = Duration.ofMillis(10);

    /** How long it is remembered that a topic of {@code $SYS/} is gone: nobody else writes them, so this is for nothing. */
    private static final Duration SYS_TOMBSTONES = Duration.ofMinutes(10);

    private final NodeConfig config;
    private final NodeHome home;
    private final RecordStore store;
    private final BridgeLoop bridgeLoop = new BridgeLoop("meshvine-bridge");
    private final BridgeLoop sessionLoop = new BridgeLoop("meshvine-sessions");
    private final ScheduledExecutorService timer;
    private final Sessions sessions;
    private final Residues residues;
    private final Subscriptions subscriptions;
    private final MeshSide mesh;
    private final MeshLocalBroker meshBroker;
    private final SharedDelivery shared;
    private final SharedSide groups;
    private final GroupCustody custody;
    private final @Nullable ClientHomes homes;
    private final MeshClients clients;
    private final MoquetteEngine engine;
    private final Front front;
    private final SysTopics sysTopics;
    private final NodeSecurity security;
    private final HybridClock clock;
    private final RetainedMap retained;
    private final RetainedMap nodeRetained;
    private final NodeMetrics metrics;
    private final NodeHealth health;
    private final AdminServer admin;
    private volatile boolean serving;
    private boolean displaced;

    private Node(LoadedConfig loaded, NodeHome home, RecordStore store, NodeSecurity security, String version) {
        this.config = loaded.config();
        this.security = security;
        this.home = home;
        this.store = store;
        this.timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "meshvine-timer");
            thread.setDaemon(true);
            return thread;
        });
        this.clock = new HybridClock(home.id(), home.epoch(), bridgeLoop::wallMillis);
        this.retained = new RetainedMap(new RetainedMap.Bounds(
                config.retained().maxMessages(), config.retained().maxBytes()));
        this.nodeRetained = new RetainedMap();
        InterestIndex interest = new InterestIndex();
        SubscriptionDirectory directory = new SubscriptionDirectory();
        RouteTable routes = new RouteTable(directory, interest);
        LocalDelivery delivery = new LocalDelivery(directory);

        this.mesh = new MeshSide(config, home, bridgeLoop, store, retained, clock, interest);
        Journal journal = new Journal(store, home.epoch());
        MeshPublishes publishes = new MeshPublishes(bridgeLoop::nanoTime, bridgeLoop::wallMillis);
        SessionCounters sessionCounters = new SessionCounters();
        this.groups = new SharedSide(mesh);
        this.custody = new GroupCustody(
                journal, bridgeLoop::nanoTime, config.mesh().spillAfter().toNanos());
        this.shared = new SharedDelivery(
                home.id(),
                strategy(config),
                delivery,
                interest,
                mesh,
                groups,
                publishes,
                journal,
                sessionCounters,
                custody);
        groups.serve(config, home.epoch(), bridgeLoop, shared);
        directory.onGroupChanged(groups::recheck);
        PublishRouter router =
                new PublishRouter(routes, delivery, shared, mesh, retained, nodeRetained, clock, publishes, journal);
        this.subscriptions =
                new Subscriptions(directory, mesh, retained, nodeRetained, journal, bridgeLoop::wallMillis);
        Wills wills = new Wills(router::publishAndRelease, timer, bridgeLoop::nanoTime, bridgeLoop::wallMillis);
        WillLeases leases = new WillLeases(bridgeLoop, home.id(), willOptions(config.will()), wills);
        mesh.attach(WillLeases.CHANNEL, leases);
        wills.permittedBy(security.wills());
        wills.guardedBy(new LeasedWills(leases, mesh::execute));

        this.sessions = new Sessions(
                limits(config.session()), sessionCounters, journal, List.of(sessionLoop::execute), sessionLoop);
        this.residues = new Residues(sessions, config.mesh().outboxRetention(), bridgeLoop::wallMillis);
        this.meshBroker = new MeshLocalBroker(routes, delivery, residues, shared, groups, publishes, journal);
        this.homes = config.mesh().bind().enabled()
                ? new ClientHomes(
                        mesh,
                        bridgeLoop,
                        home.id(),
                        directoryOptions(config.session(), config.mesh().outboxRetention()),
                        sessions,
                        residues,
                        new CleanStartRecords(store),
                        subscriptions,
                        wills,
                        List.of(timer, sessionLoop::execute))
                : null;
        this.clients = new MeshClients(mesh, bridgeLoop, home.id(), sessions);
        sessions.listen(new SessionEnd(subscriptions, wills, shared, homes));
        this.engine = new MoquetteEngine(sessions::get, Front::outlet);
        this.front = new Front(
                frontOptions(config),
                sessions,
                router,
                subscriptions,
                wills,
                homes == null ? Homes.alone() : homes,
                engine::handler,
                security.front(),
                bridgeLoop::wallMillis);

        if (homes != null) {
            homes.serve(front);
        }
        this.sysTopics = new SysTopics(router::publishHere, timer, SYS_INTERVAL);
        new SysFigures(front.counters(), sessions, directory, retained)
                .register(sysTopics, version, bridgeLoop::nanoTime);
        sysTopics.tree(() -> MeshFigures.of(mesh));
        this.metrics = new NodeMetrics(version);
        NodeCounters counters = new NodeCounters(
                front.counters(),
                sessions,
                directory,
                retained,
                leases::statistics,
                meshBroker,
                shared,
                groups,
                mesh,
                store);
        counters.bindTo(metrics);
        if (homes != null) {
            DirectoryMetrics.bind(metrics, homes::statistics);
        }
        security.bindTo(metrics, wills);
        Health checks = new Health();
        checks.readyWhen("serving", () -> serving ? Optional.empty() : Optional.of("starting or stopping"));
        checks.readyWhen("store", store::problem);
        checks.readyWhen("mesh", mesh::problem);
        this.health = new NodeHealth(checks, bridgeLoop::nanoTime);
        health.watch("meshvine-bridge", bridgeLoop::execute);
        health.watch("meshvine-sessions", sessionLoop::execute);
        health.watch("meshvine-timer", timer);
        this.admin = new AdminServer(
                config.admin(),
                new AdminSources(
                        version,
                        checks,
                        mesh::status,
                        mesh::diagnose,
                        mesh::divergence,
                        clients::find,
                        counters::all,
                        loaded.settings(),
                        metrics::scrape),
                security.admin());
    }

    /**
     * Starts a node; returns once it serves.
     *
     * @throws IOException if a port cannot be opened; everything is closed again
     */
    public static Node start(LoadedConfig config) throws IOException {
        NodeSecurity security = NodeSecurity.open(config, System::nanoTime);
        NodeHome home = NodeHome.open(config.config().dataDir());
        RecordStore store = null;
        Node node;
        try {
            store = openStore(config.config().storage(), home);
            node = new Node(config, home, store, security, version());
        } catch (RuntimeException e) {
            if (store != null) {
                store.close();
            }
            home.close();
            security.close();
            throw e;
        }
        try {
            node.serve();
            return node;
        } catch (IOException | RuntimeException e) {
            node.close();
            throw e;
        }
    }

    private static RecordStore openStore(StorageConfig storage, NodeHome home) {
        Durability durability =
                switch (storage.durability()) {
                    case FSYNC -> Durability.FSYNC;
                    case OS -> Durability.OS;
                    case NONE -> Durability.NONE;
                };
        return RocksRecordStore.open(new StoreOptions(
                home.folder().resolve("store"), home.id().toString(), durability, storage.memory(), storage.reserve()));
    }

    private void serve() throws IOException {
        admin.start();
        every(NodeHealth.BEAT, health::beat);
        every(SYS_TOMBSTONES, () -> nodeRetained.purge(bridgeLoop.wallMillis(), SYS_TOMBSTONES));
        // Ports first, so that peers can be told where clients reach this node; clients last, so that none is served
        // before the mesh is there.
        front.bind();
        front.loops().forEach(health::watch);
        metrics.eventLoops(front.loops().values());
        RetainedRecords.keep(retained, clock, store);
        List<Interest> durable = restoreSessions();
        security.start(this::securityChanged);
        mesh.start(meshBroker, durable, clientAddresses(), front::congested, this::displaced);
        groups.recheckAll();
        mesh.counters().ifPresent(counters -> NodeCounters.bindMesh(metrics, counters, mesh::status));
        if (!serveClients()) {
            return;
        }
        sessionLoop.schedule(SHARED_INTERVAL, this::distributeShared);
        sessionLoop.schedule(custodyInterval(), this::sweepCustody);
        LOG.info("node {} ({}) serves, epoch {}", config.name(), home.id(), home.epoch());
    }

    private synchronized boolean serveClients() {
        if (displaced) {
            mesh.close(); // It may not have been joined wholly before.
            return false;
        }
        front.accept();
        sysTopics.start();
        serving = true;
        return true;
    }

    /** Its data is another node's, which was there first: serves nobody, and stays to say so. */
    private void displaced() {
        Thread leaving = new Thread(this::stopServing, "meshvine-displaced");
        leaving.setDaemon(true);
        leaving.start();
    }

    private synchronized void stopServing() {
        displaced = true;
        serving = false;
        sysTopics.stop();
        front.stop(config.drain());
        mesh.close();
    }

    /** Routes were made by other rules, and connections of users that may be gone. */
    private void securityChanged() {
        subscriptions.permissionsChanged();
        front.recheck();
    }

    /** Sessions without connection run on that loop anyway. */
    private void distributeShared() {
        try {
            shared.distribute();
        } catch (RuntimeException failed) {
            LOG.error("what waits for members of shared subscriptions stays where it is for now", failed);
        }
        if (serving) {
            sessionLoop.schedule(SHARED_INTERVAL, this::distributeShared);
        }
    }

    private void sweepCustody() {
        try {
            custody.sweep();
        } catch (RuntimeException failed) {
            LOG.error("what members of shared subscriptions have here is not on disk", failed);
        }
        if (serving) {
            sessionLoop.schedule(custodyInterval(), this::sweepCustody);
        }
    }

    private Duration custodyInterval() {
        return Duration.ofNanos(Math.max(
                LEAST_SWEEP_INTERVAL.toNanos(), config.mesh().spillAfter().toNanos() / 2));
    }

    /** On the timer, until it is shut down. The task must not throw. */
    private void every(Duration interval, Runnable task) {
        var unused = timer.scheduleAtFixedRate(task, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Before peers and clients come; returns what the restored sessions want of the peers. */
    private List<Interest> restoreSessions() {
        List<Interest> interests = new ArrayList<>();
        shared.adopt(custody.restore());
        if (homes != null) {
            homes.restoreCleanStarts();
        }
        int restored = SessionRestore.run(
                sessions,
                residues,
                bridgeLoop.wallMillis(),
                (session, subscribed) -> {
                    interests.addAll(subscriptions.restore(session, subscribed));
                    if (homes != null) {
                        homes.restored(session);
                    }
                },
                (residue, subscribed) -> {
                    interests.addAll(subscriptions.restOf(subscribed));
                    if (homes != null) {
                        homes.restored(residue);
                    }
                });
        if (restored > 0) {
            LOG.info("{} sessions go on", restored);
        }
        return interests;
    }

    @Override
    public String name() {
        return config.name();
    }

    @Override
    public Map<String, String> addresses() {
        Map<String, String> addresses = clientAddresses();
        addresses.put("mesh", address(config.mesh().bind(), mesh.port()));
        addresses.put("admin", address(config.admin(), admin.port()));
        return addresses;
    }

    private Map<String, String> clientAddresses() {
        Map<String, String> addresses = new LinkedHashMap<>();
        addresses.put("mqtt", address(config.mqtt().tcp(), front.tcpPort()));
        addresses.put("ws", address(config.mqtt().ws(), front.wsPort()));
        if (config.mqtt().tlsConfig() != null) {
            addresses.put("mqtts", address(config.mqtt().tls(), front.tlsPort()));
            addresses.put("wss", address(config.mqtt().wss(), front.wssPort()));
        }
        return addresses;
    }

    private static String address(Listener configured, int port) {
        return port < 0 ? "off" : new Listener(configured.host(), port).toString();
    }

    /** Stops serving, tells clients and peers, and frees the data folder. Idempotent. */
    @Override
    public void close() {
        closeClients();
        mesh.close();
        security.close();
        engine.close();
        sessions.close();
        admin.close();
        clients.close();
        metrics.close();
        timer.shutdownNow();
        sessionLoop.close();
        custody.sweep(); // the next life has no part in what is over
        // Before the loop to which what waits for the store goes back.
        store.close();
        bridgeLoop.close();
        home.close();
        LOG.info("node {} left", config.name());
    }

    private synchronized void closeClients() {
        serving = false;
        sysTopics.stop();
        front.stop(config.drain());
    }

    /** Version of the product, or "development" if it does not run from its jar. */
    private static String version() {
        String version = Node.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    private static SessionLimits limits(SessionConfig session) {
        return new SessionLimits(
                session.maxSessions(),
                session.maxSubscriptions(),
                session.maxInFlight(),
                session.maxQueuedMessages(),
                session.maxQueuedBytes(),
                session.maxPendingQos0(),
                session.maxPendingQos0Bytes(),
                switch (session.overflow()) {
                    case REJECT_NEWEST -> SessionLimits.Overflow.REJECT_NEWEST;
                    case DROP_OLDEST -> SessionLimits.Overflow.DROP_OLDEST;
                });
    }

    private static SharedStrategy strategy(NodeConfig config) {
        return switch (config.shared().strategy()) {
            case LOCAL -> SharedStrategy.LOCAL;
            case RANDOM -> SharedStrategy.RANDOM;
            case TOPIC -> SharedStrategy.TOPIC;
        };
    }

    private static WillOptions willOptions(WillConfig will) {
        return new WillOptions(will.grace(), will.maxHeld(), will.maxHeldBytes());
    }

    private static DirectoryOptions directoryOptions(SessionConfig session, Duration outboxRetention) {
        return new DirectoryOptions(session.claimTimeout(), session.maxSessions(), outboxRetention);
    }

    private static FrontOptions frontOptions(NodeConfig config) {
        MqttConfig mqtt = config.mqtt();
        FrontOptions.Builder options = FrontOptions.builder()
                .rules(mqtt.rules())
                .limits(mqtt.limits())
                .webSocketPath(mqtt.wsPath())
                .workers(mqtt.workers())
                .maxConnections(mqtt.maxConnections())
                .connectTimeout(mqtt.connectTimeout())
                .maxPacketSize(mqtt.maxPacketSize())
                .receiveMaximum(mqtt.receiveMaximum())
                .topicAliasMaximum(mqtt.topicAliasMaximum())
                .maxKeepAlive(mqtt.maxKeepAlive())
                .maxSessionExpirySeconds(Math.min(config.session().maxExpiry().toSeconds(), FrontOptions.NEVER))
                .allowAnonymous(true);
        if (mqtt.tcp().enabled()) {
            options.tcp(mqtt.tcp().host(), mqtt.tcp().port());
        }
        if (mqtt.ws().enabled()) {
            options.webSocket(mqtt.ws().host(), mqtt.ws().port());
        }
        if (mqtt.tls().enabled()) {
            options.tls(mqtt.tls().host(), mqtt.tls().port());
        }
        if (mqtt.wss().enabled()) {
            options.webSocketTls(mqtt.wss().host(), mqtt.wss().port());
        }
        return options.build();
    }

    /** What follows when a session is over, and who steps in for a member of a shared subscription. */
    private record SessionEnd(
            Subscriptions subscriptions,
            Wills wills,
            SharedDelivery shared,
            @Nullable ClientHomes homes) implements Sessions.Listener {

        @Override
        public void onSessionEnded(ClientSession session) {
            wills.sessionEnded(session.clientId());
            subscriptions.sessionEnded(session);
            if (homes != null) {
                homes.ended(session);
            }
        }

        @Override
        public void onSessionNotDurable(ClientSession session) {
            subscriptions.sessionNotDurable(session);
        }

        @Override
        public boolean hasOtherMember(ClientSession unable, GroupKey group, Message message, boolean evenAway) {
            return shared.hasOtherMember(unable, group, message, evenAway);
        }

        @Override
        public void redeliver(ClientSession unable, List<Delivery> deliveries, JournalBatch batch) {
            shared.redeliver(unable, deliveries, batch);
        }

        @Override
        public void parked(ClientSession session, GroupKey group) {
            shared.parked(session, group);
        }

        @Override
        public void onPresence(ClientSession session) {
            shared.onPresence(session);
        }
    }
}
