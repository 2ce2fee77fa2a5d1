package io.meshvine.mesh.sim;

import io.meshvine.mesh.Interest;
import io.meshvine.mesh.LocalBroker;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.interest.PeerInterest;
import io.meshvine.mesh.session.Claimant;
import io.meshvine.mesh.session.ClientDirectory;
import io.meshvine.mesh.session.DirectoryOptions;
import io.meshvine.mesh.session.Overheard;
import io.meshvine.mesh.session.SessionHost;
import io.meshvine.mesh.wire.Position;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One life of a node whose clients have durable sessions that follow them: a model of the part that is not the mesh's,
 * with sessions and queues on the node's disk. A message is consumed once the record that says so is durable.
 */
final class ClientNode implements SessionHost, LocalBroker {
    /** With {@code -Dmeshvine.trace=true}, stories have what nodes say to each other in them. */
    private static final boolean TRACE = Boolean.getBoolean("meshvine.trace");

    private static final String TOPICS = "c/";
    private static final byte SESSION = 'h';
    private static final byte RECEIVED = 'r';
    private static final byte BEGUN = 'b';

    /** Takes the place of a message ahead of those that a session left behind. */
    static final long REST = 0;

    private static final byte WAITING = 0;
    private static final byte CONSUMED = 1;
    private static final int MAX_THINKING_MILLIS = 30;
    private static final DirectoryOptions OPTIONS =
            new DirectoryOptions(Duration.ofMillis(500), 1_000, Duration.ofDays(1));

    final SimNode.Life life;
    final ClientDirectory directory;
    private final SimClients books;
    private final Map<String, Session> sessions = new LinkedHashMap<>();
    private final Map<String, Receiving> receiving = new HashMap<>();
    private final Map<String, Connection> connections = new LinkedHashMap<>();
    private final Map<String, Runnable> freezing = new HashMap<>();
    private final Set<String> frozen = new HashSet<>();
    private final List<LeftSession> left = new ArrayList<>();

    /** A durable session of a client. Entries are messages by their place in the queue. */
    private static final class Session {
        final TreeMap<Long, Long> waiting = new TreeMap<>();
        final Set<Long> durable = new HashSet<>();
        final Set<Long> consuming = new HashSet<>();
        final Set<Long> seen = new HashSet<>();
        long fence;
        long next = 1;
    }

    ClientNode(SimNode.Life life, SimClients books) {
        this.life = life;
        this.books = books;
        this.directory = new ClientDirectory(
                life.loop, life.bridge::execute, life.node.id, OPTIONS, this, life.bridge.positions());
        life.bridge.attach(ClientDirectory.CHANNEL, TRACE ? new Overheard(directory, this::overhear) : directory);
        life.broker.instead = this;
        restore();
    }

    private void overhear(NodeId peer, String what) {
        SimNode from = books.node(peer);
        books.mesh.happened(life + " hears: n" + (from == null ? peer : from.number) + " " + what);
    }

    private void restore() {
        life.store.scan(Family.SESSIONS, new byte[] {BEGUN}, new byte[] {BEGUN + 1}, (key, value) -> {
            directory.restoredBegun(
                    new String(key, 1, key.length - 1, StandardCharsets.US_ASCII),
                    ByteBuffer.wrap(value).getLong());
            return true;
        });
        life.store.scan(Family.SESSIONS, new byte[] {SESSION}, new byte[] {SESSION + 1}, (key, value) -> {
            Session session = new Session();
            session.fence = ByteBuffer.wrap(value).getLong();
            sessions.put(new String(key, 1, key.length - 1, StandardCharsets.US_ASCII), session);
            return true;
        });
        life.store.scan(Family.QUEUES, new byte[0], null, (key, value) -> {
            Session session = sessions.get("c" + key[0]);
            if (session != null && key[1] <= CONSUMED) {
                session.seen.add(messageOf(value));
                if (key[1] == WAITING) {
                    long number = ByteBuffer.wrap(key).getLong(2);
                    session.next = Math.max(session.next, number + 1);
                    session.waiting.put(number, messageOf(value));
                    session.durable.add(number);
                }
            }
            return true;
        });
        sessions.forEach((client, session) -> {
            directory.restored(client, session.fence, 0);
            subscribe(client, () -> {});
        });
        life.store.scan(
                Family.SESSIONS, new byte[] {LeftSession.KEY}, new byte[] {LeftSession.KEY + 1}, (key, value) -> {
                    left.add(LeftSession.restore(this, life.store, key, value));
                    return true;
                });
        left.forEach(each -> {
            directory.restored(each);
            subscribe(each.clientId(), () -> {});
        });
    }

    // ---- Records

    static long messageOf(byte[] record) {
        return ByteBuffer.wrap(record).getLong();
    }

    private static byte[] sessionKey(String client) {
        return key(SESSION, client);
    }

    private static byte[] key(byte kind, String client) {
        byte[] name = client.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(1 + name.length).put(kind).put(name).array();
    }

    private static byte[] receivedKey(String client, NodeId from) {
        byte[] name = client.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(1 + name.length + 2 * Long.BYTES)
                .put(RECEIVED)
                .put(name)
                .putLong(from.high())
                .putLong(from.low())
                .array();
    }

    /** Whether a unit is what a node takes over with a session from its old home. */
    static boolean isHandOver(WriteUnit unit) {
        boolean[] found = {false};
        unit.applyTo(new WriteUnit.Target() {
            @Override
            public void put(Family family, byte[] key, byte[] value) {
                found[0] |= family == Family.SESSIONS && key[0] == RECEIVED;
            }

            @Override
            public void delete(Family family, byte[] key) {}

            @Override
            public void deleteRange(Family family, byte[] from, byte[] to) {}
        });
        return found[0];
    }

    /** Where a message is kept: by its place in the queue while it waits, by its number once it is consumed. */
    private static byte[] entryKey(String client, byte state, long number) {
        return ByteBuffer.allocate(2 + Long.BYTES)
                .put(Byte.parseByte(client.substring(1)))
                .put(state)
                .putLong(number)
                .array();
    }

    static byte[] entry(long message) {
        return ByteBuffer.allocate(Long.BYTES).putLong(message).array();
    }

    private static WriteUnit header(WriteUnit unit, String client, Session session) {
        return unit.put(
                Family.SESSIONS,
                sessionKey(client),
                ByteBuffer.allocate(Long.BYTES).putLong(session.fence).array());
    }

    /** Runs a task on the loop, unless this life is over. */
    private Runnable onLoop(Runnable task) {
        return () -> life.loop.execute(task);
    }

    // ---- Interest

    private static Interest interest(String client) {
        return new Interest(Interest.NO_GROUP, TOPICS + client, 2, true);
    }

    private void subscribe(String client, Runnable confirmed) {
        life.bridge.subscribe(List.of(interest(client)), confirmed);
    }

    private void unsubscribe(String client) {
        life.bridge.unsubscribe(List.of(interest(client)));
    }

    boolean hasSession(String client) {
        return sessions.containsKey(client);
    }

    boolean isConnected(String client) {
        return connections.containsKey(client);
    }

    int sessions() {
        return sessions.size();
    }

    // ---- Messages

    /** A publish for a client's topic, as a node forwards it. */
    void publish(String client, int qos) {
        List<MeshTarget> targets = new ArrayList<>();
        SimClients.Message message = books.publish(client, life, qos);
        for (PeerInterest peer : life.index.match(TOPICS + client).peers()) {
            targets.add(new MeshTarget(peer.peer(), true, peer.qos(), List.of()));
            SimNode to = books.node(peer.peer());
            if (to != null) {
                message.to.add(to.number);
            }
        }
        WriteUnit unit = null;
        if (sessions.containsKey(client) || receiving.containsKey(client)) {
            message.to.add(life.node.number);
            unit = new WriteUnit();
            take(client, message.id, unit);
        }
        byte[] body = ByteBuffer.allocate(1 + Long.BYTES)
                .put((byte) 0)
                .putLong(message.id)
                .array();
        MeshPublish publish = new MeshPublish(
                TOPICS + client, qos, false, null, life.loop.nanoTime(), MeshPublish.NEVER_EXPIRES, body);
        life.bridge.publish(publish, targets, unit, () -> books.settled(message));
    }

    @Override
    public void deliver(NodeId origin, List<Arrival> batch, WriteUnit unit, Runnable accepted) {
        for (Arrival arrival : batch) {
            long id = ByteBuffer.wrap(arrival.publish().body()).getLong(1);
            String client = arrival.publish().topic().substring(TOPICS.length());
            if (sessions.containsKey(client)) {
                books.mesh.happened(books.message(id) + " arrives at " + life);
                take(client, id, unit);
            } else {
                LeftSession taker = left.stream()
                        .filter(each -> each.clientId().equals(client) && each.takesFrom(origin))
                        .findFirst()
                        .orElse(null);
                books.mesh.happened(
                        books.message(id) + (taker == null ? " finds no session at " : " goes after it at ") + life);
                if (taker != null) {
                    taker.take(id, unit);
                }
            }
        }
        books.mesh.at(Moment.ARRIVED, life.node);
        accepted.run();
        books.mesh.at(Moment.ACCEPTED, life.node);
    }

    private void take(String client, long message, WriteUnit unit) {
        Session session = sessions.get(client);
        if (session == null || !session.seen.add(message)) {
            return;
        }
        long number = session.next++;
        session.waiting.put(number, message);
        unit.put(Family.QUEUES, entryKey(client, WAITING, number), entry(message));
        unit.whenDurable(onLoop(() -> {
            if (sessions.get(client) == session) {
                session.durable.add(number);
                give(client);
            } else {
                life.store.write(new WriteUnit().delete(Family.QUEUES, entryKey(client, WAITING, number)));
            }
        }));
    }

    /** Gives the client the next message, one at a time. */
    private void give(String client) {
        Session session = sessions.get(client);
        Connection connection = connections.get(client);
        if (session == null
                || connection == null
                || !connection.granted
                || freezing.containsKey(client)
                || session.waiting.isEmpty()
                || !session.consuming.isEmpty()) {
            return;
        }
        long number = session.waiting.firstKey();
        if (!session.durable.contains(number)) {
            return;
        }
        long message = session.waiting.get(number);
        session.consuming.add(number);
        life.loop.schedule(
                Duration.ofMillis(life.loop.random().nextInt(MAX_THINKING_MILLIS)),
                () -> life.store.write(new WriteUnit()
                        .delete(Family.QUEUES, entryKey(client, WAITING, number))
                        .put(Family.QUEUES, entryKey(client, CONSUMED, message), entry(message))
                        .whenDurable(onLoop(() -> onConsumed(client, session, number, message)))));
    }

    private void onConsumed(String client, Session session, long number, long message) {
        books.consumed(message);
        session.consuming.remove(number);
        session.waiting.remove(number);
        session.durable.remove(number);
        give(client);
        freezeIfFree(client);
    }

    // ---- Connections

    /** A client connects; the connection that it had here, if any, is over. */
    void connect(String client) {
        Connection before = connections.get(client);
        if (frozen.contains(client) || freezing.containsKey(client) || (before != null && !before.granted)) {
            return;
        }
        if (before != null) {
            close(before);
        }
        books.mesh.happened(client + " connects to " + life);
        Connection connection = new Connection(client);
        connections.put(client, connection);
        life.bridge.execute(() -> directory.claim(client, false, true, connection));
    }

    void disconnect(String client) {
        Connection connection = connections.get(client);
        if (connection != null && connection.granted) {
            close(connection);
        }
    }

    private void close(Connection connection) {
        if (connections.remove(connection.client, connection) && connection.granted) {
            books.mesh.happened(connection.client + " leaves " + life);
            life.bridge.execute(
                    () -> directory.left(connection.client, connection.fence, sessions.containsKey(connection.client)));
        }
        freezeIfFree(connection.client);
    }

    private void freezeIfFree(String client) {
        Session session = sessions.get(client);
        if (!connections.containsKey(client) && (session == null || session.consuming.isEmpty())) {
            Runnable task = freezing.remove(client);
            if (task != null) {
                frozen.add(client);
                task.run();
            }
        }
    }

    private final class Connection implements Claimant {
        final String client;
        boolean granted;
        long fence;

        Connection(String client) {
            this.client = client;
        }

        @Override
        public void granted(long grantedFence) {
            books.mesh.happened(life + " grants " + client);
            granted = true;
            fence = grantedFence;
            Session session = sessions.get(client);
            if (session == null) {
                session = new Session();
                sessions.put(client, session);
                subscribe(client, () -> {});
            }
            session.fence = grantedFence;
            life.store.write(
                    header(new WriteUnit(), client, session).whenDurable(() -> books.established(client, life.node)));
            if (connections.get(client) == this) {
                give(client);
            } else {
                directory.left(client, fence, true);
            }
        }

        @Override
        public void lost() {
            books.mesh.happened(client + " lost at " + life);
            connections.remove(client, this);
            freezeIfFree(client);
        }
    }

    // ---- Sessions that move

    @Override
    public void freeze(String client, Runnable task) {
        freezing.put(client, task);
        Connection connection = connections.get(client);
        if (connection == null) {
            freezeIfFree(client);
        } else if (connection.granted) {
            life.loop.schedule(Duration.ofMillis(life.loop.random().nextInt(5)), () -> {
                if (freezing.get(client) == task) {
                    close(connection);
                }
            });
        }
    }

    @Override
    public void release(String client) {
        freezing.remove(client);
        frozen.remove(client);
        give(client);
    }

    @Override
    public void end(String client, Runnable durable) {
        books.mesh.happened(life + " ends the session of " + client);
        delete(client, new WriteUnit().whenDurable(durable));
    }

    @Override
    public void forget(String client) {
        books.mesh.happened(life + " forgets the session of " + client);
        delete(client, new WriteUnit());
    }

    private void delete(String client, WriteUnit unit) {
        Session session = sessions.remove(client);
        if (session != null) {
            unit.delete(Family.SESSIONS, sessionKey(client));
            session.waiting.keySet().forEach(number -> unit.delete(Family.QUEUES, entryKey(client, WAITING, number)));
            unsubscribe(client);
        }
        life.store.write(unit);
    }

    @Override
    public @Nullable LeftBehind leaveBehind(
            String client, long through, NodeId home, Position interest, Set<NodeId> behind) {
        Session session = sessions.remove(client);
        if (session == null) {
            return null;
        }
        books.mesh.happened(life + " leaves something of " + client + " behind");
        LeftSession rest =
                new LeftSession(this, life.store, client, life.loop.nanoTime(), session.fence, home, interest, behind);
        WriteUnit unit = rest.put(new WriteUnit().delete(Family.SESSIONS, sessionKey(client)));
        session.waiting.forEach((number, message) -> {
            unit.delete(Family.QUEUES, entryKey(client, WAITING, number));
            if (number > through) {
                rest.take(message, unit);
            }
        });
        life.store.write(unit);
        left.add(rest);
        return rest;
    }

    /** Nothing more comes for what a session left behind. */
    void ended(LeftSession one) {
        left.remove(one);
        unsubscribe(one.clientId());
    }

    @Override
    public void keepBegun(String client, long fence, Runnable durable) {
        life.store.write(new WriteUnit()
                .put(Family.SESSIONS, key(BEGUN, client), entry(fence))
                .whenDurable(durable));
    }

    @Override
    public void forgetBegun(String client) {
        life.store.write(new WriteUnit().delete(Family.SESSIONS, key(BEGUN, client)));
    }

    @Override
    public void quiesce(Runnable quiet) {
        life.bridge.execute(quiet); // behind the letters of what was published until now
    }

    @Override
    public @Nullable Export export(String client) {
        Session session = sessions.get(client);
        if (session == null) {
            return null;
        }
        books.mesh.happened(life + " hands over " + client);
        return new Export() {
            private long read;

            @Override
            public byte @Nullable [] next() {
                Map.Entry<Long, Long> next = session.waiting.higherEntry(read);
                if (next == null || !session.durable.contains(next.getKey())) {
                    return null;
                }
                read = next.getKey();
                return ByteBuffer.allocate(Long.BYTES).putLong(next.getValue()).array();
            }

            @Override
            public long through() {
                return read;
            }

            @Override
            public void settle(Runnable settled) {
                life.store.write(new WriteUnit().waitForOthers().whenDurable(onLoop(settled)));
            }
        };
    }

    @Override
    public long received(String client, NodeId from, long fromFence) {
        byte[] last = life.store.get(Family.SESSIONS, receivedKey(client, from));
        ByteBuffer mark = last == null ? null : ByteBuffer.wrap(last);
        return mark != null && mark.getLong() == fromFence ? mark.getLong() : NOT_RECEIVED;
    }

    @Override
    public Import receive(String client, long fence, NodeId from, long fromFence, long begun) {
        return new Receiving(client, fence, from, fromFence);
    }

    private final class Receiving implements Import {
        private final String client;
        private final long fence;
        private final NodeId from;
        private final long fromFence;
        private final List<Long> staged = new ArrayList<>();
        private boolean isRest;

        /** The session that began with the hand-over: what is in it came here directly. */
        private @Nullable Session begun;

        Receiving(String client, long fence, NodeId from, long fromFence) {
            this.client = client;
            this.fence = fence;
            this.from = from;
            this.fromFence = fromFence;
        }

        @Override
        public void accept(byte[] part) {
            long message = messageOf(part);
            if (message == REST) {
                isRest = true;
            } else {
                staged.add(message);
            }
        }

        @Override
        public void activate(Runnable confirmed) {
            if (sessions.containsKey(client)) {
                confirmed.run();
                return;
            }
            if (isRest) {
                throw new IllegalArgumentException("no session that goes on");
            }
            Session session = new Session();
            session.fence = fence;
            begun = session;
            sessions.put(client, session);
            receiving.put(client, this);
            boolean[] half = {false};
            Runnable both = () -> {
                if (half[0]) {
                    confirmed.run();
                }
                half[0] = true;
            };
            life.store.write(header(new WriteUnit(), client, session).whenDurable(onLoop(both)));
            subscribe(client, onLoop(both));
        }

        @Override
        public void finish(long through, Runnable durable) {
            if (begun != null && !begun.durable.containsAll(begun.waiting.keySet())) {
                life.loop.schedule(Duration.ofMillis(1), () -> finish(through, durable));
                return;
            }
            books.mesh.happened(life + " has all of " + client);
            Session session = sessions.computeIfAbsent(client, absent -> new Session());
            session.fence = Math.max(session.fence, fence);
            receiving.remove(client, this);
            byte[] mark = ByteBuffer.allocate(2 * Long.BYTES)
                    .putLong(fromFence)
                    .putLong(through)
                    .array();
            WriteUnit unit =
                    header(new WriteUnit(), client, session).put(Family.SESSIONS, receivedKey(client, from), mark);
            List<Long> all = new ArrayList<>(staged);
            if (begun == session) {
                // What came both ways stays where the old home had it; what came here only is behind that.
                session.waiting.forEach((number, message) -> {
                    unit.delete(Family.QUEUES, entryKey(client, WAITING, number));
                    all.add(message);
                });
                session.waiting.clear();
                session.durable.clear();
                session.seen.clear();
            }
            all.forEach(message -> take(client, message, unit));
            life.store.write(unit.whenDurable(durable));
            books.mesh.at(Moment.HANDED_OVER, life.node);
        }

        @Override
        public boolean keep() {
            receiving.remove(client, this);
            return begun != null && begun == sessions.get(client);
        }

        @Override
        public boolean discard() {
            receiving.remove(client, this);
            Session session = begun;
            if (session == null || session != sessions.get(client)) {
                return false;
            }
            if (session.waiting.isEmpty()) {
                forget(client);
                return false;
            }
            books.unordered(client);
            return true;
        }
    }
}
