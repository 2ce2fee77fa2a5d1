package io.meshvine.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.wire.Acknowledgement;
import io.meshvine.mesh.wire.EncodedPublish;
import io.meshvine.mesh.wire.FrameHeader;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.Ping;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.PublishesFrame;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Links wait for clients that do not read as fast as they get; the test plays the peers. */
class SessionGateTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int PAYLOAD = 1024;
    private static final int MAX_PUBLISH = 64 * 1024;

    private final LoneBridge lone = new LoneBridge(MeshOptions.defaults("mesh", "lone")
            .with()
            .maxPublishBytes(MAX_PUBLISH)
            .flightWindowBytes(MeshOptions.MIN_FLIGHT_WINDOW_BYTES)
            .sessionPatience(PATIENCE)
            .build());
    private final LoneBridge.Peer peer = lone.connected(1);

    /** A frame of publishes with these numbers. */
    private void sendPublishes(int first, int last) {
        sendPublishes(first, last, PAYLOAD);
    }

    private void sendPublishes(int first, int last, int payloadBytes) {
        EncodedPublish encoded = EncodedPublish.of(
                new MeshPublish("a/b", 1, false, null, 0, MeshPublish.NEVER_EXPIRES, new byte[1 + payloadBytes]));
        int count = last - first + 1;
        FrameHeader header = new FrameHeader(FrameKind.PUBLISHES, 0, 0, 0);
        PublishesFrame frame = new PublishesFrame(
                count * encoded.maxEntrySize(null),
                header,
                Position.NONE,
                0,
                first == 1 ? Position.NONE : new Position(1, first - 1),
                new Position(1, first));
        for (int i = 0; i < count; i++) {
            frame.add(encoded, encoded.flags(true, true, false), null, 0);
        }
        ByteBuffer bytes = frame.toByteBuffer();
        WireWriter written = new WireWriter(FrameHeader.MAX_BYTES);
        header.write(written);
        bytes.position(written.size());
        byte[] payload = new byte[bytes.remaining()];
        bytes.get(payload);
        peer.send(FrameKind.PUBLISHES, payload);
    }

    private long acceptedAtPeer() throws WireException {
        return lastAcknowledgement().accepted().sequence();
    }

    private Acknowledgement lastAcknowledgement() throws WireException {
        List<byte[]> all = peer.got(FrameKind.ACK);
        if (all.isEmpty()) {
            return new Acknowledgement(Position.NONE, 0);
        }
        WireReader in = WireReader.of(all.get(all.size() - 1));
        FrameHeader.read(in);
        return Acknowledgement.decode(in);
    }

    @Test
    void holdsWhatComesWhileClientsAreCrowdedAndAcceptsItOnceTheyHaveRead() throws WireException {
        lone.crowded = true;
        sendPublishes(1, 1); // only now it is known
        sendPublishes(2, 2);
        sendPublishes(3, 3);
        lone.run(1_000);

        assertThat(lone.delivered).hasSize(1);
        assertThat(acceptedAtPeer()).isEqualTo(1);

        lone.crowded = false;
        lone.run(10);

        assertThat(lone.delivered).hasSize(3);
        assertThat(acceptedAtPeer()).isEqualTo(3);
        assertThat(lone.givenUp).isZero();
        assertThat(lone.bridge.counters().waitedNanos()).isGreaterThan(900_000_000L);
    }

    @Test
    void countsWhatIsHeldAsInFlightSoThatThePeerStopsAtItsWindow() throws WireException {
        lone.crowded = true;
        sendPublishes(1, 1);
        for (int i = 0; i < 12; i++) {
            sendPublishes(2 + 16 * i, 17 + 16 * i);
        }
        lone.run(1_000);
        long whileHeld = lastAcknowledgement().consumed();
        lone.crowded = false;
        lone.run(10);

        assertThat(whileHeld).isLessThan(2 * PAYLOAD);
        assertThat(lastAcknowledgement().consumed()).isGreaterThan(64 * PAYLOAD);
    }

    @Test
    void givesUpOnAClientThatDoesNotReadAfterAWhile() {
        lone.crowded = true;
        sendPublishes(1, 1);
        sendPublishes(2, 2);
        lone.run(PATIENCE.toMillis() - 100);
        assertThat(lone.delivered).hasSize(1);

        lone.run(200);

        assertThat(lone.givenUp).isEqualTo(1);
        assertThat(lone.bridge.counters().givenUp()).isEqualTo(1);
        assertThat(lone.delivered).hasSize(2);
    }

    @Test
    void allWaitingTogetherIsBounded() {
        int sent = 0;
        for (int i = 0; i < 6; i++) {
            lone.crowded = true;
            sendPublishes(++sent, sent);
            lone.run(PATIENCE.toMillis() + 10);
        }
        assertThat(lone.givenUp).isEqualTo(6);

        lone.crowded = true;
        sendPublishes(++sent, sent);
        sendPublishes(++sent, sent);
        assertThat(lone.delivered).hasSize(sent);

        lone.run(PATIENCE.toMillis() / 3 + 10); // the time in which the credit for one more wait grows
        sendPublishes(++sent, sent);
        assertThat(lone.delivered).hasSize(sent);
        sendPublishes(++sent, sent);
        assertThat(lone.delivered).hasSize(sent - 1);
    }

    @Test
    void asksTheBrokerWithinAFrameOfManyPublishes() {
        lone.crowded = true;
        sendPublishes(1, 1_000, 10);
        lone.run(100);

        assertThat(lone.delivered).hasSizeBetween(1, 300);

        lone.crowded = false;
        lone.run(10);
        assertThat(lone.delivered).hasSize(1_000);
    }

    @Test
    void missesNothingOfWhatIsHeld() {
        lone.crowded = true;
        sendPublishes(1, 1);
        sendPublishes(2, 2);
        peer.send(FrameKind.PING, new Ping(0, new Position(1, 2), 0, 0, 0, 0).encode());
        lone.run(100);

        assertThat(peer.got(FrameKind.RESEND_REQUEST)).isEmpty();
    }

    @Test
    void keepsWhatIsHeldInItsPlaceWhenThePeerConnectsAnew() throws WireException {
        lone.crowded = true;
        sendPublishes(1, 1);
        sendPublishes(2, 2);
        peer.vanish();
        peer.appear();
        peer.greet("mesh", 1);
        sendPublishes(2, 2); // it was not confirmed
        sendPublishes(3, 3);
        lone.crowded = false;
        lone.run(10);

        assertThat(lone.delivered).hasSize(3);
        assertThat(lone.bridge.counters().duplicates()).isEqualTo(1);
        assertThat(acceptedAtPeer()).isEqualTo(3);
    }

    @Test
    void doesNotWaitForAPeerThatSendsMoreThanItMay() {
        lone.crowded = true;
        sendPublishes(1, 1);
        for (int i = 0; i < 60; i++) {
            sendPublishes(2 + 16 * i, 17 + 16 * i);
        }

        assertThat(lone.delivered).hasSizeGreaterThan(500);
        assertThat(lone.delivered).hasSizeLessThan(900);
    }
}
