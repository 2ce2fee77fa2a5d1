package io.meshvine.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.sun.management.ThreadMXBean;
import io.meshvine.mesh.retained.HybridTimestamp;
import io.meshvine.mesh.retained.RetainedDigest;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.retained.RetainedMessage;
import io.meshvine.mesh.retained.RetainedStanding;
import io.meshvine.mesh.will.WillLeases;
import io.meshvine.mesh.wire.AbsentCodec;
import io.meshvine.mesh.wire.Acknowledgement;
import io.meshvine.mesh.wire.EncodedPublish;
import io.meshvine.mesh.wire.FrameHeader;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.Hello;
import io.meshvine.mesh.wire.InterestCodec;
import io.meshvine.mesh.wire.Ping;
import io.meshvine.mesh.wire.Pong;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.Probe;
import io.meshvine.mesh.wire.ProbeReport;
import io.meshvine.mesh.wire.PublishReader;
import io.meshvine.mesh.wire.PublishesFrame;
import io.meshvine.mesh.wire.RetainedCodec;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireFormat;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Bytes of a peer that is broken or hostile. {@code -Dmeshvine.seed=N} repeats a run. */
class WireFuzzTest {
    private static final ThreadMXBean MEMORY = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final Interest WANTED = new Interest(Interest.NO_GROUP, "a/#", 2);
    private static final List<FrameKind> KINDS = List.of(FrameKind.values());
    private static final int DECODED = 25_000;
    private static final int BRIDGES = 80;
    private static final int FRAMES_PER_BRIDGE = 60;
    private static final int MAX_PUBLISH = 1 << 20;

    /** So often nobody looks at the cost: it is that of loading classes. */
    private static final int WARM_UP = 500;

    /** Whatever a frame says, it may cost this much, and this much more for each of its bytes. */
    private static final long COST = 1024 * 1024;

    private static final long COST_PER_BYTE = 1024;

    private static final Logger LOGGER = (Logger) LoggerFactory.getLogger("io.meshvine.mesh");

    private final RandomGenerator random = Seed.random(getClass().getSimpleName());

    @BeforeAll
    static void expectsRefusals() {
        LOGGER.setLevel(Level.ERROR);
    }

    @AfterAll
    static void expectsNoneAnyMore() {
        LOGGER.setLevel(null);
    }

    @Test
    void decodersRefuseWhatIsMalformedAtABoundedCost() {
        int refusals = 0;
        for (int i = 0; i < DECODED; i++) {
            FrameKind kind = anyKind();
            byte[] payload = broken(payload(kind));
            long before = MEMORY.getCurrentThreadAllocatedBytes();
            try {
                decode(kind, WireReader.of(payload));
            } catch (WireException refused) {
                refusals++;
            } catch (RuntimeException wrong) {
                throw new AssertionError(kind + " " + Arrays.toString(payload), wrong);
            }
            assertCost(kind, payload.length, before, i < WARM_UP);
        }
        assertThat(refusals).isBetween(DECODED / 4, DECODED);
    }

    @Test
    void aBridgeSurvivesWhateverAPeerSends() {
        for (int i = 0; i < BRIDGES; i++) {
            LoneBridge lone = new LoneBridge(MeshOptions.defaults("mesh", "lone"));
            LoneBridge.Peer hostile = lone.connected(1, WANTED);
            lone.retained.merge(
                    new RetainedMessage("r", lone.clock.now(), 1, new byte[] {0, 1}, false, RetainedMessage.NEVER));
            boolean survives = random.nextBoolean(); // or its hellos and goodbyes may be broken, too
            for (int j = 0; j < FRAMES_PER_BRIDGE; j++) {
                FrameKind kind = anyKind();
                if (survives && (kind == FrameKind.HELLO || kind == FrameKind.GOODBYE)) {
                    continue;
                }
                byte[] frame = random.nextInt(4) == 0
                        ? broken(hostile.frameOf(kind, payload(kind)))
                        : hostile.frameOf(kind, broken(payload(kind)));
                long before = MEMORY.getCurrentThreadAllocatedBytes();
                lone.frame(hostile.address, frame);
                assertCost(kind, frame.length, before, i * FRAMES_PER_BRIDGE < WARM_UP);
            }
            assertWorks(lone);
        }
    }

    /** Numbers from which the next one cannot be told would break the link, and with it the turn of all others. */
    @Test
    void aPeerAtTheEndOfAllNumbersHarmsNobodyElse() {
        for (long number : new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 1, 1L << 62, (1L << 62) - 1}) {
            LoneBridge lone = new LoneBridge(MeshOptions.defaults("mesh", "lone"));
            LoneBridge.Peer hostile = lone.connected(1, WANTED);
            hostile.send(FrameKind.PUBLISHES, publishes(1, number, true));
            hostile.send(FrameKind.PUBLISHES, publishes(2, 1, false));
            hostile.send(FrameKind.PUBLISHES, publishes(3, number, true));
            hostile.send(FrameKind.PING, new Ping(1, new Position(1, number), number, number, number, 1).encode());
            hostile.send(FrameKind.ACK, new Acknowledgement(new Position(1, number), number).encode());
            hostile.send(
                    FrameKind.RESEND_REQUEST,
                    new Position(1, number).write(new WireWriter(18)).toByteArray());
            assertWorks(lone);
        }
    }

    private static void assertCost(FrameKind kind, int length, long before, boolean isWarmUp) {
        long cost = MEMORY.getCurrentThreadAllocatedBytes() - before;
        if (!isWarmUp && cost > COST + COST_PER_BYTE * length) {
            throw new AssertionError(cost + " bytes were allocated for " + kind + " of " + length + " bytes");
        }
    }

    /** Another peer is served as ever. */
    private void assertWorks(LoneBridge lone) {
        lone.run(2_000);
        LoneBridge.Peer honest = lone.connected(2, WANTED);
        int before = lone.delivered.size();
        honest.send(FrameKind.PUBLISHES, publishes(1, 1, true));
        assertThat(lone.delivered).hasSize(before + 1);
        lone.bridge.publish(publish(false), List.of(new MeshTarget(honest.id, true, 1, List.of())), null, () -> {});
        lone.run(1);
        assertThat(honest.publishes()).isNotEmpty();
        assertThat(lone.link(honest).state()).isEqualTo(MeshStatus.LinkState.CONNECTED);
    }

    private FrameKind anyKind() {
        return KINDS.get(random.nextInt(KINDS.size()));
    }

    // ---- Valid payloads

    private byte[] payload(FrameKind kind) {
        Acknowledgement acknowledgement = new Acknowledgement(position(), random.nextInt(1_000));
        return switch (kind) {
            case HELLO ->
                new Hello(
                                WireFormat.OLDEST_VERSION,
                                WireFormat.VERSION,
                                "mesh",
                                new NodeId(1, 1),
                                1,
                                "peer",
                                Map.of("mqtt", "h:1"),
                                MAX_PUBLISH,
                                true,
                                Position.NONE,
                                position(),
                                MeshOptions.MIN_FLIGHT_WINDOW_BYTES,
                                random.nextInt(100_000))
                        .encode();
            case GOODBYE, INTEREST_REQUEST -> new byte[0];
            case PING -> new Ping(1, position(), random.nextInt(1_000), 1, 1, random.nextLong()).encode();
            case PONG -> new Pong(1, acknowledgement, 1).encode();
            case ACK -> acknowledgement.encode();
            case RESEND_REQUEST -> position().encode();
            case LANE_MESSAGE -> aboutWills();
            case INTEREST_ACK, LANE_ACK ->
                new WireWriter(9).writeVarLong(random.nextInt(4)).toByteArray();
            case INTEREST_SNAPSHOT ->
                InterestCodec.encode(new InterestCodec.Chunk(1, true, true, List.of(WANTED, interest())));
            case INTEREST_DELTA ->
                InterestCodec.encode(new InterestCodec.Change(2, List.of(interest()), List.of(WANTED)));
            case PUBLISHES -> publishes(1 + random.nextInt(4), 1, true);
            case ABSENT_OFFER, ABSENT_REQUEST -> AbsentCodec.encodeOffers(List.of(offer(), offer()));
            case ABSENT_TABLE ->
                AbsentCodec.encode(new AbsentCodec.Chunk(
                        offer(), "away", true, random.nextBoolean(), List.of(new Interest("g", "a/#", 1, true))));
            case RETAINED_DIGEST ->
                switch (random.nextInt(3)) {
                    case 0 ->
                        RetainedCodec.encode(new RetainedCodec.Root(
                                random.nextLong(),
                                Objects.requireNonNull(RetainedStanding.Level.of(random.nextInt(3)))));
                    case 1 -> RetainedCodec.encode(new RetainedCodec.Buckets(new RetainedMap().digest()));
                    default ->
                        RetainedCodec.encode(new RetainedCodec.Leaves(
                                random.nextInt(256),
                                random.longs(RetainedDigest.LEAVES).toArray()));
                };
            case RETAINED_LISTING ->
                RetainedCodec.encodeListing(
                        random.nextInt(256), BitSet.valueOf(new long[] {random.nextLong()}), List.of(retained()));
            case RETAINED_ENTRIES -> {
                WireWriter out = new WireWriter(64);
                RetainedCodec.write(out, retained(), 0);
                RetainedCodec.write(out, RetainedMessage.deleted("a", stamp()), 0);
                yield out.toByteArray();
            }
            case PROBE -> new Probe(random.nextInt(4), random.nextBoolean(), random.nextInt(10_000)).encode();
            case PROBE_ANSWER ->
                new WireWriter(9).writeVarLong(random.nextInt(4)).toByteArray();
            case PROBE_REPORT ->
                new ProbeReport(
                                random.nextInt(4),
                                List.of(new MeshDiagnosis.Finding(
                                        new NodeId(1, 1), new NodeId(2, 2), MeshStatus.LinkState.ABSENT, -1)))
                        .encode();
        };
    }

    private AbsentCodec.Offer offer() {
        return new AbsentCodec.Offer(new NodeId(9, random.nextInt(3)), position(), random.nextInt(1_000));
    }

    private Position position() {
        return new Position(random.nextInt(2), random.nextInt(4));
    }

    private byte[] aboutWills() {
        return new WireWriter(64)
                .writeVarLong(1 + random.nextInt(4))
                .writeByte(WillLeases.CHANNEL)
                .writeByte(1) // reset
                .writeByte(1 + random.nextInt(10))
                .writeString("client")
                .writeVarLong(random.nextInt(9))
                .writeByte(random.nextInt(2))
                .writeVarLong(random.nextInt(9))
                .writeVarLong(random.nextInt(9))
                .writeByte(1)
                .writeNodeId(new NodeId(1, random.nextInt(3)))
                .writeBytes(new byte[9])
                .toByteArray();
    }

    private Interest interest() {
        return new Interest(random.nextBoolean() ? "g" : Interest.NO_GROUP, "a/+/" + random.nextInt(9), 1);
    }

    private RetainedMessage retained() {
        return new RetainedMessage("a/" + random.nextInt(9), stamp(), 1, new byte[] {0, 7}, false, 1_000_000);
    }

    private HybridTimestamp stamp() {
        return new HybridTimestamp(random.nextInt(), random.nextInt(), new NodeId(1, 1));
    }

    private MeshPublish publish(boolean retain) {
        return new MeshPublish(
                "a/b", random.nextInt(1, 3), retain, retain ? stamp() : null, 0, random.nextInt(-1, 9), new byte[9]);
    }

    /** The payload of a frame: without its header. */
    private byte[] publishes(int count, long first, boolean sequenced) {
        PublishesFrame frame = new PublishesFrame(
                count * 256,
                new FrameHeader(FrameKind.PUBLISHES, 1, 1, 0),
                Position.NONE,
                0,
                Position.NONE,
                new Position(1, first));
        for (int i = 0; i < count; i++) {
            EncodedPublish encoded = EncodedPublish.of(publish(random.nextBoolean()));
            byte[] groups = EncodedPublish.encodeGroups(
                    random.nextBoolean() ? List.of() : List.of(new GroupKey("g", "a/#"), new GroupKey("h", "+/b")));
            frame.add(encoded, encoded.flags(sequenced, true, groups != null), groups, 0);
        }
        ByteBuffer bytes = frame.toByteBuffer();
        bytes.position(11); // version, kind, two sessions, position 0
        byte[] payload = new byte[bytes.remaining()];
        bytes.get(payload);
        return payload;
    }

    // ---- Broken ones

    private byte[] broken(byte[] valid) {
        byte[] bytes = valid.clone();
        switch (random.nextInt(6)) {
            case 0 -> {
                bytes = new byte[random.nextInt(300)];
                random.nextBytes(bytes);
            }
            case 1 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            case 2 -> {
                bytes = Arrays.copyOf(bytes, bytes.length + random.nextInt(40));
                for (int i = valid.length; i < bytes.length; i++) {
                    bytes[i] = (byte) random.nextInt();
                }
            }
            case 3 -> { // a number that is as large as can be
                for (int at = random.nextInt(bytes.length + 1), n = random.nextInt(9);
                        at < bytes.length && n >= 0;
                        n--) {
                    bytes[at++] = (byte) (n == 0 ? 0x7f : 0xff);
                }
            }
            default -> {
                for (int flips = 1 + random.nextInt(8); flips > 0 && bytes.length > 0; flips--) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
        }
        return bytes;
    }

    private static void decode(FrameKind kind, WireReader in) throws WireException {
        switch (kind) {
            case HELLO -> Hello.decode(in);
            case GOODBYE, INTEREST_REQUEST -> {}
            case PING -> Ping.decode(in);
            case PONG -> Pong.decode(in);
            case ACK -> Acknowledgement.decode(in);
            case LANE_MESSAGE -> {
                in.readSequence();
                in.readByte();
            }
            case LANE_ACK -> in.readVarLong();
            case RESEND_REQUEST -> Position.read(in);
            case INTEREST_ACK, PROBE_ANSWER -> in.readVarLong();
            case PROBE -> Probe.decode(in);
            case PROBE_REPORT -> ProbeReport.decode(in, new NodeId(1, 1));
            case ABSENT_OFFER, ABSENT_REQUEST -> AbsentCodec.decodeOffers(in);
            case ABSENT_TABLE -> AbsentCodec.decodeChunk(in);
            case INTEREST_SNAPSHOT -> InterestCodec.decodeChunk(in);
            case INTEREST_DELTA -> InterestCodec.decodeChange(in);
            case PUBLISHES -> new PublishReader(MAX_PUBLISH).read(in, 0);
            case RETAINED_DIGEST -> RetainedCodec.decodeDigest(in);
            case RETAINED_LISTING -> RetainedCodec.decodeListing(in);
            case RETAINED_ENTRIES -> RetainedCodec.decodeEntries(in, 0, MAX_PUBLISH);
        }
    }
}
