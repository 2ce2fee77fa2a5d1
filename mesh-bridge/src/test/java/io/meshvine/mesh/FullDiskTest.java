package io.meshvine.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.store.HeapRecordStore;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.Ping;
import io.meshvine.mesh.wire.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A node whose disk has just the space left that deletions need; the test plays the peers. */
class FullDiskTest {
    private static final int WINDOW = 16 * 1024;
    private static final int BODY_BYTES = 1_000;
    private static final long SECOND = Duration.ofSeconds(1).toMillis();
    private static final Interest DURABLE = new Interest(Interest.NO_GROUP, "a/#", 1, true);

    private final Store store = new Store();
    private final AtomicInteger settled = new AtomicInteger();
    private final LoneBridge lone = new LoneBridge(
            MeshOptions.defaults("mesh", "lone")
                    .with()
                    .linkWindowBytes(WINDOW)
                    .maxPublishBytes(WINDOW / 4)
                    .build(),
            store,
            1);

    private void publish(LoneBridge.Peer to, int number) {
        byte[] body = new byte[BODY_BYTES];
        body[1] = (byte) number;
        MeshPublish publish =
                new MeshPublish("a/b", 1, false, null, lone.loop.nanoTime(), MeshPublish.NEVER_EXPIRES, body);
        lone.bridge.publish(
                publish, List.of(new MeshTarget(to.id, true, 2, List.of())), null, settled::incrementAndGet);
        lone.run(1);
    }

    private static List<Integer> numbers(LoneBridge.Peer peer) {
        return peer.publishes().stream()
                .map(arrival -> (int) arrival.publish().body()[1])
                .distinct()
                .toList();
    }

    @Test
    void takesNothingOverFromPeersUntilThereIsRoom() {
        LoneBridge.Peer peer = lone.connected(1);
        store.full = true;
        peer.send(FrameKind.PUBLISHES, MeshBridgeTest.publishes(1, true));
        peer.send(FrameKind.PING, new Ping(1, new Position(1, 1), 0, 0, 0, 0).encode());
        lone.run(SECOND);
        assertThat(lone.delivered).isEmpty();
        assertThat(peer.got(FrameKind.ACK)).isEmpty();
        assertThat(peer.got(FrameKind.RESEND_REQUEST)).isEmpty();

        store.full = false;
        peer.send(FrameKind.PING, new Ping(2, new Position(1, 1), 0, 0, 0, 0).encode());
        assertThat(peer.got(FrameKind.RESEND_REQUEST)).hasSize(1);
        peer.send(FrameKind.PUBLISHES, MeshBridgeTest.publishes(1, true));

        assertThat(lone.delivered).hasSize(1);
        assertThat(peer.got(FrameKind.ACK)).hasSize(1);
        assertThat(lone.bridge.counters().duplicates()).isZero();
    }

    @Test
    void storesNothingForPeersAndLetsPublishersWait() {
        LoneBridge.Peer peer = lone.connected(1, DURABLE);
        peer.vanish();
        lone.run(SECOND);
        store.full = true;
        int before = store.units;
        publish(peer, 1);
        lone.run(SECOND);
        assertThat(store.units).isEqualTo(before);
        assertThat(settled).hasValue(0);

        store.full = false;
        lone.run(SECOND);

        assertThat(settled).hasValue(1);
        peer.appear();
        peer.greet("mesh", 1);
        assertThat(numbers(peer)).containsExactly(1);
    }

    @Test
    void whatWouldHaveGoneToDiskGoesToAPeerThatTakesItInOrder() {
        int count = 60;
        LoneBridge.Peer peer = lone.connected(1, DURABLE);
        lone.run(SECOND);
        store.full = true;
        int before = store.units;
        List<Integer> sent = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            publish(peer, number);
            sent.add(number);
        }
        assertThat(numbers(peer)).as("fit into the window").hasSizeLessThan(count);

        int taken = 0;
        while (numbers(peer).size() > taken) {
            taken = numbers(peer).size();
            peer.acknowledge(taken);
            lone.run(1);
        }

        assertThat(numbers(peer)).isEqualTo(sent);
        assertThat(settled).hasValue(count);
        assertThat(store.units).isEqualTo(before);
    }

    /** Records in memory, on a disk that is full when the test says so. */
    private static final class Store implements RecordStore {
        private final HeapRecordStore kept = new HeapRecordStore();
        boolean full;
        int units;

        @Override
        public boolean isFull() {
            return full;
        }

        @Override
        public void write(WriteUnit unit) {
            units++;
            kept.write(unit);
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
            return full ? Optional.of("full") : Optional.empty();
        }

        @Override
        public StoreStatistics statistics() {
            return kept.statistics();
        }

        @Override
        public void close() {}
    }
}
