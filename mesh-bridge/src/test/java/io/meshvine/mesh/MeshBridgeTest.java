package io.meshvine.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.wire.Acknowledgement;
import io.meshvine.mesh.wire.EncodedPublish;
import io.meshvine.mesh.wire.FrameHeader;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.GuaranteedRun;
import io.meshvine.mesh.wire.InterestCodec;
import io.meshvine.mesh.wire.Pong;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.PublishRun;
import io.meshvine.mesh.wire.PublishesFrame;
import io.meshvine.mesh.wire.WireWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a bridge does for its own node; the test plays the peers. */
class MeshBridgeTest {
    private static final byte[] TOPIC = "a/b".getBytes(StandardCharsets.UTF_8);
    private static final Interest WANTED = new Interest(Interest.NO_GROUP, "a/#", 2);
    private static final Duration RETENTION = Duration.ofMinutes(5);
    private static final int WINDOW = 16 * 1024;
    private static final int DISK = 2 * WINDOW;
    private static final int MAX_PUBLISH = 4 * 1024;

    private final AtomicInteger settled = new AtomicInteger();
    private final AtomicInteger confirmed = new AtomicInteger();
    private final LoneBridge lone = new LoneBridge(MeshOptions.defaults("mesh", "lone")
            .with()
            .linkWindowBytes(WINDOW)
            .maxPublishBytes(MAX_PUBLISH)
            .outboxRetention(RETENTION)
            .outboxMaxBytes(DISK)
            .build());

    private void publish(LoneBridge.Peer to, int qos, int payloadBytes) {
        MeshPublish publish = new MeshPublish(
                "a/b", qos, false, null, lone.loop.nanoTime(), MeshPublish.NEVER_EXPIRES, new byte[1 + payloadBytes]);
        lone.bridge.publish(
                publish, List.of(new MeshTarget(to.id, true, 2, List.of())), null, settled::incrementAndGet);
        lone.run(1);
    }

    private PublishRun run(LoneBridge.Peer to, long interestVersion, int publishes, int payloadBytes) {
        PublishRun run = new PublishRun(to.id, interestVersion, 0);
        for (int i = 0; i < publishes; i++) {
            run.addBare(TOPIC, payloadBytes);
        }
        return run;
    }

    private void publish(PublishRun run) {
        lone.bridge.publish(run);
        lone.run(1);
    }

    private void subscribe(Interest interest) {
        lone.bridge.subscribe(List.of(interest), confirmed::incrementAndGet);
        lone.run(1);
    }

    private long dropped(DropReason reason) {
        return lone.bridge.counters().dropped(reason);
    }

    @Test
    void aRunGoesAsOneAndItsPublishesAreCounted() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);

        publish(run(peer, lone.index.version(), 3, 10));

        assertThat(peer.got(FrameKind.PUBLISHES)).hasSize(1);
        assertThat(lone.bridge.counters().forwarded(0)).isEqualTo(3);
        assertThat(lone.bridge.counters().sentWithoutInterest()).isZero();
    }

    @Test
    void publishesOfARunAreLookedAtOneByOneOnceTheInterestChanged() {
        LoneBridge.Peer peer = lone.connected(1);
        long before = lone.index.version() - 1;

        publish(run(peer, before, 3, 10));

        assertThat(lone.bridge.counters().forwarded(0)).isEqualTo(3);
        assertThat(lone.bridge.counters().sentWithoutInterest()).isEqualTo(3);
    }

    @Test
    void everyPublishOfALostRunIsCounted() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        publish(run(peer, lone.index.version(), 2, MAX_PUBLISH));
        assertThat(dropped(DropReason.TOO_LARGE)).isEqualTo(2);

        peer.vanish();
        publish(run(peer, lone.index.version(), 3, 10));
        assertThat(dropped(DropReason.PEER_ABSENT)).isEqualTo(3);
    }

    private void publishGuaranteed(LoneBridge.Peer to, int publishes, Executor publisher) {
        GuaranteedRun run = new GuaranteedRun(to.id, lone.index.version(), "a/b", 1, 0, publisher);
        for (int i = 0; i < publishes; i++) {
            run.add(TOPIC, 1);
            run.whenSettled(settled::incrementAndGet);
        }
        lone.bridge.publish(run);
        lone.run(1);
    }

    @Test
    void whatWaitsForARunIsRunByItsPublisherAsOneTask() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        List<Runnable> tasks = new ArrayList<>();
        publishGuaranteed(peer, 3, tasks::add);
        assertThat(tasks).isEmpty();

        peer.acknowledge(1);

        assertThat(settled).hasValue(0);
        assertThat(tasks).hasSize(1);
        tasks.get(0).run();
        assertThat(settled).hasValue(3);
    }

    @Test
    void aPublisherThatIsGoneHarmsNobody() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        publishGuaranteed(peer, 1, task -> {
            throw new RejectedExecutionException();
        });
        publishGuaranteed(peer, 1, Runnable::run);

        peer.acknowledge(2);

        assertThat(settled).hasValue(1);
    }

    @Test
    void confirmsASubscriptionAtOnceWithoutPeers() {
        subscribe(WANTED);

        assertThat(confirmed).hasValue(1);
    }

    @Test
    void confirmsASubscriptionOnceThePeerKnowsIt() {
        LoneBridge.Peer peer = lone.connected(1);
        subscribe(WANTED);
        assertThat(confirmed).hasValue(0);
        assertThat(peer.got(FrameKind.INTEREST_DELTA)).hasSize(1);

        peer.send(FrameKind.INTEREST_ACK, new WireWriter(9).writeVarLong(1).toByteArray());

        assertThat(confirmed).hasValue(1);
        lone.run(1_000);
        assertThat(confirmed).hasValue(1);
        assertThat(lone.bridge.counters().confirmTimeouts()).isZero();
    }

    /** Found by seed 6603 of the simulation. */
    @Test
    void aTableThatComesLateDoesNotReplaceANewerOne() {
        Interest later = new Interest(Interest.NO_GROUP, "later", 1);
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        byte[] old = InterestCodec.encode(new InterestCodec.Chunk(1, true, true, List.of(WANTED)));
        peer.send(
                FrameKind.INTEREST_DELTA, InterestCodec.encode(new InterestCodec.Change(2, List.of(later), List.of())));

        peer.send(FrameKind.INTEREST_SNAPSHOT, old);

        assertThat(lone.index.of(peer.id)).containsExactlyInAnyOrder(WANTED, later);
        assertThat(peer.got(FrameKind.INTEREST_REQUEST)).isEmpty();
    }

    @Test
    void confirmsASubscriptionAtOnceThatAnAdvertisedFilterCovers() {
        LoneBridge.Peer peer = lone.connected(1);
        subscribe(WANTED);
        peer.send(FrameKind.INTEREST_ACK, new WireWriter(9).writeVarLong(1).toByteArray());

        subscribe(new Interest(Interest.NO_GROUP, "a/b", 1));

        assertThat(confirmed).hasValue(2);
        assertThat(peer.got(FrameKind.INTEREST_DELTA)).hasSize(1);
    }

    @Test
    void confirmsASubscriptionAfterTheTimeoutThoughAPeerIsSilent() {
        lone.connected(1);
        subscribe(WANTED);
        lone.run(490);
        assertThat(confirmed).hasValue(0);

        lone.run(15);

        assertThat(confirmed).hasValue(1);
        assertThat(lone.bridge.counters().confirmTimeouts()).isEqualTo(1);
    }

    @Test
    void settlesWhenThePeerAcknowledges() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        publish(peer, 1, 10);
        assertThat(peer.publishes()).hasSize(1);
        assertThat(settled).hasValue(0);

        peer.acknowledge(1);

        assertThat(settled).hasValue(1);
        assertThat(lone.link(peer).unackedPublishes()).isZero();
    }

    @Test
    void settlesAfterTheSpillTimeThoughThePeerIsSilent() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        publish(peer, 2, 10);
        lone.run(45);
        assertThat(settled).hasValue(0);

        lone.run(10);

        assertThat(settled).hasValue(1);
        assertThat(lone.link(peer).unackedPublishes()).isEqualTo(1);
        peer.acknowledge(1);
        assertThat(settled).hasValue(1);
        assertThat(lone.link(peer).unackedPublishes()).isZero();
    }

    @Test
    void keepsQos1ForAnAbsentPeerAndDropsQos0() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        peer.vanish();
        assertThat(lone.index.isEmpty()).isTrue();

        publish(peer, 0, 10);
        publish(peer, 1, 20);

        assertThat(settled).hasValue(2);
        assertThat(dropped(DropReason.PEER_ABSENT)).isEqualTo(1);
        assertThat(lone.link(peer).queuedPublishes()).isEqualTo(1);

        peer.appear();
        peer.greet("mesh", 1);
        assertThat(peer.publishes()).hasSize(1);
        assertThat(peer.publishes().get(0).publish().qos()).isEqualTo(1);
    }

    @Test
    void sendsAgainWhatAPeerMissedWhenItIsBack() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        publish(peer, 1, 1);
        publish(peer, 1, 2);
        peer.acknowledge(1);
        peer.vanish();

        peer.appear();
        peer.greet("mesh", 1);

        assertThat(peer.publishes().stream().map(arrival -> arrival.publish().body().length))
                .containsExactly(2, 3, 3);
        assertThat(lone.bridge.counters().resent()).isEqualTo(1);
    }

    @Test
    void dropsQos0AtHalfTheWindowSpillsQos1BeyondItAndPausesPublishersOnceTheDiskIsFull() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        AtomicInteger changes = new AtomicInteger();
        lone.bridge.onSaturation(changes::incrementAndGet);
        lone.full = true;
        for (int i = 0; i < 100; i++) {
            publish(peer, 0, 1_000);
        }
        assertThat(settled).hasValue(100);
        // One frame was handed to the transport, refused, and waits outside of the window.
        assertThat(dropped(DropReason.PEER_SLOW)).isBetween(100L - WINDOW / 2 / 1_000 - 16, 100L - WINDOW / 2 / 1_024);
        assertThat(lone.bridge.saturated()).isEmpty();

        for (int i = 0; i < 80; i++) {
            publish(peer, 1, 1_000);
        }
        assertThat(lone.bridge.saturated()).containsExactly(peer.id);
        assertThat(changes).hasValue(1);
        lone.run(100);
        assertThat(settled.get() - 100).isBetween(DISK / 1_100, DISK / 1_000); // the others wait: no safe copy
        assertThat(lone.link(peer).queuedBytes()).isLessThan(4 * WINDOW);

        lone.full = false;
        peer.writable();
        for (int i = 1; i <= 80; i++) {
            peer.acknowledge(i);
        }
        lone.run(500);
        for (int i = 1; i <= 80; i++) {
            peer.acknowledge(i);
        }
        assertThat(settled).hasValue(180);
        assertThat(lone.bridge.saturated()).isEmpty();
        assertThat(changes).hasValue(2);
        assertThat(peer.publishes().stream().filter(arrival -> arrival.publish().qos() == 1))
                .hasSize(80);
    }

    /** Found by seed 106 of the simulation. */
    @Test
    void aConnectedPeerGetsWhatNoDiskHasRoomFor() {
        LoneBridge smallDisk = new LoneBridge(MeshOptions.defaults("mesh", "lone")
                .with()
                .linkWindowBytes(MAX_PUBLISH)
                .maxPublishBytes(MAX_PUBLISH)
                .outboxMaxBytes(100)
                .build());
        LoneBridge.Peer peer = smallDisk.connected(1, WANTED);
        for (int i = 0; i < 20; i++) {
            MeshPublish publish = new MeshPublish(
                    "a/b", 1, false, null, smallDisk.loop.nanoTime(), MeshPublish.NEVER_EXPIRES, new byte[1_000]);
            smallDisk.bridge.publish(
                    publish, List.of(new MeshTarget(peer.id, true, 2, List.of())), null, settled::incrementAndGet);
        }
        smallDisk.run(100);

        for (int i = 1; i <= 20; i++) {
            peer.acknowledge(i);
            smallDisk.run(10);
        }

        assertThat(peer.publishes()).hasSize(20);
        assertThat(settled).hasValue(20);
    }

    @Test
    void dropsQos1ForAnAbsentPeerOnceTheDiskIsFull() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        peer.vanish();

        for (int i = 0; i < 50; i++) {
            publish(peer, 1, 1_000);
        }

        assertThat(settled).hasValue(50);
        assertThat(dropped(DropReason.OUTBOX_FULL))
                .isEqualTo(50 - lone.link(peer).queuedPublishes());
        assertThat(lone.link(peer).queuedBytes()).isZero();
        assertThat(lone.link(peer).spilledBytes()).isBetween(DISK - 1_100L, (long) DISK);
    }

    @Test
    void dropsWhatIsTooLargeAndWhatIsForNobodyKnown() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);

        publish(peer, 1, MAX_PUBLISH + 1);
        publish(lone.new Peer(2), 1, 10);

        assertThat(settled).hasValue(2);
        assertThat(dropped(DropReason.TOO_LARGE)).isEqualTo(1);
        assertThat(dropped(DropReason.UNKNOWN_PEER)).isEqualTo(1);
        assertThat(peer.publishes()).isEmpty();
    }

    @Test
    void givesUpWhatAPeerDidNotFetchInTime() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        peer.vanish();
        publish(peer, 1, 10);

        lone.run(RETENTION.toMillis() + 1_000);

        assertThat(dropped(DropReason.OUTBOX_EXPIRED)).isEqualTo(1);
        assertThat(lone.status().links()).isEmpty();
    }

    /** The peer remembers the link longer than this node: it must not take new publishes for repeats. */
    @Test
    void countsOnWhenAForgottenPeerReturns() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        publish(peer, 1, 10);
        peer.acknowledge(1);
        peer.vanish();
        lone.run(RETENTION.toMillis() + 1_000);

        peer.appear();
        peer.greet("mesh", 1);
        publish(peer, 1, 20);

        assertThat(settled).hasValue(1);
        peer.acknowledge(1); // a repeat of what it had
        assertThat(settled).hasValue(1);
        peer.acknowledge(2);
        assertThat(settled).hasValue(2);
    }

    @Test
    void forgetsTheRoutesOfAPeerThatSaysGoodbye() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);
        assertThat(lone.index.match("a/b").peers()).hasSize(1);

        peer.send(FrameKind.GOODBYE, new byte[0]);

        assertThat(lone.index.isEmpty()).isTrue();
    }

    @Test
    void refusesAndReportsNodesOfAnotherMesh() {
        LoneBridge.Peer peer = lone.new Peer(1);
        peer.appear();
        peer.greet("other", 1);

        assertThat(lone.status().links()).isEmpty();
        assertThat(lone.status().refused()).hasSize(1);
        assertThat(lone.status().refused().get(0).reason()).contains("other").contains("mesh");
    }

    @Test
    void refusesFramesOfAnAddressWithoutHello() {
        LoneBridge.Peer peer = lone.new Peer(1);
        peer.appear();
        peer.acknowledge(1);

        assertThat(lone.bridge.counters().framesRefused()).isEqualTo(1);
    }

    @Test
    void deliversWhatPeersSendAndForwardsItToNobody() {
        LoneBridge.Peer first = lone.connected(1, WANTED);
        LoneBridge.Peer second = lone.connected(2, WANTED);
        byte[] frame = first.frameOf(FrameKind.PUBLISHES, publishes(1, true));

        lone.accepting = false;
        lone.frame(first.address, frame);
        assertThat(lone.delivered).hasSize(1);
        assertThat(first.got(FrameKind.ACK)).isEmpty();

        lone.frame(first.address, frame);
        assertThat(lone.delivered).hasSize(1);
        assertThat(lone.bridge.counters().duplicates()).isEqualTo(1);
        assertThat(first.publishes()).isEmpty();
        assertThat(second.publishes()).isEmpty();
    }

    /** The lost one may be a retained publish of QoS 0 and of the same topic: it is repeated, and must come first. */
    @Test
    void tellsThatAConnectedPeerDoesNotAnswer() {
        LoneBridge.Peer peer = lone.connected(1);
        lone.run(3_000);
        assertThat(lone.link(peer).state()).isEqualTo(MeshStatus.LinkState.CONNECTED);
        lone.run(7_000); // A quiet link is probed every five seconds.
        assertThat(lone.link(peer).state()).isEqualTo(MeshStatus.LinkState.SILENT);

        Acknowledgement nothing = new Acknowledgement(Position.NONE, 0);
        peer.send(FrameKind.PONG, new Pong(lone.loop.nanoTime(), nothing, 0).encode());

        assertThat(lone.link(peer).state()).isEqualTo(MeshStatus.LinkState.CONNECTED);
    }

    @Test
    void dropsQos0ThatOvertookALostPublish() {
        LoneBridge.Peer peer = lone.connected(1, WANTED);

        peer.send(FrameKind.PUBLISHES, publishes(2, false));
        assertThat(lone.delivered).isEmpty();
        assertThat(dropped(DropReason.OUT_OF_ORDER)).isEqualTo(1);
        assertThat(peer.got(FrameKind.RESEND_REQUEST)).hasSize(1);

        peer.send(FrameKind.PUBLISHES, publishes(1, true));
        peer.send(FrameKind.PUBLISHES, publishes(2, false));
        assertThat(lone.delivered).hasSize(2);
    }

    /** The payload of a frame with one publish. */
    static byte[] publishes(long first, boolean sequenced) {
        MeshPublish publish = new MeshPublish(
                "a/b", sequenced ? 1 : 0, false, null, 0, MeshPublish.NEVER_EXPIRES, new byte[] {0, 42});
        EncodedPublish encoded = EncodedPublish.of(publish);
        FrameHeader header = new FrameHeader(FrameKind.PUBLISHES, 0, 0, 0);
        PublishesFrame frame = new PublishesFrame(
                encoded.maxEntrySize(null),
                header,
                Position.NONE,
                0,
                first == 1 ? Position.NONE : new Position(1, first - 1),
                new Position(1, first));
        frame.add(encoded, encoded.flags(sequenced, true, false), null, 0);
        ByteBuffer bytes = frame.toByteBuffer();
        WireWriter written = new WireWriter(FrameHeader.MAX_BYTES);
        header.write(written);
        bytes.position(written.size());
        byte[] payload = new byte[bytes.remaining()];
        bytes.get(payload);
        return payload;
    }
}
