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
import io.meshvine.mesh.Slices;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.store.HeapRecordStore;
import io.meshvine.mesh.wire.GuaranteedRun;
import io.meshvine.mesh.wire.Run;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.ConnectionFacts;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.DropReason;
import io.meshvine.node.session.GroupCustody;
import io.meshvine.node.session.Journal;
import io.meshvine.node.session.JournalBatch;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Origin;
import io.meshvine.node.session.Outlet;
import io.meshvine.node.session.Residues;
import io.meshvine.node.session.SessionCounters;
import io.meshvine.node.session.SessionLimits;
import io.meshvine.node.session.Sessions;
import io.meshvine.node.session.Subscription;
import io.meshvine.node.session.SubscriptionDirectory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RoutingTest {

    private static final NodeId SELF = new NodeId(0, 1);
    private static final NodeId PEER = new NodeId(0, 2);
    private static final NodeId OTHER_PEER = new NodeId(8, 8);

    private final BridgeLoop loop = new BridgeLoop("test");
    private final Journal journal = new Journal(new HeapRecordStore(), 1);
    private final RecordingMesh mesh = new RecordingMesh();
    private final InterestIndex interest = new InterestIndex();
    private final RetainedMap retained = new RetainedMap();
    private final RetainedMap nodeRetained = new RetainedMap();
    private final SubscriptionDirectory directory = new SubscriptionDirectory();
    private final RouteTable routes = new RouteTable(directory, interest);
    private final LocalDelivery local = new LocalDelivery(directory);
    private final MeshPublishes publishes = new MeshPublishes(System::nanoTime, System::currentTimeMillis);
    private final SessionCounters counters = new SessionCounters();
    private final SharedDelivery shared = new SharedDelivery(
            SELF,
            SharedStrategy.LOCAL,
            local,
            interest,
            mesh,
            new AllLive(),
            publishes,
            journal,
            counters,
            new GroupCustody(journal, System::nanoTime, Long.MAX_VALUE));
    private final PublishRouter router = new PublishRouter(
            routes,
            local,
            shared,
            mesh,
            retained,
            nodeRetained,
            new HybridClock(SELF, 1, System::currentTimeMillis),
            publishes,
            journal);
    private final Subscriptions subscriptions =
            new Subscriptions(directory, mesh, retained, nodeRetained, journal, System::currentTimeMillis);
    private final Sessions sessions =
            new Sessions(SessionLimits.defaults(), counters, journal, List.of(Runnable::run), loop);
    private final Residues residues = new Residues(sessions, Duration.ofDays(1), System::currentTimeMillis);

    @AfterEach
    void close() {
        sessions.close();
        loop.close();
    }

    @Test
    void deliversHereAndForwardsOnlyToPeersThatWantIt() {
        Client client = connect("c");
        subscribe(client, Subscription.of("a/+", 1));
        interest.put(PEER, new Interest(Interest.NO_GROUP, "b/#", 1));

        assertThat(publish("a/x", 2)).isTrue();
        assertThat(mesh.published).isEmpty();
        assertThat(client.received).containsExactly("a/x qos1");

        assertThat(publish("b/x", 2)).isTrue();
        assertThat(mesh.published).hasSize(1);
        assertThat(mesh.published.get(0).targets).containsExactly(new MeshTarget(PEER, true, 1, List.of()));

        assertThat(publish("nobody", 1)).isFalse();
    }

    @Test
    void settlesAtOnceWithoutPeersAndOnlyWhenThePeersConfirmedOtherwise() {
        AtomicInteger settled = new AtomicInteger();
        publish("here", 1, false, "x", settled::incrementAndGet);
        assertThat(settled).hasValue(1);

        interest.put(PEER, new Interest(Interest.NO_GROUP, "there", 1));
        publish("there", 1, false, "x", settled::incrementAndGet);
        assertThat(settled).hasValue(1);
        mesh.published.get(0).settled.run();
        assertThat(settled).hasValue(2);
    }

    @Test
    void aRouteFollowsSubscriptionsThatComeAndGo() {
        Client client = connect("c");
        assertThat(publish("t", 0)).isFalse();
        subscribe(client, Subscription.of("t", 0));
        assertThat(publish("t", 0)).isTrue();
        List<Boolean> existed = new ArrayList<>();
        subscriptions.unsubscribe(client.session, List.of("t", "t"), existed::addAll);
        assertThat(existed).containsExactly(true, false);
        assertThat(publish("t", 0)).isFalse();
        interest.put(PEER, new Interest(Interest.NO_GROUP, "t", 0));
        assertThat(publish("t", 0)).isTrue();
        interest.removeAll(PEER);
        assertThat(publish("t", 0)).isFalse();
    }

    @Test
    void retainedMessagesGoIntoTheMapAndToAllPeersAndAreReplayed() {
        publish("r", 1, true, "state", () -> {});
        assertThat(mesh.published).hasSize(1);
        assertThat(mesh.published.get(0).publish.stamp()).isNotNull();

        Client client = connect("c");
        Subscription subscription = Subscription.of("#", 2);
        subscribe(client, subscription);
        subscriptions.replayRetained(client.session, subscription, false);
        assertThat(client.received).containsExactly("r qos1 retained");

        publish("r", 1, true, "", () -> {});
        assertThat(retained.liveCount()).isZero();
        assertThat(mesh.published.get(1).publish.deletesRetained()).isTrue();
    }

    @Test
    void retainHandlingDecidesWhetherRetainedMessagesAreReplayed() {
        publish("r", 0, true, "state", () -> {});
        Client client = connect("c");
        subscriptions.replayRetained(client.session, new Subscription("r", 0, false, false, 1, 0), true);
        subscriptions.replayRetained(client.session, new Subscription("r", 0, false, false, 2, 0), false);
        subscriptions.replayRetained(client.session, Subscription.of("$share/g/r", 0), false);
        assertThat(client.received).isEmpty();
        subscriptions.replayRetained(client.session, new Subscription("r", 0, false, false, 1, 0), false);
        assertThat(client.received).containsExactly("r qos0 retained");
    }

    @Test
    void sysTopicsStayOnTheNode() {
        Client client = connect("c");
        subscribe(client, Subscription.of("$SYS/#", 0));
        assertThat(mesh.added).isEmpty();
        router.publishHere("$SYS/broker/uptime", "1".getBytes(StandardCharsets.UTF_8));
        assertThat(mesh.published).isEmpty();
        assertThat(retained.size()).isZero();
        assertThat(nodeRetained.liveCount()).isEqualTo(1);
        assertThat(client.received).containsExactly("$SYS/broker/uptime qos0");
    }

    @Test
    void aSharedSubscriptionIsServedOnceConnectedMembersHereFirst() {
        Client here = connect("here");
        subscribe(here, Subscription.of("$share/g/t", 1));
        interest.put(PEER, new Interest("g", "t", 1));

        publish("t", 1);
        assertThat(here.received).containsExactly("t qos1");
        assertThat(mesh.published).isEmpty();

        here.session.detach(here);
        publish("t", 1);
        assertThat(here.received).hasSize(1);
        assertThat(mesh.published.get(0).targets)
                .containsExactly(new MeshTarget(PEER, false, 1, List.of(new GroupKey("g", "t"))));
    }

    @Test
    void aPeersPublishReachesLocalSessionsAndNoPeer() {
        Client ordinary = connect("ordinary");
        Client member = connect("member");
        subscribe(ordinary, Subscription.of("t", 1));
        subscribe(member, Subscription.of("$share/g/t", 1));
        interest.put(PEER, new Interest(Interest.NO_GROUP, "t", 1));
        MeshLocalBroker broker =
                new MeshLocalBroker(routes, local, residues, shared, (origin, ticket) -> {}, publishes, journal);
        MeshPublish publish =
                new MeshPublish("t", 1, false, null, System.nanoTime(), MeshPublish.NEVER_EXPIRES, new byte[] {0, 'x'});
        AtomicInteger accepted = new AtomicInteger();

        broker.deliver(
                PEER,
                List.of(
                        new Arrival(publish, true, List.of()),
                        new Arrival(publish, false, List.of(new GroupKey("g", "t"))),
                        new Arrival(publish, false, List.of(new GroupKey("gone", "t")))),
                new WriteUnit(),
                accepted::incrementAndGet);

        assertThat(accepted).hasValue(1);
        assertThat(ordinary.received).containsExactly("t qos1");
        assertThat(member.received).containsExactly("t qos1");
        assertThat(counters.dropped(DropReason.NO_MEMBER)).isEqualTo(1);
        assertThat(mesh.published).isEmpty();
    }

    @Test
    void keepsQos1ForDurableSessionsOfAnAbsentPeerAndSendsItNoQos0() {
        interest.putAbsent(PEER, new Interest(Interest.NO_GROUP, "t", 1, true));

        publish("t", 0, false, "0", () -> {});
        publish("t", 1, false, "1", () -> {});

        assertThat(mesh.published).hasSize(1);
        assertThat(mesh.published.get(0).targets).containsExactly(new MeshTarget(PEER, true, 1, List.of()));
    }

    /** Never parked at an absent node while a live one has a member. */
    @Test
    void givesASharedPublishToAnAbsentPeerOnlyIfNobodyElseHasAMember() {
        NodeId live = new NodeId(7, 7);
        interest.putAbsent(PEER, new Interest("g", "t", 1, true));
        interest.put(live, new Interest("g", "t", 1));
        for (int i = 0; i < 20; i++) {
            publish("t", 1, false, "x", () -> {});
        }
        assertThat(mesh.published).allMatch(one -> one.targets.get(0).peer().equals(live));

        interest.removeAll(live);
        publish("t", 1, false, "y", () -> {});
        publish("t", 0, false, "z", () -> {});

        assertThat(mesh.published).hasSize(21);
        assertThat(mesh.published.get(20).targets)
                .containsExactly(new MeshTarget(PEER, false, 1, List.of(new GroupKey("g", "t"))));
    }

    @Test
    void whatALoopPublishesAtQos0GoesToAPeerAsOneRunAtTheEndOfItsTurn() {
        interest.put(PEER, new Interest(Interest.NO_GROUP, "#", 1));
        List<Runnable> turn = new ArrayList<>();
        router.gatherOn(turn::add);

        publish("a", 0);
        publish("b", 0);
        assertThat(mesh.runs).isEmpty();
        assertThat(turn).hasSize(1);
        turn.remove(0).run();

        assertThat(mesh.runs).hasSize(1);
        assertThat(mesh.runs.get(0).publishes()).isEqualTo(2);
        publish("c", 0);
        assertThat(turn).hasSize(1);
    }

    @Test
    void nothingOvertakesARunOfTheSameLoop() {
        interest.put(PEER, new Interest(Interest.NO_GROUP, "#", 1));
        router.gatherOn(task -> {});
        publish("a", 0);

        publish("a", 1);

        assertThat(mesh.order).containsExactly("run of 1");
        publish("a", 1, true, "retained", () -> {});
        assertThat(mesh.order).containsExactly("run of 1", "run of 1 at qos1", "a");
        publish("b", 0);
        interest.put(PEER, new Interest(Interest.NO_GROUP, "x/y", 1));
        publish("b", 0); // by another version of the interest
        assertThat(mesh.order).containsExactly("run of 1", "run of 1 at qos1", "a", "run of 1");
    }

    @Test
    void publishesOfOneTopicThatArePromisedGoAsOne() {
        interest.put(PEER, new Interest(Interest.NO_GROUP, "#", 2));
        interest.put(OTHER_PEER, new Interest(Interest.NO_GROUP, "two", 2));
        List<Runnable> tasks = new ArrayList<>();
        router.gatherOn(tasks::add);
        AtomicInteger settled = new AtomicInteger();

        publish("one", 1, false, "1", settled::incrementAndGet);
        publish("one", 1, false, "2", settled::incrementAndGet);
        publish("one", 2, false, "3", settled::incrementAndGet); // another QoS
        publish("two", 2, false, "4", settled::incrementAndGet); // another topic, and two peers
        tasks.forEach(Runnable::run);

        assertThat(mesh.order)
                .containsExactly("run of 2 at qos1", "run of 1 at qos2", "run of 1 at qos2", "run of 1 at qos2");
        mesh.guaranteed.get(0).settled().forEach(Runnable::run);
        assertThat(settled).hasValue(2);
        mesh.guaranteed.get(2).settled().forEach(Runnable::run);
        assertThat(settled).hasValue(2);
        mesh.guaranteed.get(3).settled().forEach(Runnable::run);
        assertThat(settled).hasValue(3);
    }

    @Test
    void whatIsPromisedToNotAllPeersGoesByItself() {
        interest.put(PEER, new Interest(Interest.NO_GROUP, "#", 1));
        router.gatherOn(task -> {});

        publish("t", 2);

        assertThat(mesh.order).containsExactly("t");
    }

    @Test
    void publishesThatArriveTogetherAtQos1AreDeliveredOneByOneAndBrokenOnesCounted() {
        Client client = connect("c");
        subscribe(client, Subscription.of("t", 2));
        MeshLocalBroker broker =
                new MeshLocalBroker(routes, local, residues, shared, (origin, ticket) -> {}, publishes, journal);
        MeshPublish first = new MeshPublish("t", 1, false, null, 0, MeshPublish.NEVER_EXPIRES, new byte[] {0});
        byte[] bodies = {0, 5, 0x7f, 1, 0, 7}; // sound and empty, broken, sound
        Slices further = new Slices(bodies, new int[] {0, 1, 1, 4, 4, 6});

        broker.deliver(PEER, List.of(new Arrival(first, true, List.of(), 0, further)), new WriteUnit(), () -> {});

        assertThat(client.received).containsExactly("t qos1", "t qos1", "t qos1");
        assertThat(broker.malformed()).isEqualTo(1);
    }

    @Test
    void aRunIsBoundedAndTakesNothingLarge() {
        interest.put(PEER, new Interest(Interest.NO_GROUP, "#", 1));
        router.gatherOn(task -> {});

        publish("t", 0, false, "x".repeat(5_000), () -> {});
        assertThat(mesh.order).containsExactly("t");
        for (int i = 0; i < 26; i++) {
            publish("t", 0, false, "x".repeat(2_000), () -> {});
        }
        assertThat(mesh.order).containsExactly("t", "run of 25");
    }

    @Test
    void aLoopThatClosesGathersNothing() {
        interest.put(PEER, new Interest(Interest.NO_GROUP, "#", 1));
        router.gatherOn(task -> {
            throw new RejectedExecutionException();
        });

        publish("t", 0);

        assertThat(mesh.order).containsExactly("run of 1");
    }

    @Test
    void aBatchOfAPeerReachesASessionInOrderWithinItsBounds() {
        Client client = connect("c");
        subscribe(client, Subscription.of("t", 2));
        MeshLocalBroker broker =
                new MeshLocalBroker(routes, local, residues, shared, (origin, ticket) -> {}, publishes, journal);
        List<Arrival> batch = new ArrayList<>();
        for (int i = 0; i < 30_000; i++) { // more than may wait at QoS 0
            batch.add(arrival(i % 3 == 2 ? 1 : 0));
        }

        broker.deliver(PEER, batch.subList(0, 3), new WriteUnit(), () -> {});
        assertThat(client.received).containsExactly("t qos0", "t qos0", "t qos1");

        client.session.detach(client);
        broker.deliver(PEER, batch, new WriteUnit(), () -> {});
        assertThat(client.session.queued()).isEqualTo(10_000);
    }

    private static Arrival arrival(int qos) {
        return new Arrival(
                new MeshPublish("t", qos, false, null, 0, MeshPublish.NEVER_EXPIRES, new byte[] {0}), true, List.of());
    }

    /** An arrival of that many publishes without properties. */
    private static Arrival arrivals(int count) {
        int[] bounds = new int[2 * (count - 1)];
        for (int i = 0; i < count - 1; i++) {
            bounds[2 * i] = i;
            bounds[2 * i + 1] = i + 1;
        }
        MeshPublish first = new MeshPublish("t", 0, false, null, 0, MeshPublish.NEVER_EXPIRES, new byte[] {0});
        return new Arrival(first, true, List.of(), 0, new Slices(new byte[count - 1], bounds));
    }

    @Test
    void publishesThatArriveTogetherAreDeliveredOneByOne() {
        Client client = connect("c");
        subscribe(client, Subscription.of("t", 2));
        MeshLocalBroker broker =
                new MeshLocalBroker(routes, local, residues, shared, (origin, ticket) -> {}, publishes, journal);

        broker.deliver(PEER, List.of(arrivals(3), arrivals(1)), new WriteUnit(), () -> {});

        assertThat(client.received).containsExactly("t qos0", "t qos0", "t qos0", "t qos0");
        assertThat(counters.delivered(0)).isEqualTo(4);
    }

    @Test
    void ofPublishesThatArriveTogetherASlowClientGetsWhatMayWait() {
        Client client = connect("c");
        subscribe(client, Subscription.of("t", 2));
        MeshLocalBroker broker =
                new MeshLocalBroker(routes, local, residues, shared, (origin, ticket) -> {}, publishes, journal);
        client.writable = false;

        broker.deliver(PEER, List.of(arrivals(12_000)), new WriteUnit(), () -> {});
        broker.deliver(PEER, List.of(arrivals(18_000)), new WriteUnit(), () -> {});
        assertThat(client.received).isEmpty();
        assertThat(client.session.stats().qos0Pending()).isEqualTo(20_000);
        assertThat(counters.dropped(DropReason.QOS0_SLOW)).isEqualTo(10_000);

        client.writable = true;
        client.session.onWritable();
        assertThat(client.received).hasSize(20_000);
        assertThat(counters.delivered(0)).isEqualTo(20_000);

        client.session.detach(client);
        broker.deliver(PEER, List.of(arrivals(7)), new WriteUnit(), () -> {});
        assertThat(counters.dropped(DropReason.QOS0_OFFLINE)).isEqualTo(7);
    }

    @Test
    void whatIsTooLargeForAClientIsCounted() {
        Client client = connect("c");
        subscribe(client, Subscription.of("t", 2));
        MeshLocalBroker broker =
                new MeshLocalBroker(routes, local, residues, shared, (origin, ticket) -> {}, publishes, journal);
        client.takes = false;

        broker.deliver(PEER, List.of(arrivals(5)), new WriteUnit(), () -> {});

        assertThat(counters.dropped(DropReason.TOO_LARGE)).isEqualTo(5);
        assertThat(counters.delivered(0)).isZero();
    }

    @Test
    void oneBrokenPublishOfAPeerDoesNotStopTheOthers() {
        Client client = connect("c");
        subscribe(client, Subscription.of("t", 0));
        MeshLocalBroker broker =
                new MeshLocalBroker(routes, local, residues, shared, (origin, ticket) -> {}, publishes, journal);
        MeshPublish broken =
                new MeshPublish("t", 0, false, null, 0, MeshPublish.NEVER_EXPIRES, new byte[] {5, 0x7f, 1});
        MeshPublish sound = new MeshPublish("t", 0, false, null, 0, MeshPublish.NEVER_EXPIRES, new byte[] {0});
        AtomicInteger accepted = new AtomicInteger();

        broker.deliver(
                PEER,
                List.of(new Arrival(broken, true, List.of()), new Arrival(sound, true, List.of())),
                new WriteUnit(),
                accepted::incrementAndGet);

        assertThat(broker.malformed()).isEqualTo(1);
        assertThat(client.received).containsExactly("t qos0");
        assertThat(accepted).hasValue(1);
    }

    @Test
    void theEndOfASessionWithdrawsWhatItWanted() {
        Client client = connect("c");
        subscribe(client, Subscription.of("a", 1));
        subscribe(client, Subscription.of("$share/g/b", 0));
        subscriptions.sessionEnded(client.session);
        assertThat(mesh.removed)
                .containsExactlyInAnyOrder(new Interest(Interest.NO_GROUP, "a", 1, true), new Interest("g", "b", 0));
        assertThat(directory.size()).isZero();
    }

    private boolean publish(String topic, int qos) {
        return publish(topic, qos, false, "x", () -> {});
    }

    private boolean publish(String topic, int qos, boolean retain, String payload, Runnable settled) {
        ByteBuf bytes = Unpooled.copiedBuffer(payload, StandardCharsets.UTF_8);
        Message message = new Message(
                topic, bytes, qos, retain, MqttProperties.NO_PROPERTIES, Message.NEVER, "publisher", Origin.CLIENT);
        JournalBatch batch = journal.batch();
        boolean matched = router.publish(message, batch, settled);
        batch.commit();
        return matched;
    }

    private Client connect(String id) {
        ClientSession session =
                Objects.requireNonNull(sessions.open(id, true, 3600)).session();
        Client client = new Client(session);
        session.attach(Runnable::run, client);
        return client;
    }

    private void subscribe(Client client, Subscription subscription) {
        subscriptions.subscribe(client.session, List.of(subscription), existed -> {});
    }

    private static final class AllLive implements PeerMembers {
        @Override
        public boolean isLive(NodeId peer, GroupKey group) {
            return true;
        }

        @Override
        public int load(NodeId peer) {
            return 0;
        }

        @Override
        public void recheck(GroupKey group) {}
    }

    private record Forwarded(MeshPublish publish, List<MeshTarget> targets, Runnable settled) {}

    private static final class RecordingMesh implements MeshGate {
        final List<Forwarded> published = new ArrayList<>();
        final List<Run> runs = new ArrayList<>();
        final List<GuaranteedRun> guaranteed = new ArrayList<>();
        final List<String> order = new ArrayList<>();
        final List<Interest> added = new ArrayList<>();
        final List<Interest> removed = new ArrayList<>();

        @Override
        public void publish(MeshPublish publish, List<MeshTarget> targets, @Nullable WriteUnit unit, Runnable settled) {
            published.add(new Forwarded(publish, targets, settled));
            order.add(publish.topic());
        }

        @Override
        public void publish(Run run) {
            if (run instanceof GuaranteedRun kept) {
                guaranteed.add(kept);
                order.add("run of " + kept.publishes() + " at qos" + kept.qos());
            } else {
                runs.add(run);
                order.add("run of " + run.publishes());
            }
        }

        @Override
        public void handOn(List<HandOn> all, @Nullable WriteUnit unit) {
            throw new IllegalStateException("nobody is to take it");
        }

        @Override
        public void subscribe(List<Interest> interests, Runnable confirmed) {
            added.addAll(interests);
            confirmed.run();
        }

        @Override
        public void unsubscribe(List<Interest> interests) {
            removed.addAll(interests);
        }
    }

    private static final class Client implements Outlet {
        final ClientSession session;
        final List<String> received = new CopyOnWriteArrayList<>();
        boolean writable = true;
        boolean takes = true;

        Client(ClientSession session) {
            this.session = session;
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
            if (!takes) {
                return false;
            }
            received.add(delivery.message().topic() + " qos" + delivery.qos() + (delivery.retain() ? " retained" : ""));
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
}
