package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.sim.SimLoop;
import io.meshvine.mesh.sim.SimScheduler;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Nodes with directories, clients that roam between them, and publishers, in virtual time. The links are modelled: what
 * nodes say to each other arrives in order or, when a link breaks, not at all; publishes wait for a link to come back.
 */
final class World {
    private static final boolean TRACE = Boolean.getBoolean("meshvine.trace");
    private static final long MILLI = 1_000_000;
    private static final int LANE_WINDOW = 32;

    /** Between looking up who wants a publish and giving it to them, the thread may have to wait. */
    private static final long SHORT_ROUTING_NANOS = MILLI;

    private static final long LONG_ROUTING_NANOS = 200 * MILLI;

    /** The first part of what a session left behind. */
    private static final String REST = "rest";

    private static final long CONFIRM_NANOS = 500 * MILLI;
    private static final long SECOND_COPIES_COME_NANOS = 60_000 * MILLI;

    final SimScheduler scheduler = new SimScheduler();
    final SplittableRandom random;
    final List<Node> nodes = new ArrayList<>();
    final boolean[][] cut;

    /** Messages that somebody was known to want when they were published, by client. */
    final Map<Long, String> published = new LinkedHashMap<>();

    /** How often a client got a message. */
    final Map<Long, Integer> delivered = new HashMap<>();

    /** First deliveries that came behind a later message of the same publisher. */
    final List<String> overtaken = new ArrayList<>();

    /** Clients that had something at a node before their session came there: that is ahead of it. */
    final Set<String> unordered = new LinkedHashSet<>();

    private final Map<String, Long> lastDelivered = new HashMap<>();

    private final Map<Long, Integer> publishers = new HashMap<>();
    private final DirectoryOptions options;
    private final int maxDelayMillis;
    private long messages;

    World(long seed, int count, int maxDelayMillis) {
        // Every second world takes in one session at a time, and next to nothing beyond that.
        this(seed, count, maxDelayMillis, seed % 2 == 0 ? options(1, 1) : options(1_000, 1_000_000));
    }

    static DirectoryOptions options(int maxFetches, long maxStagedBytes) {
        return new DirectoryOptions(Duration.ofMillis(500), 1_000, maxFetches, maxStagedBytes, Duration.ofDays(1));
    }

    World(long seed, int count, int maxDelayMillis, DirectoryOptions options) {
        this.options = options;
        this.random = new SplittableRandom(seed);
        this.maxDelayMillis = maxDelayMillis;
        this.cut = new boolean[count][count];
        for (int i = 0; i < count; i++) {
            nodes.add(new Node(i));
        }
        nodes.forEach(Node::start);
    }

    void run(long millis) {
        scheduler.runUntil(scheduler.nowNanos() + millis * MILLI);
    }

    /** With {@code -Dmeshvine.trace=true}, tells what happens. */
    private void trace(Object... words) {
        if (TRACE) {
            System.out.println(scheduler.nowNanos() / MILLI + " "
                    + Arrays.stream(words).map(String::valueOf).collect(Collectors.joining(" ")));
        }
    }

    private long delay() {
        return random.nextLong(1 + maxDelayMillis * MILLI);
    }

    void cut(int one, int other, boolean isCut) {
        cut[one][other] = isCut;
        cut[other][one] = isCut;
        nodes.get(one).relink();
        nodes.get(other).relink();
    }

    void healAll() {
        for (int i = 0; i < nodes.size(); i++) {
            for (int j = 0; j < i; j++) {
                cut(i, j, false);
            }
            nodes.get(i).start();
        }
    }

    /** What one node says to another, while one link lasts. */
    private final class Lane {
        final Life from;
        final Life to;
        private long lastNanos;
        private int unconfirmed;
        private boolean pumping;
        boolean broken;

        Lane(Life from, Life to) {
            this.from = from;
            this.to = to;
        }

        void wake() {
            if (!pumping) {
                pumping = true;
                from.loop.execute(this::pump);
            }
        }

        private void pump() {
            pumping = false;
            byte[] message;
            while (!broken && unconfirmed < LANE_WINDOW && (message = from.directory.next(to.node.id)) != null) {
                byte[] sent = message;
                unconfirmed++;
                lastNanos = Math.max(lastNanos, scheduler.nowNanos() + delay());
                scheduler.at(lastNanos, () -> to.loop.execute(() -> receive(sent)));
            }
        }

        private void receive(byte[] message) {
            Lane back = to.lanes.get(from.node.id);
            if (broken || back == null || back.to != from) {
                return;
            }
            traceItems(this, message);
            try {
                to.directory.onMessage(from.node.id, WireReader.of(message));
            } catch (WireException e) {
                throw new AssertionError(e);
            }
            scheduler.after(delay(), () -> {
                unconfirmed--;
                wake();
            });
        }
    }

    private void traceItems(Lane lane, byte[] message) {
        try {
            WireReader in = WireReader.of(message);
            while (TRACE && in.remaining() > 0) {
                trace("n", lane.from.node.number, "-> n", lane.to.node.number, ItemCodec.read(in));
            }
        } catch (WireException e) {
            throw new AssertionError(e);
        }
    }

    /** Publishes of one node for another; outlives lives and links. */
    private final class Channel {
        final Node from;
        final Node to;
        final Deque<Publish> waiting = new ArrayDeque<>();
        long handedOver;
        long accepted;
        private boolean moving;

        Channel(Node from, Node to) {
            this.from = from;
            this.to = to;
        }

        void add(Publish publish) {
            waiting.add(publish);
            handedOver++;
            move();
        }

        void move() {
            if (moving || waiting.isEmpty() || !from.isLinked(to)) {
                return;
            }
            moving = true;
            scheduler.after(delay(), () -> {
                moving = false;
                Life life = to.life;
                if (life != null && from.isLinked(to) && !waiting.isEmpty()) {
                    life.take(waiting.remove(), from);
                    accepted++;
                }
                move();
            });
        }
    }

    record Publish(long id, String clientId) {}

    /** A session as it is kept. */
    static final class Session {
        final Deque<Long> queue = new ArrayDeque<>();
        private final Set<Long> seen = new LinkedHashSet<>();
        private long seenUntilNanos;
        /** Whether it is what came here while a session was on its way, and no more. */
        boolean leftover;

        long fence;

        /** Of the clean start with which it began. */
        long begun;

        /** Second copies may come from now on, and for a while. */
        void moves(long nowNanos) {
            seenUntilNanos = nowNanos + SECOND_COPIES_COME_NANOS;
        }

        /** Whether it is the first copy, as far as the session looks at that now. */
        boolean isFirst(long message, long nowNanos) {
            if (nowNanos >= seenUntilNanos) {
                seen.clear();
                return true;
            }
            return seen.add(message);
        }
    }

    /** That a session came from another node: which one, and how much of it. */
    private record Received(long fence, long through) {}

    /** A node: what outlives a crash. */
    final class Node {
        final int number;
        final NodeId id;
        final Map<String, Session> sessions = new LinkedHashMap<>();

        /** What came last of a client from another node. */
        final Map<String, Received> received = new HashMap<>();

        final Map<String, Long> begun = new LinkedHashMap<>();
        final List<Left> left = new ArrayList<>();

        /** Counts the changes of what it wants. */
        long interests;

        /** What it knows of the others' interest, and how new that is. */
        final Map<Node, Set<String>> interest = new HashMap<>();

        final Map<Node, Long> interestKnown = new HashMap<>();

        /** How long it takes at least to end a connection. */
        int closingMillis;

        /** When the last publish that is being routed will have gone to sessions and links. */
        private long routedNanos;

        private final Map<Node, Channel> channels = new HashMap<>();

        @Nullable
        Life life;

        Node(int number) {
            this.number = number;
            this.id = new NodeId(random.nextLong(), number);
        }

        Channel channel(Node to) {
            return channels.computeIfAbsent(to, other -> new Channel(this, other));
        }

        void start() {
            if (life == null) {
                life = new Life(this);
                life.begin();
                relink();
            }
        }

        void crash() {
            trace("n", number, "crashes");
            Life ended = life;
            if (ended != null) {
                life = null;
                ended.loop.kill();
                relink();
            }
        }

        boolean isLinked(Node other) {
            return life != null
                    && other.life != null
                    && life.lanes.containsKey(other.id)
                    && other.life.lanes.containsKey(id);
        }

        /** Both sides notice a little later that they can or cannot talk. */
        void relink() {
            for (Node other : nodes) {
                if (other != this) {
                    scheduler.after(delay(), () -> link(other));
                }
            }
        }

        private void link(Node other) {
            Life mine = life;
            Life theirs = other.life;
            boolean should = mine != null && theirs != null && !cut[number][other.number];
            if (mine != null) {
                Lane lane = mine.lanes.get(other.id);
                if (lane != null && (!should || lane.to != theirs)) {
                    mine.unlink(other);
                }
            }
            if (theirs != null) {
                Lane lane = theirs.lanes.get(id);
                if (lane != null && (!should || lane.to != mine)) {
                    theirs.unlink(this);
                }
            }
            if (should && mine != null && theirs != null && !mine.lanes.containsKey(other.id)) {
                mine.link(theirs);
                theirs.link(mine);
                channel(other).move();
                other.channel(this).move();
            }
        }

        /** A publish for the subscribers of a client's topic. */
        void publish(String clientId) {
            Life here = life;
            if (here == null) {
                return;
            }
            Publish publish = new Publish(++messages, clientId);
            publishers.put(publish.id, number);
            boolean wantedHere = here.wants(clientId);
            List<Node> others = nodes.stream()
                    .filter(other -> other != this
                            && interest.getOrDefault(other, Set.of()).contains(clientId))
                    .toList();
            trace(
                    "n",
                    number,
                    "publishes",
                    publish,
                    "to",
                    others.stream().map(other -> other.number).toList());
            long routing = random.nextInt(4) == 0 ? LONG_ROUTING_NANOS : SHORT_ROUTING_NANOS;
            routedNanos = Math.max(routedNanos, scheduler.nowNanos() + random.nextLong(routing));
            scheduler.at(routedNanos, () -> {
                if (life != here) {
                    return;
                }
                if (wantedHere || !others.isEmpty()) {
                    published.put(publish.id, clientId);
                }
                if (wantedHere) {
                    here.take(publish, this);
                }
                others.forEach(other -> channel(other).add(publish));
            });
        }
    }

    /** What a session left behind when it moved, as it is kept. */
    static final class Left {
        final String clientId;
        final long fence;
        final NodeId home;
        final Position interest;
        final Set<NodeId> behind;
        final List<Long> queue = new ArrayList<>();
        int handedOver;
        int offered;

        Left(String clientId, long fence, NodeId home, Position interest, Set<NodeId> behind) {
            this.clientId = clientId;
            this.fence = fence;
            this.home = home;
            this.interest = interest;
            this.behind = new LinkedHashSet<>(behind);
        }
    }

    /** One life of a node, and its part as the host of sessions. */
    final class Life implements SessionHost, LinkPositions {
        final Node node;
        final SimLoop loop;
        final ClientDirectory directory;
        final Map<NodeId, Lane> lanes = new LinkedHashMap<>();
        final Map<String, Connection> connections = new LinkedHashMap<>();
        private final Map<String, Receiving> receiving = new HashMap<>();
        private final Map<String, Runnable> freezing = new HashMap<>();
        private final Set<String> frozen = new LinkedHashSet<>();
        private final Map<Long, Confirm> confirms = new HashMap<>();
        private long confirmNumbers;

        Life(Node node) {
            this.node = node;
            this.loop = new SimLoop(scheduler, random.split(), random.nextLong(200), 200_000);
            this.directory = new ClientDirectory(loop, loop::execute, node.id, options, this, this);
            directory.attached(peer -> {
                Lane lane = lanes.get(peer);
                if (lane != null) {
                    lane.wake();
                }
            });
        }

        void begin() {
            node.begun.forEach(directory::restoredBegun);
            node.sessions.forEach((clientId, session) -> directory.restored(clientId, session.fence, session.begun));
            node.left.forEach(left -> directory.restored(new Staying(left)));
            tick();
        }

        private void tick() {
            loop.schedule(Duration.ofMillis(250), () -> {
                directory.onTick();
                tick();
            });
        }

        void link(Life other) {
            lanes.put(other.node.id, new Lane(this, other));
            loop.execute(() -> directory.onConnected(other.node.id, 1));
            advertise(other.node, () -> {});
        }

        void unlink(Node other) {
            Lane lane = lanes.remove(other.id);
            if (lane != null) {
                lane.broken = true;
                loop.execute(() -> {
                    trace("n", node.number, "loses n", other.number);
                    directory.onInterrupted(other.id);
                    directory.onGone(other.id);
                });
            }
        }

        // ---- Interest

        boolean wants(String clientId) {
            return node.sessions.containsKey(clientId)
                    || receiving.containsKey(clientId)
                    || node.left.stream().anyMatch(left -> left.clientId.equals(clientId));
        }

        private static final class Confirm {
            final Set<NodeId> waiting = new LinkedHashSet<>();
            final Runnable task;

            Confirm(Runnable task) {
                this.task = task;
            }
        }

        /** Tells all nodes in reach what is wanted, and runs a task when they know, or did not say so in time. */
        void advertise(Runnable confirmed) {
            node.interests++;
            long number = ++confirmNumbers;
            Confirm confirm = new Confirm(confirmed);
            confirms.put(number, confirm);
            for (Lane lane : lanes.values()) {
                confirm.waiting.add(lane.to.node.id);
                advertise(lane.to.node, () -> {
                    confirm.waiting.remove(lane.to.node.id);
                    if (confirm.waiting.isEmpty()) {
                        finish(number);
                    }
                });
            }
            if (confirm.waiting.isEmpty()) {
                finish(number);
            }
            loop.schedule(Duration.ofNanos(CONFIRM_NANOS), () -> finish(number));
        }

        private void finish(long number) {
            Confirm confirm = confirms.remove(number);
            if (confirm != null) {
                loop.execute(confirm.task);
            }
        }

        private void advertise(Node to, Runnable acknowledged) {
            Lane lane = lanes.get(to.id);
            if (lane == null) {
                return;
            }
            lane.lastNanos = Math.max(lane.lastNanos, scheduler.nowNanos() + delay());
            scheduler.at(lane.lastNanos, () -> {
                if (!lane.broken) {
                    Set<String> wanted = new LinkedHashSet<>(node.sessions.keySet());
                    wanted.addAll(receiving.keySet());
                    node.left.forEach(left -> wanted.add(left.clientId));
                    to.interest.put(node, wanted);
                    to.interestKnown.put(node, node.interests);
                    scheduler.after(delay(), () -> loop.execute(acknowledged));
                }
            });
        }

        // ---- Messages

        void take(Publish publish, Node from) {
            trace("n", node.number, "takes", publish);
            Receiving coming = receiving.get(publish.clientId);
            Session session = node.sessions.get(publish.clientId);
            if (session == null && coming != null) {
                coming.direct.add(publish.id);
            } else if (session != null && session.isFirst(publish.id, scheduler.nowNanos())) {
                session.queue.add(publish.id);
                deliver(publish.clientId);
            } else if (session == null) {
                for (Left left : node.left) {
                    if (left.clientId.equals(publish.clientId) && left.behind.contains(from.id)) {
                        left.queue.add(publish.id);
                    }
                }
            }
        }

        private void deliver(String clientId) {
            Connection connection = connections.get(clientId);
            Session session = node.sessions.get(clientId);
            while (connection != null && connection.granted && session != null && !session.queue.isEmpty()) {
                trace("n", node.number, "delivers", session.queue.peek());
                deliverOnce(session.queue.remove(), clientId);
            }
        }

        // ---- Connections

        /** A client connects; the one that it had here, if any, is over. */
        void connect(String clientId) {
            connect(clientId, false);
        }

        void connect(String clientId, boolean clean) {
            Connection before = connections.get(clientId);
            if (frozen.contains(clientId) || (before != null && !before.granted)) {
                return;
            }
            if (before != null) {
                close(before);
            }
            trace(clientId, "connects to n", node.number);
            Connection connection = new Connection(clientId, clean);
            connections.put(clientId, connection);
            loop.execute(() -> directory.claim(clientId, clean, true, connection));
        }

        /** A client leaves, and its session with it. */
        void endSession(String clientId) {
            Connection connection = connections.get(clientId);
            if (connection != null) {
                end(clientId);
                close(connection);
            }
        }

        void close(Connection connection) {
            if (connections.remove(connection.clientId, connection) && connection.granted) {
                loop.execute(() -> directory.left(
                        connection.clientId, connection.fence, node.sessions.containsKey(connection.clientId)));
            }
            frozenIfFree(connection.clientId);
        }

        private void frozenIfFree(String clientId) {
            if (!connections.containsKey(clientId)) {
                Runnable task = freezing.remove(clientId);
                if (task != null) {
                    frozen.add(clientId);
                    task.run();
                }
            }
        }

        final class Connection implements Claimant {
            final String clientId;
            final boolean clean;
            boolean granted;
            long fence;

            Connection(String clientId, boolean clean) {
                this.clientId = clientId;
                this.clean = clean;
            }

            @Override
            public void granted(long grantedFence) {
                trace("n", node.number, "grants", clientId);
                granted = true;
                fence = grantedFence;
                Session session = clean ? null : node.sessions.get(clientId);
                if (session == null) {
                    session = new Session();
                    session.begun = clean ? grantedFence : 0;
                    node.sessions.put(clientId, session);
                    advertise(() -> {});
                }
                session.leftover = false;
                session.fence = grantedFence;
                deliver(clientId);
            }

            @Override
            public void lost() {
                trace(clientId, "lost at n", node.number);
                connections.remove(clientId, this);
                frozenIfFree(clientId);
            }
        }

        // ---- SessionHost

        @Override
        public void freeze(String clientId, Runnable frozenTask) {
            trace("n", node.number, "freezes", clientId);
            freezing.put(clientId, frozenTask);
            Connection connection = connections.get(clientId);
            if (connection == null) {
                frozenIfFree(clientId);
            } else if (connection.granted) {
                loop.schedule(Duration.ofMillis(node.closingMillis + random.nextInt(5)), () -> {
                    if (freezing.get(clientId) == frozenTask) {
                        close(connection);
                    }
                });
            }
        }

        @Override
        public void release(String clientId) {
            trace("n", node.number, "releases", clientId);
            freezing.remove(clientId);
            frozen.remove(clientId);
        }

        @Override
        public void end(String clientId, Runnable durable) {
            end(clientId);
            loop.schedule(Duration.ofMillis(random.nextInt(4)), durable);
        }

        private void end(String clientId) {
            trace("n", node.number, "ends", clientId);
            node.sessions.remove(clientId);
            advertise(() -> {});
        }

        @Override
        public void forget(String clientId) {
            end(clientId);
        }

        @Override
        public @Nullable LeftBehind leaveBehind(
                String clientId, long through, NodeId home, Position interest, Set<NodeId> behind) {
            Session session = node.sessions.remove(clientId);
            if (session == null) {
                return null;
            }
            trace("n", node.number, "leaves behind", clientId);
            Left left = new Left(clientId, session.fence, home, interest, behind);
            left.queue.addAll(new ArrayList<>(session.queue).subList((int) through, session.queue.size()));
            node.left.add(left);
            return new Staying(left);
        }

        @Override
        public void keepBegun(String clientId, long fence, Runnable durable) {
            loop.schedule(Duration.ofMillis(random.nextInt(4)), () -> {
                node.begun.put(clientId, fence);
                durable.run();
            });
        }

        @Override
        public void forgetBegun(String clientId) {
            node.begun.remove(clientId);
        }

        @Override
        public void quiesce(Runnable quiet) {
            loop.schedule(Duration.ofNanos(Math.max(0, node.routedNanos - scheduler.nowNanos())), quiet);
        }

        private final class Staying implements LeftBehind {
            private final Left left;

            Staying(Left left) {
                this.left = left;
            }

            @Override
            public String clientId() {
                return left.clientId;
            }

            @Override
            public long fence() {
                return left.fence;
            }

            @Override
            public NodeId home() {
                return left.home;
            }

            @Override
            public Position interest() {
                return left.interest;
            }

            @Override
            public Set<NodeId> behind() {
                return Set.copyOf(left.behind);
            }

            @Override
            public void heard(NodeId from) {
                trace("n", node.number, "heard all for", left.clientId);
                left.behind.remove(from);
            }

            @Override
            public boolean isWaiting() {
                return !left.queue.isEmpty();
            }

            @Override
            public boolean isExpired() {
                return false;
            }

            @Override
            public long begin() {
                left.offered = left.offered == 0 ? left.queue.size() : left.offered;
                return left.fence - 1 - left.handedOver;
            }

            @Override
            public Export export() {
                return new Reading(left.queue, left.offered, true);
            }

            @Override
            public void taken() {
                left.queue.subList(0, left.offered).clear();
                left.offered = 0;
                left.handedOver++;
            }

            @Override
            public void end() {
                trace("n", node.number, "ends what was left of", left.clientId, left.queue);
                node.left.remove(left);
                advertise(() -> {});
            }
        }

        /** Reads a queue, up to a bound if it has one. */
        private final class Reading implements Export {
            private final java.util.Collection<Long> queue;
            private final int through;
            private boolean rest;
            private int read;

            Reading(java.util.Collection<Long> queue, int through, boolean rest) {
                this.queue = queue;
                this.through = through;
                this.rest = rest;
            }

            @Override
            public byte @Nullable [] next() {
                String part;
                if (rest) {
                    rest = false;
                    part = REST;
                } else if (read == Math.min(through, queue.size())) {
                    return null;
                } else {
                    part = Long.toString(new ArrayList<>(queue).get(read));
                    read++;
                }
                return part.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            }

            @Override
            public long through() {
                return read;
            }

            @Override
            public void settle(Runnable settled) {
                loop.schedule(Duration.ofMillis(random.nextInt(3)), settled);
            }
        }

        @Override
        public @Nullable Export export(String clientId) {
            Session session = node.sessions.get(clientId);
            if (session == null) {
                return null;
            }
            session.moves(scheduler.nowNanos());
            return new Reading(session.queue, Integer.MAX_VALUE, false);
        }

        @Override
        public long received(String clientId, NodeId from, long fromFence) {
            Received last = node.received.get(clientId + from);
            return last != null && last.fence == fromFence ? last.through : NOT_RECEIVED;
        }

        @Override
        public Import receive(String clientId, long fence, NodeId from, long fromFence, long begun) {
            return new Receiving(clientId, fence, begun, clientId + from, fromFence);
        }

        private final class Receiving implements Import {
            final String clientId;
            final long fence;
            final long begun;
            final String mark;
            final long fromFence;
            final List<Long> staged = new ArrayList<>();
            final Set<Long> direct = new LinkedHashSet<>();
            boolean rest;

            Receiving(String clientId, long fence, long begun, String mark, long fromFence) {
                this.clientId = clientId;
                this.fence = fence;
                this.begun = begun;
                this.mark = mark;
                this.fromFence = fromFence;
            }

            @Override
            public void accept(byte[] part) {
                String text = new String(part, java.nio.charset.StandardCharsets.US_ASCII);
                if (text.equals(REST)) {
                    rest = true;
                } else {
                    staged.add(Long.parseLong(text));
                }
            }

            @Override
            public void activate(Runnable confirmed) {
                trace("n", node.number, "activates", clientId);
                if (node.sessions.containsKey(clientId)) {
                    confirmed.run();
                } else if (rest) {
                    throw new IllegalArgumentException("no session that goes on");
                } else {
                    receiving.put(clientId, this);
                    advertise(confirmed);
                }
            }

            @Override
            public void finish(long through, Runnable durable) {
                loop.schedule(Duration.ofMillis(random.nextInt(4)), () -> {
                    trace("n", node.number, "finishes", clientId);
                    Session session = node.sessions.computeIfAbsent(clientId, absent -> new Session());
                    session.fence = Math.max(session.fence, fence);
                    session.begun = Math.max(session.begun, begun);
                    session.moves(scheduler.nowNanos());
                    if (session.leftover && !staged.isEmpty()) {
                        unordered.add(clientId);
                    }
                    staged.addAll(direct); // what came both ways stays where the old home had it
                    for (long message : staged) {
                        if (session.isFirst(message, scheduler.nowNanos())) {
                            session.queue.add(message);
                        }
                    }
                    receiving.remove(clientId, this);
                    node.received.put(mark, new Received(fromFence, through));
                    deliver(clientId);
                    durable.run();
                });
            }

            @Override
            public boolean keep() {
                trace("n", node.number, "keeps", clientId);
                boolean isActive = receiving.remove(clientId, this);
                if (isActive) {
                    Session session = new Session();
                    session.fence = fence;
                    session.begun = begun;
                    session.leftover = true;
                    if (!direct.isEmpty()) {
                        unordered.add(clientId); // it may be delivered before the session that it belongs to
                    }
                    session.moves(scheduler.nowNanos());
                    for (long message : direct) {
                        if (session.isFirst(message, scheduler.nowNanos())) {
                            session.queue.add(message);
                        }
                    }
                    node.sessions.put(clientId, session);
                }
                return isActive;
            }

            @Override
            public boolean discard() {
                trace("n", node.number, "discards", clientId);
                if (!direct.isEmpty()) {
                    keep();
                    return true;
                }
                if (receiving.remove(clientId, this)) {
                    advertise(() -> {});
                }
                return false;
            }
        }

        // ---- LinkPositions

        @Override
        public Position handedOver(NodeId peer) {
            return new Position(1, node.channel(byId(peer)).handedOver);
        }

        @Override
        public boolean isAccepted(NodeId peer, Position position) {
            return byId(peer).channel(node).accepted >= position.sequence();
        }

        @Override
        public Position interest(NodeId owner) {
            return owner.equals(node.id)
                    ? new Position(1, node.interests)
                    : new Position(1, node.interestKnown.getOrDefault(byId(owner), 0L));
        }

        @Override
        public List<NodeId> known() {
            return nodes.stream()
                    .map(other -> other.id)
                    .filter(other -> !other.equals(node.id))
                    .toList();
        }
    }

    private void deliverOnce(long message, String clientId) {
        if (delivered.merge(message, 1, Integer::sum) > 1) {
            return;
        }
        String stream = publishers.get(message) + " to " + clientId;
        long last = lastDelivered.merge(stream, message, Math::max);
        if (last != message && !unordered.contains(clientId)) {
            overtaken.add(message + " after " + last + ", n" + stream);
        }
    }

    private Node byId(NodeId id) {
        return nodes.stream().filter(node -> node.id.equals(id)).findFirst().orElseThrow();
    }
}
