package io.meshvine.mesh;

import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.group.GroupLedger;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.lane.Lanes;
import io.meshvine.mesh.lane.PeerService;
import io.meshvine.mesh.link.Inbox;
import io.meshvine.mesh.link.LinkListener;
import io.meshvine.mesh.link.LinkRecords;
import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.link.Settlement;
import io.meshvine.mesh.retained.DivergenceLog;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.retained.RetainedMessage;
import io.meshvine.mesh.session.LinkPositions;
import io.meshvine.mesh.wire.AbsentCodec;
import io.meshvine.mesh.wire.Acknowledgement;
import io.meshvine.mesh.wire.FrameHeader;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.GuaranteedRun;
import io.meshvine.mesh.wire.Hello;
import io.meshvine.mesh.wire.InterestCodec;
import io.meshvine.mesh.wire.Ping;
import io.meshvine.mesh.wire.Pong;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.Probe;
import io.meshvine.mesh.wire.ProbeReport;
import io.meshvine.mesh.wire.PublishBatch;
import io.meshvine.mesh.wire.PublishReader;
import io.meshvine.mesh.wire.RetainedCodec;
import io.meshvine.mesh.wire.RetainedCodec.Digest;
import io.meshvine.mesh.wire.RetainedCodec.Listing;
import io.meshvine.mesh.wire.Run;
import io.meshvine.mesh.wire.StoredPublish;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's part in the mesh, and the only writer of its state: who the peers are, what they want, what waits for them.
 *
 * <p>Threads: public methods may be called from any thread; they leave a letter and return. Everything else runs on the
 * {@link EventLoop}, in turns: a turn opens all letters that came, then tells peers what changed, then each link with
 * work sends its frames. So a burst of publishes costs one wake-up and fills frames, and an idle mesh adds no delay.
 *
 * <p>The one-hop rule is kept here: what {@link #onPublishes} takes from a peer goes to the {@link LocalBroker} and
 * nowhere else; only the {@link Forwarder} gives something to links. The one exception is {@link #handOn}.
 */
public final class MeshBridge implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(MeshBridge.class);

    /** How often hellos, probes and digests are looked after. */
    private static final Duration TICK = Duration.ofMillis(250);

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(3);

    /** How long peers may take to confirm what was said to them before this node leaves. */
    private static final Duration LAST_WORDS_TIMEOUT = Duration.ofMillis(1_500);

    private static final Duration LAST_WORDS_PAUSE = Duration.ofMillis(10);

    /** Malformed frames are reported this seldom. */
    private static final Duration REFUSAL_REPORTS_APART = Duration.ofSeconds(10);

    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final int QOS_LEVELS = 3;

    /** So many publishes come to the broker before it is asked whether it is crowded. */
    private static final int MAX_DELIVERED_AT_ONCE = 256;

    /** Memory of a letter beside what it carries. */
    private static final int LETTER_BYTES = 96;

    private final MeshOptions options;
    private final NodeId self;
    private final long epoch;
    private final EventLoop loop;
    private final MeshTransport transport;
    private final LocalBroker broker;
    private final RecordStore store;
    private final MeshCounters counters = new MeshCounters();
    private final Mailbox mailbox = new Mailbox();
    private final Set<NodeId> saturated = ConcurrentHashMap.newKeySet();
    private final Membership membership;
    private final PeerTables tables;
    private final InterestAdvertiser advertiser;
    private final RetainedExchange exchange;
    private final AbsentPeers absentPeers;
    private final Forwarder forwarder;
    private final LinkProbes probes;
    private final PublishReader reader;
    private final Lanes lanes;
    private final SessionGate gate;
    private @Nullable GroupLedger ledger;

    /** Links to be flushed at the end of the turn. */
    private List<PeerLink> working = new ArrayList<>();

    /** What new links begin with: a peer may remember more of a forgotten link than this node does. */
    private long firstSequence = 1;

    /** Whether all that earlier lives left has been taken back: a link made later finds nothing in the store. */
    private boolean restored;

    private boolean refusalReported;
    private long lastRefusalReportNanos;
    private long lastOfferNanos;
    private EventLoop.@Nullable Scheduled spillTimer;
    private volatile Runnable saturationListener = () -> {};
    private volatile Consumer<MeshStatus.Refusal> displacementListener = elder -> {};
    private volatile boolean closed;

    /**
     * @param self this node
     * @param epoch number of this life of it; grows with each
     * @param loop owns all state from here on
     * @param broker gets what peers forward
     * @param store keeps what must outlive this life; closed by whoever opened it, after the bridge
     * @param retained retained messages; local ones are merged by whoever publishes them
     * @param interest what the peers want; written here only
     */
    public MeshBridge(
            MeshOptions options,
            NodeId self,
            long epoch,
            EventLoop loop,
            MeshTransport transport,
            LocalBroker broker,
            RecordStore store,
            RetainedMap retained,
            HybridClock clock,
            InterestIndex interest) {
        this.options = options;
        this.self = self;
        this.epoch = epoch;
        this.loop = loop;
        this.transport = transport;
        this.broker = broker;
        this.store = store;
        this.reader = new PublishReader(options.maxPublishBytes());
        this.membership = new Membership(options, self, epoch, loop, new Peers());
        this.absentPeers = new AbsentPeers(self, loop, options, interest, new InterestRecords(store), new Absent());
        this.tables = new PeerTables(interest, absentPeers, store, this::post, counters);
        this.advertiser = new InterestAdvertiser(options, loop, counters);
        this.exchange = new RetainedExchange(options, loop, retained, clock, counters, store);
        this.forwarder = new Forwarder(loop, store, membership, exchange, new InterestCheck(interest), counters);
        this.probes = new LinkProbes(self, loop, this::post, membership::links);
        this.lanes = new Lanes(loop);
        this.gate = new SessionGate(options, loop, broker, counters, this::linksToRelease, this::onFailed);
        restore();
        this.restored = true;
    }

    /**
     * Has a part of the node talk with its like at the peers. Before {@link #start}.
     *
     * @param channel its number in frames: never used for something else
     */
    public void attach(int channel, PeerService service) {
        lanes.attach(channel, service);
    }

    /** Has it kept what goes to members of shared subscriptions until they have acknowledged it. Before {@link #start}. */
    public void attach(GroupLedger newLedger) {
        lanes.attach(GroupLedger.CHANNEL, newLedger);
        ledger = newLedger;
        forwarder.track(newLedger);
    }

    /** Runs a task on the loop, in a turn. After {@link #close} it is not run any more. Any thread. */
    public void execute(Runnable task) {
        post(task);
    }

    /** Links to all for whom something waits exist from the start, so that what comes for them waits as well. */
    private void restore() {
        absentPeers.restore();
        for (NodeId peer : LinkRecords.peersWithOutbox(store)) {
            membership.know(peer, "", 0);
        }
    }

    /** How far the publishes of and for peers are. To be asked on the loop. */
    public LinkPositions positions() {
        return new LinkPositions() {
            @Override
            public Position handedOver(NodeId peer) {
                PeerLink link = membership.link(peer);
                return link == null || link.waitingPublishes() == 0
                        ? Position.NONE
                        : new Position(epoch, link.nextSequence() - 1);
            }

            @Override
            public boolean isAccepted(NodeId peer, Position position) {
                PeerLink link = membership.link(peer);
                return link == null || link.acceptedThrough().compareTo(position) >= 0;
            }

            @Override
            public Position interest(NodeId owner) {
                return owner.equals(self) ? new Position(epoch, advertiser.sequence()) : absentPeers.kept(owner);
            }

            @Override
            public Collection<NodeId> known() {
                return membership.links().stream().map(PeerLink::peer).toList();
            }
        };
    }

    /** Joins the mesh. Once. What was subscribed before is in the first table that peers get. */
    public void start() {
        transport.start(new Incoming());
        loop.schedule(TICK, this::tick);
    }

    /**
     * Forwards a publish of this node's clients. Order is kept per calling thread and peer.
     *
     * @param targets peers that want it, each once; a retained publish reaches the retained store of all other peers too
     * @param unit what is to be kept together with the publish, not written yet; the bridge adds what it needs itself,
     *     writes it, and lets nothing leave before it is durable. Null if nothing is
     * @param settled run once, on any thread: when each target of QoS 1 or 2 has confirmed, or its copy waits in the
     *     outbox because the peer is absent or silent; soon if there is no such target; with a unit, not before it is durable
     */
    public void publish(MeshPublish publish, List<MeshTarget> targets, @Nullable WriteUnit unit, Runnable settled) {
        int bytes = LETTER_BYTES + publish.body().length;
        if (publish.qos() == 0
                && publish.stamp() == null
                && unit == null
                && mailbox.waitingBytes() > options.linkWindowBytes() / 4) {
            counters.countDropped(DropReason.BRIDGE_BUSY, targets.size());
            settled.run();
            return;
        }
        post(new Mailbox.Letter(bytes) {
            @Override
            void open() {
                forward(publish, targets, unit, settled);
            }
        });
    }

    /**
     * Forwards publishes to one peer; order is kept as by the other ways. The run is not to be changed any more. At QoS 1 and 2,
     * what waits for each of its publishes is run when that of {@link #publish(MeshPublish, List, WriteUnit, Runnable)} would
     * be, by the run's own executor.
     */
    public void publish(Run run) {
        boolean guaranteed = run instanceof GuaranteedRun;
        if (!guaranteed && mailbox.waitingBytes() > options.linkWindowBytes() / 4) {
            counters.countDropped(DropReason.BRIDGE_BUSY, run.publishes());
            return;
        }
        post(new Mailbox.Letter(LETTER_BYTES + run.size()) {
            @Override
            void open() {
                if (!closed) {
                    forwarder.forward(run);
                } else if (!guaranteed) {
                    counters.countDropped(DropReason.SHUTDOWN, run.publishes());
                }
            }
        });
    }

    /**
     * Hands on what came for members of shared subscriptions here, by this node's clients or by peers, and none of them can
     * take: the one thing that a peer may get although it came from a peer. Order is kept per calling thread and peer.
     *
     * @param unit what is to be kept together with all of them, as in {@link #publish}; null if nothing is
     */
    public void handOn(List<HandOn> all, @Nullable WriteUnit unit) {
        int bytes = 0;
        for (HandOn each : all) {
            bytes += LETTER_BYTES + each.publish().body().length;
        }
        post(new Mailbox.Letter(bytes) {
            @Override
            void open() {
                if (!closed) {
                    forwarder.handOn(all, unit);
                } // else it is kept where it was
            }
        });
    }

    /**
     * Tells the peers what this node wants from now on. Each interest is counted: it stays until it was taken back as
     * often as it was added.
     *
     * @param confirmed run once, on any thread: when all connected peers know, or did not say so in time
     */
    public void subscribe(List<Interest> added, Runnable confirmed) {
        post(() -> advertiser.subscribe(added, confirmed));
    }

    /** Takes back interests that were added, QoS and all. */
    public void unsubscribe(List<Interest> removed) {
        post(() -> advertiser.unsubscribe(removed));
    }

    /** Peers for whom so much waits that publishers should pause. A live view. */
    public Set<NodeId> saturated() {
        return Collections.unmodifiableSet(saturated);
    }

    /** Takes the one listener that is told, on the loop, when {@link #saturated} changed. */
    public void onSaturation(Runnable changed) {
        saturationListener = changed;
    }

    /** What this bridge counted. */
    public MeshCounters counters() {
        return counters;
    }

    /** How everything stands; fails if the bridge is closed. */
    public CompletableFuture<MeshStatus> status() {
        CompletableFuture<MeshStatus> answer = new CompletableFuture<>();
        if (closed) {
            answer.completeExceptionally(new IllegalStateException("the mesh bridge is closed"));
            return answer;
        }
        post(() -> answer.complete(statusNow()));
        return answer;
    }

    /**
     * Probes all links of the mesh from end to end, those between peers included.
     *
     * @param timeout how long an answer may take, at most {@link Probe#MAX_TIMEOUT_MILLIS}; the whole takes up to twice
     *     as long
     * @return fails if the bridge is closed, or busy with too many of these
     */
    public CompletableFuture<MeshDiagnosis> diagnose(Duration timeout) {
        if (timeout.isNegative() || timeout.isZero() || timeout.toMillis() > Probe.MAX_TIMEOUT_MILLIS) {
            throw new IllegalArgumentException("timeout must be up to " + Probe.MAX_TIMEOUT_MILLIS + " ms: " + timeout);
        }
        CompletableFuture<MeshDiagnosis> answer = new CompletableFuture<>();
        if (closed) {
            answer.completeExceptionally(new IllegalStateException("the mesh bridge is closed"));
            return answer;
        }
        post(() -> {
            if (!probes.probeMesh(timeout, answer::complete)) {
                answer.completeExceptionally(new IllegalStateException("too many diagnoses at a time"));
            }
        });
        return answer;
    }

    /** What was written on both sides while nodes were apart, of the last merges; fails if the bridge is closed. */
    public CompletableFuture<List<DivergenceLog.Report>> divergence() {
        CompletableFuture<List<DivergenceLog.Report>> answer = new CompletableFuture<>();
        if (closed) {
            answer.completeExceptionally(new IllegalStateException("the mesh bridge is closed"));
            return answer;
        }
        post(() -> answer.complete(exchange.divergence()));
        return answer;
    }

    private MeshStatus statusNow() {
        List<MeshStatus.Link> links = new ArrayList<>();
        Map<NodeId, Integer> routes = new HashMap<>();
        Map<NodeId, Long> peers = new HashMap<>();
        for (PeerLink link : membership.links()) {
            links.add(link.status());
            peers.put(link.peer(), tables.digest(link));
            if (link.isConnected()) {
                routes.put(link.peer(), tables.size(link));
            }
        }
        return new MeshStatus(
                options.meshName(),
                new MeshStatus.Member(self, options.nodeName(), epoch, options.addresses()),
                List.copyOf(membership.members()),
                links,
                membership.refusals(),
                routes,
                advertiser.size(),
                new MeshStatus.Digests(exchange.digest(), advertiser.digest(), peers));
    }

    /**
     * Leaves: sends what waits as far as the peers take it, says goodbye, so that their routes to this node go at once,
     * and closes the transport. Blocks for some seconds at most, unless called on the loop. Idempotent.
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (loop.inLoop()) {
            leave();
        } else {
            CompletableFuture<Void> left = new CompletableFuture<>();
            post(() -> leaveOnceSaid(loop.nanoTime() + LAST_WORDS_TIMEOUT.toNanos(), left));
            try {
                left.get(CLOSE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException e) {
                LOG.warn("left the mesh without a word: the loop did not answer in {}", CLOSE_TIMEOUT, e);
            }
        }
        transport.close();
    }

    /** Wills must not be published by this node and, as it did not say so, by another one too. */
    private void leaveOnceSaid(long deadlineNanos, CompletableFuture<Void> left) {
        endTurn();
        if (lanes.isIdle() || loop.nanoTime() - deadlineNanos >= 0) {
            leave();
            left.complete(null);
        } else {
            loop.schedule(LAST_WORDS_PAUSE, () -> leaveOnceSaid(deadlineNanos, left));
        }
    }

    private void leave() {
        if (closed) {
            return;
        }
        endTurn();
        closed = true;
        // What is not confirmed is kept; what cannot be kept is not acknowledged.
        for (PeerLink link : membership.links()) {
            link.sendGoodbye();
            link.storeDue(0);
        }
        advertiser.close();
    }

    /** Takes the one who is told, on the loop, that this node left because another one with its identity was there first. */
    public void onDisplaced(Consumer<MeshStatus.Refusal> listener) {
        displacementListener = listener;
    }

    private void displaced(MeshStatus.Refusal elder) {
        if (!closed) {
            LOG.error("left the mesh: {}", elder.reason());
            leave();
            displacementListener.accept(elder);
        }
    }

    // ---- Turns

    private void post(Runnable task) {
        post(new Mailbox.Letter(LETTER_BYTES) {
            @Override
            void open() {
                task.run();
            }
        });
    }

    private void post(Mailbox.Letter letter) {
        if (mailbox.add(letter)) {
            loop.execute(this::turn);
        }
    }

    private void turn() {
        Mailbox.Letter letter = mailbox.takeAll();
        while (letter != null) {
            Mailbox.Letter next = letter.next();
            try {
                letter.open();
            } catch (RuntimeException failed) {
                LOG.error("a task of the mesh bridge failed", failed);
            }
            letter = next;
        }
        endTurn();
    }

    private void endTurn() {
        if (closed) {
            return;
        }
        advertiser.endTurn();
        lanes.flush();
        List<PeerLink> now = working;
        if (!now.isEmpty()) {
            working = new ArrayList<>();
            now.forEach(MeshBridge::flush);
            if (!working.isEmpty()) {
                loop.execute(this::turn); // more than fits into a turn: others go first
            }
        }
        armSpillTimer();
    }

    private static void flush(PeerLink link) {
        try {
            link.flush();
        } catch (RuntimeException failed) {
            LOG.error("the link to {} failed; the others go on", link.peer(), failed);
        }
    }

    private void tick() {
        if (closed) {
            return;
        }
        loop.schedule(TICK, this::tick);
        membership.repeatHellos();
        for (PeerLink link : List.copyOf(membership.links())) {
            if (link.isProbeDue(advertiser.isUnanswered(link)) && advertiser.isProbeable(link)) {
                advertiser.probe(link);
            }
            if (link.absentNanos() > options.outboxRetention().toNanos()) {
                link.discard(DropReason.OUTBOX_EXPIRED);
                firstSequence = Math.max(firstSequence, link.nextSequence());
                membership.forget(link.peer());
                absentPeers.forget(link.peer());
            } else {
                link.tick();
            }
        }
        offerAbsentPeers();
        exchange.tick(membership.links());
        lanes.tick();
        endTurn();
    }

    /** Who knows less of absent peers than this node may have missed it. */
    private void offerAbsentPeers() {
        long now = loop.nanoTime();
        if (now - lastOfferNanos >= options.digestInterval().toNanos()) {
            lastOfferNanos = now;
            membership.links().stream().filter(PeerLink::isConnected).forEach(absentPeers::offerAll);
        }
    }

    private void armSpillTimer() {
        if (spillTimer != null) {
            return;
        }
        long now = loop.nanoTime();
        long oldest = Long.MAX_VALUE;
        for (PeerLink link : membership.links()) {
            long since = link.oldestUnstoredNanos(Long.MAX_VALUE);
            if (since != Long.MAX_VALUE && (oldest == Long.MAX_VALUE || since - oldest < 0)) {
                oldest = since;
            }
        }
        if (oldest != Long.MAX_VALUE) {
            long spill = options.spillAfter().toNanos();
            spillTimer = loop.schedule(Duration.ofNanos(Math.max(0, oldest + spill - now)), this::spill);
        }
    }

    private void spill() {
        spillTimer = null;
        long spillNanos = options.spillAfter().toNanos();
        membership.links().forEach(link -> link.storeDue(spillNanos));
        endTurn();
    }

    // ---- Out

    private void forward(MeshPublish publish, List<MeshTarget> targets, @Nullable WriteUnit unit, Runnable settled) {
        if (!closed) {
            forwarder.forward(publish, targets, unit, settled);
        } else if (publish.qos() == 0) {
            counters.countDropped(DropReason.SHUTDOWN, targets.size());
            Settlement.run(settled);
        } else {
            LOG.debug(
                    "a publish came too late for its peers: it is not acknowledged, so that its client sends it again");
        }
    }

    // ---- In

    private void onFrame(PeerAddress from, ByteBuffer frame) {
        if (closed) {
            return;
        }
        int size = frame.remaining();
        counters.countFrameIn(size);
        try {
            WireReader in = WireReader.of(frame);
            FrameHeader header = FrameHeader.read(in);
            if (header.kind() == FrameKind.HELLO) {
                membership.onHello(from, header, Hello.decode(in));
                return;
            }
            Membership.Contact contact = membership.contact(from);
            PeerLink link = contact == null ? null : contact.link;
            if (contact == null || link == null || !contact.agreed || !contact.isCurrent(header)) {
                counters.countFrameRefused(); // nobody introduced, or of an earlier session
                return;
            }
            if (header.kind() == FrameKind.GOODBYE) {
                membership.onGoodbye(contact);
                return;
            }
            onFrame(link, header, in, size, link.receive(header, size));
        } catch (WireException | RuntimeException malformed) {
            counters.countFrameRefused();
            reportRefusal(from, size, malformed);
        }
    }

    /** A peer that is broken or hostile must not fill the log: the counter tells how many there were. */
    private void reportRefusal(PeerAddress from, int size, Exception malformed) {
        long now = loop.nanoTime();
        if (!refusalReported || now - lastRefusalReportNanos >= REFUSAL_REPORTS_APART.toNanos()) {
            refusalReported = true;
            lastRefusalReportNanos = now;
            LOG.warn("refused a frame of {} bytes from {}: {}", size, from, malformed.toString());
        } else {
            LOG.debug("refused a frame of {} bytes from {}: {}", size, from, malformed.toString());
        }
    }

    /** Held frames turned out to be wrong. */
    private void onFailed(PeerLink link, RuntimeException wrong) {
        counters.countFrameRefused();
        LOG.warn("refused a part of what {} sent", link.peer(), wrong);
    }

    /** None once this node has left: what is held has not been accepted, and comes again. */
    private Collection<PeerLink> linksToRelease() {
        if (closed) {
            return List.of();
        }
        post(() -> {}); // what they have to say afterwards takes a turn
        return membership.links();
    }

    private void onFrame(PeerLink link, FrameHeader header, WireReader in, int size, boolean repeat)
            throws WireException {
        switch (header.kind()) {
            case PUBLISHES -> onPublishes(link, header, in, size, repeat);
            case ACK -> {
                Acknowledgement acknowledgement = Acknowledgement.decode(in);
                link.onAcknowledged(acknowledgement.accepted(), acknowledgement.consumed());
            }
            case RESEND_REQUEST -> link.onResendRequest(Position.read(in));
            case PING -> {
                Ping ping = Ping.decode(in);
                tables.onPing(link, ping);
                link.onPing(ping, tables.applied(link));
            }
            case PONG -> {
                Pong pong = Pong.decode(in);
                link.onPong(pong);
                advertiser.onAcknowledged(link, pong.interestApplied());
            }
            case INTEREST_SNAPSHOT -> tables.onChunk(link, InterestCodec.decodeChunk(in));
            case INTEREST_DELTA -> tables.onChange(link, InterestCodec.decodeChange(in));
            case INTEREST_ACK -> advertiser.onAcknowledged(link, in.readSequence());
            case INTEREST_REQUEST -> advertiser.sendSnapshot(link);
            case RETAINED_DIGEST -> {
                Digest digest = RetainedCodec.decodeDigest(in);
                passRetained(link, header, size, () -> exchange.onDigest(link, digest));
            }
            case RETAINED_LISTING -> {
                Listing listing = RetainedCodec.decodeListing(in);
                passRetained(link, header, size, () -> exchange.onListing(link, listing));
            }
            case RETAINED_ENTRIES -> {
                List<RetainedMessage> messages =
                        RetainedCodec.decodeEntries(in, loop.wallMillis(), options.maxPublishBytes());
                passRetained(link, header, size, () -> exchange.onEntries(link, messages));
            }
            case LANE_MESSAGE -> lanes.onMessage(link, in);
            case LANE_ACK -> lanes.onConfirmed(link, in.readSequence());
            case ABSENT_OFFER -> absentPeers.onOffers(link, AbsentCodec.decodeOffers(in));
            case ABSENT_REQUEST -> absentPeers.onRequest(link, AbsentCodec.decodeOffers(in));
            case ABSENT_TABLE -> absentPeers.onChunk(link, AbsentCodec.decodeChunk(in));
            case PROBE -> probes.onProbe(link, Probe.decode(in));
            case PROBE_ANSWER -> probes.onAnswer(link, in.readSequence());
            case PROBE_REPORT -> probes.onReport(link, ProbeReport.decode(in, link.peer()));
            case HELLO, GOODBYE -> throw new IllegalStateException("handled before: " + header.kind());
        }
    }

    /** Not ahead of publishes that are held: nobody is to see an older message of a topic after a newer one. */
    private void passRetained(PeerLink link, FrameHeader header, int size, Runnable task) {
        gate.pass(link, header, size, () -> {
            if (link.isConnected()) {
                task.run();
            }
        });
    }

    private void onPublishes(PeerLink link, FrameHeader header, WireReader in, int size, boolean repeat)
            throws WireException {
        PublishBatch all = reader.read(in, loop.nanoTime());
        link.onPublishes(all);
        // What nobody confirms is not held back for anybody.
        List<PublishBatch> slices = all.sequenced().isEmpty() ? List.of(all) : all.slices(MAX_DELIVERED_AT_ONCE);
        for (PublishBatch slice : slices) {
            gate.pass(link, header, size / slices.size(), () -> take(link, slice, repeat));
        }
    }

    private void take(PeerLink link, PublishBatch batch, boolean repeat) {
        Inbox.Intake intake = link.take(batch, repeat);
        counters.countDuplicates(intake.duplicates());
        counters.countDropped(DropReason.OUT_OF_ORDER, intake.outOfOrder());
        Inbox.Handover handover = intake.handover();
        List<Arrival> deliveries = new ArrayList<>(intake.arrivals().size());
        int[] received = new int[QOS_LEVELS];
        for (Arrival taken : intake.arrivals()) {
            Arrival arrival = taken;
            received[arrival.publish().qos()] += arrival.count();
            if (exchange.apply(link, arrival)) {
                handover.unit().waitForOthers(); // for what the retained map had written
            }
            if (isVoid(link, arrival)) {
                arrival = new Arrival(arrival.publish(), arrival.subscribers(), List.of());
            }
            if (arrival.subscribers() || !arrival.groups().isEmpty()) {
                deliveries.add(arrival);
            }
        }
        for (int qos = 0; qos < QOS_LEVELS; qos++) {
            counters.countReceived(qos, received[qos]);
        }
        if (deliveries.isEmpty()) {
            handover.run();
            return;
        }
        try {
            broker.deliver(link.peer(), deliveries, handover.unit(), handover);
        } catch (RuntimeException failed) {
            int publishes = deliveries.stream().mapToInt(Arrival::count).sum();
            counters.countDropped(DropReason.DELIVERY_FAILED, publishes);
            LOG.error("the local broker failed on {} publishes of {}", publishes, link.peer(), failed);
            handover.run(); // repeating them would fail again
        }
    }

    /** Whether its origin has given to other members what it gave to ours. */
    private boolean isVoid(PeerLink link, Arrival arrival) {
        GroupLedger kept = ledger;
        return kept != null
                && arrival.ticket() != GroupLedger.NO_TICKET
                && !kept.arrived(link.peer(), arrival.ticket());
    }

    /** Transport threads leave letters. */
    private final class Incoming implements MeshTransport.Listener {

        @Override
        public void onView(Set<PeerAddress> members) {
            Set<PeerAddress> view = new LinkedHashSet<>(members); // keeps the order, so that a simulation can repeat it
            post(() -> membership.onView(view, transport.self()));
        }

        @Override
        public void onFrame(PeerAddress from, ByteBuffer frame) {
            post(new Mailbox.Letter(LETTER_BYTES + frame.remaining()) {
                @Override
                void open() {
                    MeshBridge.this.onFrame(from, frame);
                }
            });
        }

        @Override
        public void onWritable(PeerAddress peer) {
            post(() -> {
                Membership.Contact contact = membership.contact(peer);
                if (contact != null && contact.link != null) {
                    contact.link.onWritable();
                }
            });
        }
    }

    /** What is known of peers that are away. */
    private final class Absent implements AbsentPeers.Listener {

        @Override
        public @Nullable PeerLink link(NodeId owner) {
            return membership.link(owner);
        }

        @Override
        public void onKnown(NodeId owner, String name, long absentMillis) {
            membership.know(owner, name, absentMillis * NANOS_PER_MILLI);
        }

        @Override
        public String name(NodeId owner) {
            return membership.name(owner);
        }
    }

    /** What happens to peers and on their links. */
    private final class Peers implements Membership.Listener, LinkListener {

        @Override
        public PeerLink newLink(NodeId peer, long peerEpoch) {
            return new PeerLink(
                    peer,
                    peerEpoch,
                    options,
                    epoch,
                    firstSequence,
                    loop,
                    MeshBridge.this::post,
                    transport,
                    store,
                    reader,
                    !restored,
                    this);
        }

        @Override
        public void onNewLife(PeerLink link) {
            tables.onGone(link);
            absentPeers.onNewLife(link);
            exchange.onGone(link);
            lanes.onGone(link);
        }

        @Override
        public void onInterrupted(PeerLink link) {
            advertiser.onInterrupted(link);
            lanes.onInterrupted(link);
        }

        @Override
        public void onGone(PeerLink link) {
            tables.onGone(link);
            absentPeers.onGone(link, membership.links());
            exchange.onGone(link);
            lanes.onGone(link);
        }

        @Override
        public void onConnected(PeerLink link) {
            tables.onConnected(link);
            advertiser.onConnected(link);
            exchange.onConnected(link);
            absentPeers.offerAll(link);
            lanes.onConnected(link, link.peerEpoch());
        }

        @Override
        public void challenge(PeerLink link) {
            if (!link.isProbeQueued() && advertiser.isProbeable(link)) {
                advertiser.probe(link);
            }
        }

        @Override
        public void onElder(MeshStatus.Refusal elder) {
            displaced(elder);
        }

        @Override
        public boolean send(PeerAddress address, WireWriter frame) {
            ByteBuffer bytes = frame.toByteBuffer();
            int size = bytes.remaining();
            boolean taken = transport.send(address, bytes);
            if (taken) {
                counters.countFrameOut(size);
            }
            return taken;
        }

        @Override
        public void onWork(PeerLink link) {
            working.add(link);
        }

        @Override
        public void onFrameSent(int bytes) {
            counters.countFrameOut(bytes);
        }

        @Override
        public void onResent(int publishes) {
            counters.countResent(publishes);
        }

        @Override
        public void onDropped(DropReason reason, long publishes) {
            counters.countDropped(reason, publishes);
        }

        @Override
        public void onReadBack(NodeId peer, StoredPublish stored) {
            GroupLedger kept = ledger;
            if (kept != null) {
                Arrival given = stored.arrival();
                kept.onReadBack(
                        peer, given.ticket(), given.publish(), given.groups(), stored.waitedMillis() * NANOS_PER_MILLI);
            }
        }

        @Override
        public void onSaturation(NodeId peer, boolean nowSaturated) {
            if (nowSaturated ? saturated.add(peer) : saturated.remove(peer)) {
                Settlement.run(saturationListener);
            }
        }
    }
}
