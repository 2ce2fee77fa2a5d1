package io.meshvine.node;

import io.meshvine.mesh.BridgeLoop;
import io.meshvine.mesh.HandOn;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.LocalBroker;
import io.meshvine.mesh.MeshBridge;
import io.meshvine.mesh.MeshCounters;
import io.meshvine.mesh.MeshDiagnosis;
import io.meshvine.mesh.MeshOptions;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.group.GroupLedger;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.jgroups.Discovery;
import io.meshvine.mesh.jgroups.JGroupsOptions;
import io.meshvine.mesh.jgroups.JGroupsTransport;
import io.meshvine.mesh.lane.PeerService;
import io.meshvine.mesh.retained.DivergenceLog;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.session.LinkPositions;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.Run;
import io.meshvine.node.config.HostPort;
import io.meshvine.node.config.MeshConfig;
import io.meshvine.node.config.NodeConfig;
import io.meshvine.node.identity.NodeHome;
import io.meshvine.node.routing.MeshGate;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The node's part in the mesh: transport and bridge, or nothing where {@code mesh.bind-port} is off. Clients are
 * accepted after {@link #start} only, so nothing is published or subscribed before.
 */
final class MeshSide implements MeshGate {

    private final NodeConfig config;
    private final NodeHome home;
    private final BridgeLoop loop;
    private final RecordStore store;
    private final RetainedMap retained;
    private final HybridClock clock;
    private final InterestIndex interest;
    private final Map<Integer, PeerService> services = new TreeMap<>();
    private @Nullable GroupLedger ledger;
    private volatile @Nullable JGroupsTransport transport;
    private volatile @Nullable MeshBridge bridge;
    private volatile MeshStatus.@Nullable Refusal displaced;

    MeshSide(
            NodeConfig config,
            NodeHome home,
            BridgeLoop loop,
            RecordStore store,
            RetainedMap retained,
            HybridClock clock,
            InterestIndex interest) {
        this.config = config;
        this.home = home;
        this.loop = loop;
        this.store = store;
        this.retained = retained;
        this.clock = clock;
        this.interest = interest;
    }

    /** Has a part of the node talk with its like at the peers, on a channel of its own. Before {@link #start}. */
    void attach(int channel, PeerService service) {
        services.put(channel, service);
    }

    /** Has it kept what goes to members of shared subscriptions at peers. Before {@link #start}. */
    void attach(GroupLedger groups) {
        ledger = groups;
    }

    /** Whether this node is part of a mesh, joined or not yet. */
    boolean isEnabled() {
        return config.mesh().bind().enabled();
    }

    /** Runs a task on the bridge loop; not at all outside any mesh. */
    void execute(Runnable task) {
        MeshBridge running = bridge;
        if (running != null) {
            running.execute(task);
        }
    }

    /** How far publishes are on the links; to be asked on the bridge loop, once the mesh is joined. */
    LinkPositions positions() {
        return new LinkPositions() {
            @Override
            public Position handedOver(NodeId peer) {
                return joined().positions().handedOver(peer);
            }

            @Override
            public boolean isAccepted(NodeId peer, Position position) {
                return joined().positions().isAccepted(peer, position);
            }

            @Override
            public Position interest(NodeId owner) {
                return joined().positions().interest(owner);
            }

            @Override
            public Collection<NodeId> known() {
                return joined().positions().known();
            }
        };
    }

    private MeshBridge joined() {
        MeshBridge running = bridge;
        if (running == null) {
            throw new IllegalStateException("the mesh is not joined");
        }
        return running;
    }

    /**
     * Joins the mesh.
     *
     * @param durable what is wanted of the peers from the start
     * @param addresses where clients reach this node, told to the peers
     * @param congestion told when publishers should pause, and when no longer
     * @param displacement run, on the bridge loop, when the mesh was left because of another node with this one's identity
     */
    void start(
            LocalBroker broker,
            List<Interest> durable,
            Map<String, String> addresses,
            Consumer<Boolean> congestion,
            Runnable displacement)
            throws UnknownHostException {
        MeshConfig mesh = config.mesh();
        if (!mesh.bind().enabled()) {
            return;
        }
        MeshOptions options = MeshOptions.defaults(mesh.name(), config.name())
                .with()
                .subscribeConfirmTimeout(mesh.subscribeConfirmTimeout())
                .spillAfter(mesh.spillAfter())
                .maxFrameBytes(mesh.maxFrameSize())
                .maxPublishBytes(mesh.maxPublishSize())
                .linkWindowBytes(mesh.linkWindow())
                .flightWindowBytes(mesh.flightWindow())
                .digestInterval(mesh.digestInterval())
                .outboxMaxBytes(mesh.outboxMaxSize())
                .outboxRetention(mesh.outboxRetention())
                .tombstoneLife(mesh.tombstoneLife())
                .sessionPatience(mesh.sessionPatience())
                .addresses(addresses)
                .build();
        JGroupsTransport joining = new JGroupsTransport(transportOptions(config.name(), mesh));
        MeshBridge started = new MeshBridge(
                options, home.id(), home.epoch(), loop, joining, broker, store, retained, clock, interest);
        started.onSaturation(() -> congestion.accept(!started.saturated().isEmpty()));
        started.onDisplaced(elder -> {
            displaced = elder;
            displacement.run();
        });
        if (!durable.isEmpty()) {
            started.subscribe(durable, () -> {});
        }
        services.forEach(started::attach);
        if (ledger != null) {
            started.attach(ledger);
        }
        bridge = started;
        started.start();
        transport = joining;
    }

    private static JGroupsOptions transportOptions(String nodeName, MeshConfig mesh) throws UnknownHostException {
        int port = mesh.bind().port();
        Discovery discovery =
                switch (mesh.discovery()) {
                    case LAN -> Discovery.Lan.standard();
                    case STATIC -> new Discovery.Static(seeds(mesh.seeds()));
                    case DNS -> new Discovery.Dns(dnsQuery(mesh), port);
                };
        JGroupsOptions options = JGroupsOptions.defaults(mesh.name(), nodeName, discovery)
                .withBind(InetAddress.getByName(mesh.bind().host()), port, mesh.portRange())
                .withTimeouts(JGroupsOptions.DEFAULT_JOIN_TIMEOUT, mesh.peerTimeout());
        String advertised = mesh.advertisedHost();
        return advertised == null ? options : options.withAdvertisedAddress(InetAddress.getByName(advertised));
    }

    private static String dnsQuery(MeshConfig mesh) {
        return Optional.ofNullable(mesh.dnsQuery())
                .orElseThrow(() -> new IllegalStateException("mesh.discovery=dns without mesh.dns-query"));
    }

    private static List<InetSocketAddress> seeds(List<HostPort> seeds) {
        return seeds.stream()
                .map(seed -> InetSocketAddress.createUnresolved(seed.host(), seed.port()))
                .toList();
    }

    /** The port that peers connect to, or -1 outside any mesh. */
    int port() {
        JGroupsTransport joined = transport;
        return joined == null ? -1 : joined.boundPort();
    }

    /** What the node knows of the mesh. */
    CompletableFuture<MeshStatus> status() {
        MeshBridge running = bridge;
        MeshStatus.Refusal elder = displaced;
        if (running != null && elder == null) {
            return running.status();
        }
        MeshStatus.Member self = new MeshStatus.Member(home.id(), config.name(), home.epoch(), Map.of());
        return CompletableFuture.completedFuture(new MeshStatus(
                config.mesh().name(),
                self,
                List.of(),
                List.of(),
                elder == null ? List.of() : List.of(elder),
                Map.of(),
                0,
                new MeshStatus.Digests(0, 0, Map.of())));
    }

    /** Probes all links of the mesh; finds none outside any mesh. */
    CompletableFuture<MeshDiagnosis> diagnose(Duration timeout) {
        MeshBridge running = bridge;
        return running != null
                ? running.diagnose(timeout)
                : CompletableFuture.completedFuture(new MeshDiagnosis(List.of(), List.of()));
    }

    /**
     * What keeps this node from exchanging anything with peers, or nothing. To be alone is no problem: a node serves its
     * clients whoever else is there.
     */
    Optional<String> problem() {
        if (!config.mesh().bind().enabled()) {
            return Optional.empty();
        }
        MeshStatus.Refusal elder = displaced;
        if (elder != null) {
            return Optional.of(elder.reason());
        }
        JGroupsTransport joined = transport;
        if (joined == null) {
            return Optional.of("joining mesh " + config.mesh().name());
        }
        return joined.isConnected()
                ? Optional.empty()
                : Optional.of("left mesh " + config.mesh().name());
    }

    /** What was written on both sides while nodes were apart, of the last merges. */
    CompletableFuture<List<DivergenceLog.Report>> divergence() {
        MeshBridge running = bridge;
        return running == null ? CompletableFuture.completedFuture(List.of()) : running.divergence();
    }

    /** What the bridge counted; empty outside any mesh. */
    Optional<MeshCounters> counters() {
        return Optional.ofNullable(bridge).map(MeshBridge::counters);
    }

    /** Says goodbye to the peers and leaves. */
    void close() {
        MeshBridge running = bridge;
        if (running != null) {
            running.close();
        }
        JGroupsTransport joined = transport;
        if (joined != null) {
            joined.close(); // A bridge that was displaced has left without it.
        }
    }

    @Override
    public void publish(MeshPublish publish, List<MeshTarget> targets, @Nullable WriteUnit unit, Runnable settled) {
        MeshBridge running = bridge;
        if (running != null) {
            running.publish(publish, targets, unit, settled);
        } else if (unit != null) {
            store.write(unit.whenDurable(settled));
        } else {
            settled.run();
        }
    }

    @Override
    public void handOn(List<HandOn> all, @Nullable WriteUnit unit) {
        joined().handOn(all, unit); // outside any mesh there is nobody to choose
    }

    @Override
    public void publish(Run run) {
        joined().publish(run); // outside any mesh there are no targets
    }

    @Override
    public void subscribe(List<Interest> added, Runnable confirmed) {
        MeshBridge running = bridge;
        if (running == null) {
            confirmed.run();
        } else {
            running.subscribe(added, confirmed);
        }
    }

    @Override
    public void unsubscribe(List<Interest> removed) {
        MeshBridge running = bridge;
        if (running != null) {
            running.unsubscribe(removed);
        }
    }
}
