package io.meshvine.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.interest.GroupInterest;
import io.meshvine.mesh.interest.PeerInterest;
import io.meshvine.mesh.store.HeapRecordStore;
import io.meshvine.mesh.wire.AbsentCodec;
import io.meshvine.mesh.wire.AbsentCodec.Chunk;
import io.meshvine.mesh.wire.AbsentCodec.Offer;
import io.meshvine.mesh.wire.FrameHeader;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.InterestCodec;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a node keeps while its peers, or it itself, are away; the test plays the peers. */
class AbsenceTest {
    private static final int WINDOW = 16 * 1024;
    private static final Duration RETENTION = Duration.ofMinutes(5);
    private static final Interest DURABLE = new Interest(Interest.NO_GROUP, "a/#", 1, true);
    private static final Interest CLEAN = new Interest(Interest.NO_GROUP, "c", 2);
    private static final byte[] SOMETHING = {1};

    private final RecordStore store = new HeapRecordStore();
    private final AtomicInteger settled = new AtomicInteger();

    private LoneBridge life(long epoch) {
        return life(epoch, store);
    }

    private static LoneBridge life(long epoch, RecordStore store) {
        MeshOptions options = MeshOptions.defaults("mesh", "lone")
                .with()
                .linkWindowBytes(WINDOW)
                .maxPublishBytes(4 * 1024)
                .outboxMaxBytes(1024 * 1024)
                .outboxRetention(RETENTION)
                .build();
        return new LoneBridge(options, store, epoch);
    }

    private void publish(LoneBridge lone, LoneBridge.Peer to, int qos, int payload, long expiry, WriteUnit unit) {
        byte[] body = new byte[1_000];
        body[1] = (byte) payload;
        MeshPublish publish = new MeshPublish("a/b", qos, false, null, lone.loop.nanoTime(), expiry, body);
        lone.bridge.publish(
                publish, List.of(new MeshTarget(to.id, true, 2, List.of())), unit, settled::incrementAndGet);
        lone.run(1);
    }

    private void publish(LoneBridge lone, LoneBridge.Peer to, int qos, int payload) {
        publish(lone, to, qos, payload, MeshPublish.NEVER_EXPIRES, null);
    }

    private static List<Integer> payloads(LoneBridge.Peer peer) {
        return peer.publishes().stream()
                .map(arrival -> (int) arrival.publish().body()[1])
                .toList();
    }

    private static List<Offer> offers(LoneBridge.Peer peer, FrameKind kind) throws WireException {
        List<Offer> offers = new ArrayList<>();
        for (byte[] frame : peer.got(kind)) {
            WireReader in = WireReader.of(frame);
            FrameHeader.read(in);
            offers.addAll(AbsentCodec.decodeOffers(in));
        }
        return offers;
    }

    @Test
    void keepsOnlyTheDurableInterestOfAPeerThatIsAway() {
        LoneBridge lone = life(1);
        LoneBridge.Peer peer = lone.connected(1, DURABLE, CLEAN);
        peer.vanish();

        assertThat(lone.index.of(peer.id)).containsExactly(DURABLE);
        assertThat(lone.index.match("a/b").peers()).containsExactly(new PeerInterest(peer.id, 1, true));
        assertThat(lone.index.match("c").isEmpty()).isTrue();

        peer.appear();
        peer.greet("mesh", 2);
        peer.send(
                FrameKind.INTEREST_SNAPSHOT,
                InterestCodec.encode(new InterestCodec.Chunk(1, true, true, List.of(CLEAN))));
        assertThat(lone.index.of(peer.id)).containsExactly(CLEAN);
        peer.vanish();
        assertThat(life(2).index.of(peer.id)).isEmpty();
    }

    /** Else it would be forgotten at a restart long after, as if it had been away since. */
    @Test
    void notesThatAPeerIsBackThoughItWantsWhatItWanted() {
        LoneBridge lone = life(1);
        LoneBridge.Peer peer = lone.connected(1, DURABLE);
        peer.vanish();
        assertThat(absentSince(peer)).isPositive();

        peer.appear();
        peer.greet("mesh", 1);
        peer.send(
                FrameKind.INTEREST_SNAPSHOT,
                InterestCodec.encode(new InterestCodec.Chunk(1, true, true, List.of(DURABLE))));

        assertThat(absentSince(peer)).isZero();
    }

    private long absentSince(LoneBridge.Peer peer) {
        Map<NodeId, Long> found = new HashMap<>();
        new InterestRecords(store).restore(new InterestRecords.Visitor() {
            @Override
            public void onOwner(NodeId owner, InterestRecords.Head head) {
                found.put(owner, head.absentSinceMillis());
            }

            @Override
            public void onInterest(NodeId owner, Interest interest) {}
        });
        return found.get(peer.id);
    }

    /** Found by seed 27 of the simulation of sessions: such a peer may still have something for this node. */
    @Test
    void knowsAfterARestartOfPeersThatWantNothing() {
        LoneBridge first = life(1);
        LoneBridge.Peer peer = first.connected(1);
        peer.vanish();

        LoneBridge second = life(2);

        assertThat(second.bridge.positions().known()).containsExactly(peer.id);
    }

    @Test
    void keepsInterestAndPublishesForAnAbsentPeerAcrossItsOwnRestart() {
        LoneBridge first = life(1);
        LoneBridge.Peer peer = first.connected(1, DURABLE, new Interest("g", "s", 1, true));
        peer.vanish();
        publish(first, peer, 1, 1);
        publish(first, peer, 0, 2);
        assertThat(settled).hasValue(2);

        LoneBridge second = life(2);
        assertThat(second.index.match("a/b").peers()).containsExactly(new PeerInterest(peer.id, 1, true));
        assertThat(second.index.match("s").groups())
                .containsExactly(
                        new GroupInterest(new GroupKey("g", "s"), List.of(new PeerInterest(peer.id, 1, true))));
        LoneBridge.Peer back = second.new Peer(1);
        publish(second, back, 2, 3);
        assertThat(settled).hasValue(3);
        assertThat(second.link(back).spilledPublishes()).isEqualTo(2);

        back.appear();
        back.greet("mesh", 5);

        assertThat(payloads(back)).containsExactly(1, 3);
        back.acknowledge(1);
        second.run(500);
        assertThat(second.link(back).spilledPublishes()).isZero();
        List<byte[]> left = new ArrayList<>();
        store.scan(Family.OUTBOX, new byte[0], null, (key, value) -> left.add(value));
        assertThat(left).isEmpty();
    }

    @Test
    void skipsWhatThePeerHadTakenOverBeforeTheRestart() {
        LoneBridge first = life(1);
        LoneBridge.Peer peer = first.connected(1, DURABLE);
        publish(first, peer, 1, 1);
        publish(first, peer, 1, 2);
        first.run(100); // both spilled

        LoneBridge second = life(2);
        LoneBridge.Peer back = second.new Peer(1);
        back.appear();
        back.greet("mesh", 1, new Position(1, 1));

        assertThat(payloads(back)).containsExactly(2);
    }

    @Test
    void takesNothingTwiceAcrossItsOwnRestartThatADurableSessionKept() {
        LoneBridge first = life(1);
        first.keeping = unit -> unit.put(Family.QUEUES, SOMETHING, SOMETHING);
        LoneBridge.Peer peer = first.connected(1);
        peer.send(FrameKind.PUBLISHES, MeshBridgeTest.publishes(1, true));
        assertThat(first.delivered).hasSize(1);
        assertThat(peer.got(FrameKind.ACK)).hasSize(1);

        LoneBridge second = life(2);
        LoneBridge.Peer again = second.connected(1);
        again.send(FrameKind.PUBLISHES, MeshBridgeTest.publishes(1, true));
        again.send(FrameKind.PUBLISHES, MeshBridgeTest.publishes(2, true));

        assertThat(second.delivered).hasSize(1);
        assertThat(second.bridge.counters().duplicates()).isEqualTo(1);
    }

    @Test
    void confirmsToThePeerOnlyWhatIsDurable() {
        SlowStore slow = new SlowStore();
        LoneBridge lone = life(1, slow);
        lone.keeping = unit -> unit.put(Family.QUEUES, SOMETHING, SOMETHING);
        LoneBridge.Peer peer = lone.connected(1);
        peer.send(FrameKind.PUBLISHES, MeshBridgeTest.publishes(1, true));
        assertThat(lone.delivered).hasSize(1);
        assertThat(peer.got(FrameKind.ACK)).isEmpty();

        slow.letThrough();
        lone.run(1);

        assertThat(peer.got(FrameKind.ACK)).hasSize(1);
    }

    @Test
    void writesNothingForCleanSessionsOfConnectedPeers() {
        SlowStore counting = new SlowStore();
        LoneBridge lone = life(1, counting);
        LoneBridge.Peer peer = lone.connected(1, CLEAN);
        lone.run(1_000); // That there was contact is noted once, whatever is sent.
        int writtenBefore = counting.waiting.size();
        publish(lone, peer, 1, 1);
        peer.acknowledge(1);
        peer.send(FrameKind.PUBLISHES, MeshBridgeTest.publishes(1, true));
        lone.run(2_000);

        assertThat(settled).hasValue(1);
        assertThat(lone.delivered).hasSize(1);
        assertThat(counting.waiting).hasSize(writtenBefore);
    }

    @Test
    void letsNothingLeaveBeforeItsUnitIsDurable() {
        SlowStore slow = new SlowStore();
        LoneBridge lone = life(1, slow);
        LoneBridge.Peer peer = lone.connected(1, CLEAN);
        WriteUnit unit = new WriteUnit().put(Family.SESSIONS, SOMETHING, SOMETHING);
        publish(lone, peer, 2, 1, MeshPublish.NEVER_EXPIRES, unit);
        publish(lone, peer, 2, 2);
        assertThat(peer.publishes()).isEmpty();
        assertThat(settled).hasValue(0);

        slow.letThrough();
        lone.run(1);

        assertThat(payloads(peer)).containsExactly(1, 2);
        assertThat(settled).hasValue(1);
        LoneBridge next = life(2, slow.kept);
        LoneBridge.Peer back = next.new Peer(1);
        back.appear();
        back.greet("mesh", 1);
        assertThat(payloads(back)).containsExactly(1);
    }

    @Test
    void readsWhatDidNotFitIntoMemoryBackInOrder() {
        LoneBridge lone = life(1);
        LoneBridge.Peer peer = lone.connected(1, DURABLE);
        publish(lone, peer, 1, 0);
        peer.vanish();
        for (int i = 1; i < 100; i++) {
            publish(lone, peer, 1, i);
        }
        assertThat(lone.link(peer).queuedBytes()).isZero();
        assertThat(lone.link(peer).queuedPublishes()).isEqualTo(100);

        peer.appear();
        peer.greet("mesh", 1);
        publish(lone, peer, 1, 100);
        int before = 0;
        while (payloads(peer).size() > before) {
            assertThat(lone.link(peer).queuedBytes()).isLessThan(2 * WINDOW);
            before = payloads(peer).size();
            peer.acknowledge(payloads(peer).get(before - 1) + 1);
        }

        assertThat(payloads(peer).stream().distinct()).hasSize(101);
        assertThat(payloads(peer)).isSorted();
        lone.run(500);
        assertThat(lone.link(peer).spilledBytes()).isZero();
    }

    @Test
    void dropsWhatExpiredOnDiskAndCountsIt() {
        LoneBridge lone = life(1);
        LoneBridge.Peer peer = lone.connected(1, DURABLE);
        peer.vanish();
        publish(lone, peer, 1, 1, 2, null);
        publish(lone, peer, 1, 2, 60, null);
        lone.run(3_000);

        peer.appear();
        peer.greet("mesh", 1);

        assertThat(payloads(peer)).containsExactly(2);
        assertThat(lone.bridge.counters().dropped(DropReason.EXPIRED)).isEqualTo(1);
    }

    @Test
    void forgetsAPeerThatStaysAwayTooLongOverRestartsToo() {
        LoneBridge lone = life(1);
        LoneBridge.Peer peer = lone.connected(1, DURABLE);
        peer.vanish();
        publish(lone, peer, 1, 1);
        lone.run(RETENTION.toMillis() - 10_000);
        assertThat(lone.index.of(peer.id)).isNotEmpty();

        lone.run(11_000);

        assertThat(lone.index.of(peer.id)).isEmpty();
        assertThat(lone.bridge.counters().dropped(DropReason.OUTBOX_EXPIRED)).isEqualTo(1);
        assertThat(life(2).status().links()).isEmpty();
    }

    @Test
    void tellsPeersWhatAbsentOnesWant() throws WireException {
        LoneBridge lone = life(1);
        LoneBridge.Peer away = lone.connected(1, DURABLE, CLEAN);
        away.vanish();
        LoneBridge.Peer joining = lone.connected(2);
        List<Offer> offers = offers(joining, FrameKind.ABSENT_OFFER);
        assertThat(offers).hasSize(1);
        assertThat(offers.get(0).owner()).isEqualTo(away.id);
        assertThat(offers.get(0).version()).isEqualTo(new Position(1, 1));

        joining.send(FrameKind.ABSENT_REQUEST, AbsentCodec.encodeOffers(offers));

        WireReader in = WireReader.of(joining.got(FrameKind.ABSENT_TABLE).get(0));
        FrameHeader.read(in);
        assertThat(AbsentCodec.decodeChunk(in).interests()).containsExactly(DURABLE);
    }

    @Test
    void learnsFromPeersWhatAbsentOnesWantUnlessItKnowsBetter() throws WireException {
        LoneBridge lone = life(1);
        LoneBridge.Peer telling = lone.connected(1);
        LoneBridge.Peer away = lone.new Peer(9);
        Offer offer = new Offer(away.id, new Position(3, 4), 1_000);
        telling.send(FrameKind.ABSENT_OFFER, AbsentCodec.encodeOffers(List.of(offer)));
        assertThat(offers(telling, FrameKind.ABSENT_REQUEST)).hasSize(1);
        telling.send(
                FrameKind.ABSENT_TABLE, AbsentCodec.encode(new Chunk(offer, "away", true, true, List.of(DURABLE))));
        assertThat(lone.index.match("a/b").peers()).containsExactly(new PeerInterest(away.id, 1, true));
        publish(lone, away, 1, 1);
        assertThat(settled).hasValue(1);

        Offer older = new Offer(away.id, new Position(3, 3), 1_000);
        telling.send(FrameKind.ABSENT_OFFER, AbsentCodec.encodeOffers(List.of(older)));
        assertThat(offers(telling, FrameKind.ABSENT_REQUEST)).hasSize(1);

        away.appear();
        away.greet("mesh", 4);
        assertThat(payloads(away)).containsExactly(1);
        away.send(FrameKind.INTEREST_SNAPSHOT, InterestCodec.encode(new InterestCodec.Chunk(1, true, true, List.of())));
        assertThat(lone.index.of(away.id)).isEmpty();
    }

    /** A store whose commits wait for the test. */
    private static final class SlowStore implements RecordStore {
        final List<WriteUnit> waiting = new ArrayList<>();
        final HeapRecordStore kept = new HeapRecordStore();

        void letThrough() {
            List<WriteUnit> now = List.copyOf(waiting);
            waiting.clear();
            now.forEach(kept::write);
        }

        @Override
        public void write(WriteUnit unit) {
            waiting.add(unit);
        }

        @Override
        public byte[] get(Family family, byte[] key) {
            return kept.get(family, key);
        }

        @Override
        public void scan(Family family, byte[] from, byte[] to, Reader reader) {
            kept.scan(family, from, to, reader);
        }

        @Override
        public long pendingBytes() {
            return 0;
        }

        @Override
        public Optional<String> problem() {
            return Optional.empty();
        }

        @Override
        public StoreStatistics statistics() {
            return kept.statistics();
        }

        @Override
        public void close() {}
    }
}
