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
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.store.HeapRecordStore;
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
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who gets what of a shared subscription, and what becomes of it when that one does not take it. */
class SharedDeliveryTest {

    private static final NodeId SELF = new NodeId(0, 5);
    private static final NodeId PEER = new NodeId(0, 2);
    private static final NodeId OTHER = new NodeId(0, 7);
    private static final NodeId ORIGIN = new NodeId(0, 9);
    private static final long SPILL_NANOS = 50;
    private static final GroupKey GROUP = new GroupKey("g", "t");

    private final BridgeLoop loop = new BridgeLoop("test");
    private final HeapRecordStore store = new HeapRecordStore();
    private final Journal journal = new Journal(store, 1);
    private final Mesh mesh = new Mesh();
    private final Peers peers = new Peers();
    private final InterestIndex interest = new InterestIndex();
    private final SubscriptionDirectory directory = new SubscriptionDirectory();
    private final RouteTable routes = new RouteTable(directory, interest);
    private final LocalDelivery local = new LocalDelivery(directory);
    private final MeshPublishes publishes = new MeshPublishes(System::nanoTime, System::currentTimeMillis);
    private final SessionCounters counters = new SessionCounters();
    private final AtomicLong nanos = new AtomicLong(1_000);
    private final GroupCustody custody = new GroupCustody(journal, nanos::get, SPILL_NANOS);
    private final SharedDelivery shared = sharedBy(SharedStrategy.LOCAL);
    private final List<Long> done = new ArrayList<>();
    private final Sessions sessions =
            new Sessions(SessionLimits.defaults(), counters, journal, List.of(Runnable::run), loop);
    private final MeshLocalBroker broker = new MeshLocalBroker(
            routes,
            local,
            new Residues(sessions, Duration.ofDays(1), System::currentTimeMillis),
            shared,
            (origin, ticket) -> done.add(ticket),
            publishes,
            journal);

    SharedDeliveryTest() {
        directory.onGroupChanged(peers::recheck);
        sessions.listen(new Sessions.Listener() {
            @Override
            public void onSessionEnded(ClientSession session) {
                directory.removeAll(session);
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
        });
    }

    private SharedDelivery sharedBy(SharedStrategy strategy) {
        return new SharedDelivery(SELF, strategy, local, interest, mesh, peers, publishes, journal, counters, custody);
    }

    @AfterEach
    void close() {
        sessions.close();
        loop.close();
    }

    // ---- Who is chosen

    @Test
    void aPeerWhoseMembersAreAllAwayIsNoChoiceWhileAnotherIsThere() {
        interest.put(PEER, new Interest("g", "t", 1));
        interest.put(OTHER, new Interest("g", "t", 1));
        peers.away.add(PEER);

        for (int i = 0; i < 20; i++) {
            publish(shared, "t", 1);
        }

        assertThat(mesh.targets).hasSize(20).allMatch(target -> target.peer().equals(OTHER));
    }

    @Test
    void aMemberHereThatIsAwayGetsItOnlyIfAllOthersAreAwayToo() {
        Client member = member("m", 1);
        member.disconnect();
        interest.put(PEER, new Interest("g", "t", 1));

        publish(shared, "t", 1);
        assertThat(mesh.targets).containsExactly(new MeshTarget(PEER, false, 1, List.of(GROUP)));

        peers.away.add(PEER);
        publish(shared, "t", 1);
        assertThat(mesh.targets).hasSize(1);
        assertThat(member.session.queued()).isEqualTo(1);
    }

    @Test
    void theNodeWithLessToDoIsChosen() {
        interest.put(PEER, new Interest("g", "t", 1));
        interest.put(OTHER, new Interest("g", "t", 1));
        peers.load.put(PEER, 10);

        for (int i = 0; i < 20; i++) {
            publish(shared, "t", 1);
        }

        assertThat(mesh.targets).allMatch(target -> target.peer().equals(OTHER));
    }

    @Test
    void aTopicAlwaysGoesToTheSameNodeWhoeverIsAsked() {
        Client member = member("m", 1);
        SharedDelivery byTopic = sharedBy(SharedStrategy.TOPIC);
        subscribe(member, "$share/g/t/+", 1);
        interest.put(PEER, new Interest("g", "t/+", 1));
        interest.put(OTHER, new Interest("g", "t/+", 1));

        Set<String> places = new HashSet<>();
        for (int topic = 0; topic < 30; topic++) {
            Set<String> ofTopic = new HashSet<>();
            for (int i = 0; i < 5; i++) {
                mesh.targets.clear();
                publish(byTopic, "t/" + topic, 1);
                ofTopic.add(
                        mesh.targets.isEmpty()
                                ? "here"
                                : mesh.targets.get(0).peer().toString());
            }
            assertThat(ofTopic).hasSize(1);
            places.addAll(ofTopic);
        }
        assertThat(places).hasSize(3);
    }

    @Test
    void anyNodeIsAsLikelyAsTheOthersWhereThatIsWanted() {
        Client member = member("m", 1);
        interest.put(PEER, new Interest("g", "t", 1));
        SharedDelivery random = sharedBy(SharedStrategy.RANDOM);

        for (int i = 0; i < 200; i++) {
            publish(random, "t", 1);
        }

        assertThat(member.received).hasSizeBetween(50, 150);
        assertThat(member.received.size() + mesh.targets.size()).isEqualTo(200);
    }

    @Test
    void whoHasNoRoomIsPassedOver() {
        Client full = member("full", 1);
        full.disconnect();
        int bound = SessionLimits.defaults().maxQueuedMessages();
        for (int i = 0; i < bound; i++) {
            publish(shared, "t", 1);
        }
        interest.putAbsent(PEER, new Interest("g", "t", 1, true));

        publish(shared, "t", 1);
        assertThat(mesh.targets).hasSize(1);

        interest.removeAll(PEER);
        publish(shared, "t", 1);
        assertThat(counters.dropped(DropReason.QUEUE_FULL)).isEqualTo(1);
    }

    @Test
    void qos0ThatNobodyCanTakeIsCounted() {
        interest.put(PEER, new Interest("g", "t", 1));
        peers.away.add(PEER);

        publish(shared, "t", 0);

        assertThat(mesh.targets).isEmpty();
        assertThat(counters.dropped(DropReason.QOS0_OFFLINE)).isEqualTo(1);
    }

    // ---- What a peer gave to members here

    @Test
    void theOriginHearsWhenTheMemberHasAcknowledged() {
        Client member = member("m", 1);

        arrive(41);

        assertThat(member.received).hasSize(1);
        assertThat(done).isEmpty();
        member.session.onPubAck(1);
        assertThat(done).containsExactly(41L);
    }

    @Test
    void theOriginHearsOfQos2WhenTheMemberHasReceivedIt() {
        Client member = member("m", 2);

        arrive(42);

        assertThat(done).isEmpty();
        member.session.onPubRec(1, 0);
        assertThat(done).containsExactly(42L);
    }

    @Test
    void anOrdinarySubscriberThatTakesItsTimeDoesNotKeepTheGroupWaiting() {
        Client member = member("m", 1);
        Client ordinary = client("o");
        subscribe(ordinary, "t", 1);

        broker.deliver(
                ORIGIN, List.of(new Arrival(peersPublish(2), true, List.of(GROUP), 43)), new WriteUnit(), () -> {});
        member.session.onPubAck(1);

        assertThat(done).containsExactly(43L);
        assertThat(ordinary.session.inFlight()).isEqualTo(1);
    }

    @Test
    void whatNoMemberHereCanTakeIsHandedOnAndDoneWhenTheOtherNodeHasIt() {
        interest.put(PEER, new Interest("g", "t", 1));

        arrive(44);

        assertThat(mesh.handedOn).hasSize(1);
        HandOn handOn = mesh.handedOn.get(0);
        assertThat(handOn.target()).isEqualTo(new MeshTarget(PEER, false, 1, List.of(GROUP)));
        assertThat(publishes.message(handOn.publish()).hops()).isEqualTo(1);
        assertThat(done).isEmpty();
        handOn.settled().run();
        assertThat(done).containsExactly(44L);
    }

    @Test
    void whatNobodyCanTakeIsDroppedAndCounted() {
        arrive(45);

        assertThat(done).containsExactly(45L);
        assertThat(counters.dropped(DropReason.NO_MEMBER)).isEqualTo(1);
    }

    @Test
    void anUnreadablePublishIsDoneWith() {
        MeshPublish broken =
                new MeshPublish("t", 1, false, null, 0, MeshPublish.NEVER_EXPIRES, new byte[] {5, 0x7f, 1});

        broker.deliver(ORIGIN, List.of(new Arrival(broken, false, List.of(GROUP), 46)), new WriteUnit(), () -> {});

        assertThat(done).containsExactly(46L);
        assertThat(broker.malformed()).isEqualTo(1);
    }

    // ---- A member that does not take it

    @Test
    void aMemberThatLeavesHandsOnWhatItDidNotAcknowledge() {
        Client member = member("m", 1);
        interest.put(PEER, new Interest("g", "t", 1));
        arrive(50);
        arrive(51);
        member.session.onPubAck(1);

        member.disconnect();

        assertThat(mesh.handedOn).hasSize(1);
        assertThat(done).containsExactly(50L);
        assertThat(member.session.inFlight()).isZero();
        mesh.handedOn.get(0).settled().run();
        assertThat(done).containsExactly(50L, 51L);
    }

    /** The end here and the copy for the other node are kept together or not at all. */
    @Test
    void theRecordOfADurableMemberGoesInTheUnitThatKeepsTheMessageForTheOtherNode() {
        Client member = member("m", 1);
        interest.put(PEER, new Interest("g", "t", 1));
        arrive(52);
        assertThat(queueRecords()).isEqualTo(1);

        member.disconnect();

        WriteUnit unit = Objects.requireNonNull(mesh.unit);
        assertThat(queueRecords()).isEqualTo(1);
        store.write(unit);
        assertThat(queueRecords()).isZero();
    }

    @Test
    void sentAtQos2ItStaysWithItsMember() {
        Client member = member("m", 2);
        interest.put(PEER, new Interest("g", "t", 2));
        arrive(53);

        member.disconnect();

        assertThat(mesh.handedOn).isEmpty(); // [MQTT-4.8.2-4]
        assertThat(member.session.inFlight()).isEqualTo(1);
    }

    @Test
    void theEndOfASessionGivesWhatItHadEvenToAMemberThatIsAway() {
        Client member = member("m", 1);
        Client away = member("away", 1);
        away.disconnect();
        arrive(54);
        assertThat(member.received).hasSize(1);

        sessions.end(member.session);

        assertThat(away.session.queued()).isEqualTo(1);
        assertThat(done).isEmpty();
        away.connect();
        away.session.onPubAck(1);
        assertThat(done).containsExactly(54L);
    }

    @Test
    void theEndOfTheLastSessionIsCounted() {
        Client member = member("m", 1);
        member.disconnect();
        arrive(55);

        sessions.end(member.session);

        assertThat(counters.dropped(DropReason.SESSION_ENDED)).isEqualTo(1);
        assertThat(done).containsExactly(55L);
    }

    // ---- What waits for members that are away

    @Test
    void whatWaitsGoesToTheMemberHereThatIsBackFirst() {
        Client one = member("one", 1);
        Client two = member("two", 1);
        one.disconnect();
        two.disconnect();
        arrive(60);
        Client holder = one.session.queued() == 1 ? one : two;
        Client other = holder == one ? two : one;
        shared.distribute();
        assertThat(holder.session.queued()).isEqualTo(1);

        other.connect();
        shared.distribute();

        assertThat(holder.session.queued()).isZero();
        assertThat(other.received).hasSize(1);
        assertThat(shared.parkedGroups()).isZero();
    }

    @Test
    void whatWaitsGoesToThePeerWhereAMemberIsConnectedAgain() {
        Client member = member("m", 1);
        interest.put(PEER, new Interest("g", "t", 1));
        peers.away.add(PEER);
        member.disconnect();
        arrive(61);
        shared.distribute();
        assertThat(mesh.handedOn).isEmpty();

        peers.away.remove(PEER);
        shared.distribute();

        assertThat(mesh.handedOn).hasSize(1);
        assertThat(member.session.queued()).isZero();
    }

    /** Else nodes whose members may not read the topic could hand it to each other for ever. */
    @Test
    void whatWasHandedOnOftenStays() {
        Client member = member("m", 1);
        interest.put(PEER, new Interest("g", "t", 1));
        peers.away.add(PEER);
        member.disconnect();
        MeshPublish tired = new MeshPublish(
                "t", 1, false, null, System.nanoTime(), MeshPublish.NEVER_EXPIRES, new byte[] {2, 0x7D, 8, 'x'});
        WriteUnit unit = new WriteUnit();
        broker.deliver(ORIGIN, List.of(new Arrival(tired, false, List.of(GROUP), 62)), unit, () -> {});
        store.write(unit);
        peers.away.remove(PEER);

        shared.distribute();

        assertThat(mesh.handedOn).isEmpty();
        assertThat(member.session.queued()).isEqualTo(1);
    }

    @Test
    void whoseLastMemberWentSaysSo() {
        Client member = member("m", 1);
        assertThat(shared.isAway(GROUP)).isFalse();
        peers.rechecked.clear();
        member.disconnect();
        assertThat(shared.isAway(GROUP)).isTrue();
        member.connect();
        assertThat(shared.isAway(GROUP)).isFalse();
        assertThat(peers.rechecked).containsExactly(GROUP, GROUP);
        directory.removeAll(member.session);
        assertThat(peers.rechecked).hasSize(3);
        assertThat(shared.isAway(GROUP)).isFalse();
    }

    // ---- What would be lost with this node

    @Test
    void thePublisherWaitsForAMemberThatEndsWithTheNodeWhileThereAreOthers() {
        Client member = passing("m");
        interest.put(PEER, new Interest("g", "t", 1));
        AtomicInteger settled = new AtomicInteger();

        publish(shared, "t", 1).held().get(0).whenSafe(settled::incrementAndGet);
        custody.sweep();

        assertThat(member.received).hasSize(1);
        assertThat(settled).hasValue(0);
        member.session.onPubAck(1);
        assertThat(settled).hasValue(1);
        nanos.addAndGet(SPILL_NANOS);
        custody.sweep();
        assertThat(store.statistics().units()).isZero(); // a quick member leaves the disk alone
    }

    @Test
    void aCopyIsKeptForAsLongAsTheMemberTakesItsTime() {
        Client member = passing("m");
        interest.put(PEER, new Interest("g", "t", 1));
        AtomicInteger settled = new AtomicInteger();
        publish(shared, "t", 1).held().get(0).whenSafe(settled::incrementAndGet);

        nanos.addAndGet(SPILL_NANOS);
        custody.sweep();

        assertThat(settled).hasValue(1);
        assertThat(queueRecords()).isEqualTo(1);
        member.session.onPubAck(1);
        custody.sweep();
        assertThat(queueRecords()).isZero();
        assertThat(settled).hasValue(1);
    }

    @Test
    void theNextLifeOfTheNodeGivesTheCopyToOthers() {
        passing("m");
        interest.put(PEER, new Interest("g", "t", 1));
        publish(shared, "t", 1);
        nanos.addAndGet(SPILL_NANOS);
        custody.sweep();

        GroupCustody next = new GroupCustody(new Journal(store, 2), nanos::get, SPILL_NANOS);
        SharedDelivery again = new SharedDelivery(
                SELF,
                SharedStrategy.LOCAL,
                new LocalDelivery(new SubscriptionDirectory()),
                interest,
                mesh,
                peers,
                publishes,
                journal,
                counters,
                next);
        peers.away.add(PEER);
        again.adopt(next.restore());
        again.distribute();
        assertThat(mesh.handedOn).isEmpty();
        peers.away.clear();
        again.distribute();

        assertThat(mesh.handedOn).hasSize(1);
        assertThat(mesh.handedOn.get(0).publish().topic()).isEqualTo("t");
        next.sweep();
        assertThat(queueRecords()).isEqualTo(1);
        mesh.handedOn.get(0).settled().run();
        next.sweep();
        assertThat(queueRecords()).isZero();
        again.distribute();
        assertThat(mesh.handedOn).hasSize(1);
    }

    @Test
    void nobodyWaitsWhereNothingWouldBeLostOrNobodyElseIsThere() {
        Client durable = member("durable", 1);
        interest.put(PEER, new Interest("g", "t", 1));
        assertThat(publish(shared, "t", 1).held()).isEmpty();
        assertThat(publish(shared, "t", 0).held()).isEmpty();
        sessions.end(durable.session);
        interest.removeAll(PEER);

        Client alone = passing("alone");
        publish(shared, "t", 1);
        assertThat(alone.received).hasSize(1);
        assertThat(publish(shared, "t", 1).held()).isEmpty();
    }

    // ---- A node that is gone

    @Test
    void whatANodeThatIsGoneHadGoesToAMemberHere() {
        Client member = member("m", 1);

        assertThat(shared.redeliver(peersPublish(2), GROUP, PEER)).isTrue();

        assertThat(member.received).hasSize(1);
    }

    @Test
    void itWaitsForSomebodyWhoIsConnectedWhereTheNodeMayHaveItItself() {
        Client member = member("m", 1);
        member.disconnect();
        interest.putAbsent(PEER, new Interest("g", "t", 1, true));

        assertThat(shared.redeliver(peersPublish(2), GROUP, PEER)).isFalse();

        interest.removeAll(PEER);
        assertThat(shared.redeliver(peersPublish(2), GROUP, PEER)).isTrue();
        assertThat(member.session.queued()).isEqualTo(1);
    }

    @Test
    void theNewLifeOfTheNodeGetsItAgainIfTheOldOneKeptNothing() {
        interest.put(PEER, new Interest("g", "t", 1));

        assertThat(shared.redeliver(peersPublish(2), GROUP, PEER)).isTrue();

        assertThat(mesh.handedOn).hasSize(1);
    }

    // ---- What the tests are made of

    private void arrive(long ticket) {
        WriteUnit unit = new WriteUnit();
        broker.deliver(ORIGIN, List.of(new Arrival(peersPublish(2), false, List.of(GROUP), ticket)), unit, () -> {});
        store.write(unit);
    }

    private static MeshPublish peersPublish(int qos) {
        return new MeshPublish(
                "t", qos, false, null, System.nanoTime(), MeshPublish.NEVER_EXPIRES, new byte[] {0, 'x'});
    }

    private SharedChoice publish(SharedDelivery by, String topic, int qos) {
        Message message = new Message(
                topic,
                Unpooled.copiedBuffer("x", StandardCharsets.UTF_8),
                qos,
                false,
                MqttProperties.NO_PROPERTIES,
                Message.NEVER,
                "publisher",
                Origin.CLIENT);
        JournalBatch batch = journal.batch();
        SharedChoice choice = by.publish(routes.route(topic), message, batch);
        mesh.targets.addAll(choice.targets());
        batch.commit();
        message.release();
        return choice;
    }

    private int queueRecords() {
        int[] count = {0};
        store.scan(Family.QUEUES, new byte[0], null, (key, value) -> {
            count[0]++;
            return true;
        });
        return count[0];
    }

    private Client member(String id, int qos) {
        Client client = client(id);
        subscribe(client, "$share/g/t", qos);
        return client;
    }

    private Client client(String id) {
        Client client =
                new Client(Objects.requireNonNull(sessions.open(id, true, 3600)).session());
        client.connect();
        return client;
    }

    /** A member whose session ends with its connection. */
    private Client passing(String id) {
        Client client =
                new Client(Objects.requireNonNull(sessions.open(id, true, 0)).session());
        client.connect();
        subscribe(client, "$share/g/t", 1);
        return client;
    }

    private void subscribe(Client client, String filter, int qos) {
        directory.add(client.session, Subscription.of(filter, qos));
    }

    private static final class Mesh implements MeshGate {
        final List<MeshTarget> targets = new ArrayList<>();
        final List<HandOn> handedOn = new ArrayList<>();

        @Nullable
        WriteUnit unit;

        @Override
        public void publish(MeshPublish publish, List<MeshTarget> to, @Nullable WriteUnit with, Runnable settled) {
            throw new IllegalStateException("the router does this");
        }

        @Override
        public void publish(Run run) {
            throw new IllegalStateException("the router does this");
        }

        @Override
        public void handOn(List<HandOn> all, @Nullable WriteUnit with) {
            handedOn.addAll(all);
            unit = with;
        }

        @Override
        public void subscribe(List<Interest> interests, Runnable confirmed) {
            confirmed.run();
        }

        @Override
        public void unsubscribe(List<Interest> interests) {}
    }

    private static final class Peers implements PeerMembers {
        final Set<NodeId> away = new HashSet<>();
        final Map<NodeId, Integer> load = new HashMap<>();
        final List<GroupKey> rechecked = new ArrayList<>();

        @Override
        public boolean isLive(NodeId peer, GroupKey group) {
            return !away.contains(peer);
        }

        @Override
        public int load(NodeId peer) {
            return load.getOrDefault(peer, 0);
        }

        @Override
        public void recheck(GroupKey group) {
            rechecked.add(group);
        }
    }

    private static final class Client implements Outlet {
        final ClientSession session;
        final List<String> received = new ArrayList<>();

        Client(ClientSession session) {
            this.session = session;
        }

        void connect() {
            session.attach(Runnable::run, this);
        }

        void disconnect() {
            session.detach(this);
        }

        @Override
        public int receiveMaximum() {
            return 1_000;
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public boolean publish(Delivery delivery, int packetId, boolean dup) {
            received.add(delivery.message().topic());
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
