package io.meshvine.node.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.BridgeLoop;
import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.HandOn;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.LocalBroker.Arrival;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.store.HeapRecordStore;
import io.meshvine.mesh.wire.Run;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.ConnectionFacts;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.DropReason;
import io.meshvine.node.session.GroupCustody;
import io.meshvine.node.session.Journal;
import io.meshvine.node.session.Outlet;
import io.meshvine.node.session.Residues;
import io.meshvine.node.session.SessionCounters;
import io.meshvine.node.session.SessionLimits;
import io.meshvine.node.session.Sessions;
import io.meshvine.node.session.Subscription;
import io.meshvine.node.session.SubscriptionDirectory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** When a node asks its peers to wait for clients that do not read as fast as they get. */
class SlowClientTest {
    private static final NodeId SELF = new NodeId(0, 1);
    private static final NodeId PEER = new NodeId(0, 2);
    private static final GroupKey GROUP = new GroupKey("g", "t");
    private static final int QUEUE = 640;
    private static final int CROWDED = 321;
    private static final int RELAXED = 310;
    private static final int IN_FLIGHT = 10;

    private final BridgeLoop loop = new BridgeLoop("test");
    private final Journal journal = new Journal(new HeapRecordStore(), 1);
    private final InterestIndex interest = new InterestIndex();
    private final SubscriptionDirectory directory = new SubscriptionDirectory();
    private final LocalDelivery local = new LocalDelivery(directory);
    private final MeshPublishes publishes = new MeshPublishes(System::nanoTime, System::currentTimeMillis);
    private final SessionCounters counters = new SessionCounters();
    private final NoMesh mesh = new NoMesh();
    private final SharedDelivery shared = new SharedDelivery(
            SELF,
            SharedStrategy.LOCAL,
            local,
            interest,
            mesh,
            new NoMembers(),
            publishes,
            journal,
            counters,
            new GroupCustody(journal, System::nanoTime, Long.MAX_VALUE));
    private final Subscriptions subscriptions = new Subscriptions(
            directory, mesh, new RetainedMap(), new RetainedMap(), journal, System::currentTimeMillis);
    private final SessionLimits limits =
            new SessionLimits(10, 10, IN_FLIGHT, QUEUE, 1 << 20, 1_000, 1 << 20, SessionLimits.Overflow.REJECT_NEWEST);
    private final Sessions sessions = new Sessions(limits, counters, journal, List.of(Runnable::run), loop);
    private final MeshLocalBroker broker = new MeshLocalBroker(
            new RouteTable(directory, interest),
            local,
            new Residues(sessions, Duration.ofDays(1), System::currentTimeMillis),
            shared,
            (origin, ticket) -> {},
            publishes,
            journal);

    @AfterEach
    void close() {
        sessions.close();
        loop.close();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 3600})
    void waitsFromHalfOfTheQueueUntilSomeOfItIsRead(long expirySeconds) {
        Client slow = connect("slow", expirySeconds);

        deliver(IN_FLIGHT + CROWDED - 1, 1);
        assertThat(broker.isCrowded()).isFalse();
        deliver(1, 1);
        assertThat(broker.isCrowded()).isTrue();

        slow.acknowledge(CROWDED - RELAXED - 1);
        assertThat(broker.isCrowded()).isTrue();
        slow.acknowledge(1);
        assertThat(broker.isCrowded()).isFalse();
    }

    @Test
    void waitsForNobodyWhoseClientHasGone() {
        Client slow = connect("slow", 3600);
        deliver(IN_FLIGHT + CROWDED, 1);

        slow.session.detach(slow);

        assertThat(broker.isCrowded()).isFalse();
        deliver(QUEUE, 1);
        assertThat(broker.isCrowded()).isFalse();
        assertThat(counters.dropped(DropReason.QUEUE_FULL)).isPositive();
    }

    @Test
    void waitsForNobodyBecauseOfQos0() {
        Client slow = connect("slow", 0);
        slow.writable = false;

        deliver(500, 0);

        assertThat(broker.isCrowded()).isFalse();
    }

    @Test
    void waitsAgainForAClientThatItGaveUpOnOnceThatHasCaughtUp() {
        Client slow = connect("slow", 0);
        deliver(IN_FLIGHT + CROWDED, 1);

        broker.giveUpWaiting();
        deliver(1, 1);
        assertThat(broker.isCrowded()).isFalse();

        slow.acknowledge(CROWDED - RELAXED + 1);
        deliver(CROWDED - RELAXED, 1);
        assertThat(broker.isCrowded()).isTrue();
    }

    @Test
    void aMemberOfASharedSubscriptionThatReadsIsPreferredToWaiting() {
        Client slow = connect("slow", 0);
        deliver(IN_FLIGHT + CROWDED, 1);
        broker.giveUpWaiting();
        Client reading = new Client(session("reading", 0));
        reading.attach();
        share(slow);
        share(reading);
        int before = slow.waiting.size() + slow.session.queued();

        for (int i = 0; i < IN_FLIGHT; i++) {
            deliver(new Arrival(publish(1), false, List.of(GROUP)));
        }

        assertThat(slow.waiting.size() + slow.session.queued()).isEqualTo(before);
        assertThat(reading.waiting).hasSize(IN_FLIGHT);
    }

    private void deliver(int count, int qos) {
        deliver(Collections.nCopies(count, new Arrival(publish(qos), true, List.of()))
                .toArray(Arrival[]::new));
    }

    private void deliver(Arrival... arrivals) {
        broker.deliver(PEER, List.of(arrivals), new WriteUnit(), () -> {});
    }

    private static MeshPublish publish(int qos) {
        return new MeshPublish(
                "t", qos, false, null, System.nanoTime(), MeshPublish.NEVER_EXPIRES, new byte[] {0, 'x'});
    }

    private ClientSession session(String id, long expirySeconds) {
        return Objects.requireNonNull(sessions.open(id, true, expirySeconds)).session();
    }

    private Client connect(String id, long expirySeconds) {
        Client client = new Client(session(id, expirySeconds));
        client.attach();
        subscriptions.subscribe(client.session, List.of(Subscription.of("t", 1)), existed -> {});
        return client;
    }

    private void share(Client client) {
        subscriptions.subscribe(client.session, List.of(Subscription.of("$share/g/t", 1)), existed -> {});
    }

    /** A client that acknowledges when it is told to. */
    private static final class Client implements Outlet {
        final ClientSession session;
        final Deque<Integer> waiting = new ArrayDeque<>();
        boolean writable = true;

        Client(ClientSession session) {
            this.session = session;
        }

        void attach() {
            session.attach(Runnable::run, this);
        }

        void acknowledge(int count) {
            for (int i = 0; i < count; i++) {
                session.onPubAck(waiting.remove());
            }
        }

        @Override
        public int receiveMaximum() {
            return 100;
        }

        @Override
        public boolean isWritable() {
            return writable;
        }

        @Override
        public boolean publish(Delivery delivery, int packetId, boolean dup) {
            waiting.add(packetId);
            return true;
        }

        @Override
        public void pubrel(int packetId) {}

        @Override
        public void flush() {}

        @Override
        public ConnectionFacts facts() {
            return new ConnectionFacts(5, "127.0.0.1:50000", "mqtt.tcp", 60, 0);
        }
    }

    private static final class NoMembers implements PeerMembers {
        @Override
        public boolean isLive(NodeId peer, GroupKey group) {
            return false;
        }

        @Override
        public int load(NodeId peer) {
            return 0;
        }

        @Override
        public void recheck(GroupKey group) {}
    }

    private static final class NoMesh implements MeshGate {
        @Override
        public void publish(MeshPublish publish, List<MeshTarget> targets, @Nullable WriteUnit unit, Runnable settled) {
            throw new IllegalStateException("nobody is to get it");
        }

        @Override
        public void publish(Run run) {
            throw new IllegalStateException("nobody is to get it");
        }

        @Override
        public void handOn(List<HandOn> all, @Nullable WriteUnit unit) {
            throw new IllegalStateException("nobody is to take it");
        }

        @Override
        public void subscribe(List<Interest> interests, Runnable confirmed) {
            confirmed.run();
        }

        @Override
        public void unsubscribe(List<Interest> interests) {}
    }
}
