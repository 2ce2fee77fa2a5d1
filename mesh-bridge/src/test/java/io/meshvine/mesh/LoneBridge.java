package io.meshvine.mesh;

import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.sim.SimLoop;
import io.meshvine.mesh.sim.SimScheduler;
import io.meshvine.mesh.store.HeapRecordStore;
import io.meshvine.mesh.will.WillLeases;
import io.meshvine.mesh.will.WillOptions;
import io.meshvine.mesh.will.Willholder;
import io.meshvine.mesh.wire.Acknowledgement;
import io.meshvine.mesh.wire.FrameHeader;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.Hello;
import io.meshvine.mesh.wire.InterestCodec;
import io.meshvine.mesh.wire.Ping;
import io.meshvine.mesh.wire.Pong;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.PublishBatch;
import io.meshvine.mesh.wire.PublishReader;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireFormat;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A bridge in virtual time whose peers the test plays, frame by frame. */
final class LoneBridge {
    static final NodeId SELF = new NodeId(0, 1);
    private static final PeerAddress OWN_ADDRESS = new PeerAddress(1, 1);
    private static final long NANOS_PER_MILLI = 1_000_000;

    final SimScheduler scheduler = new SimScheduler();
    final SimLoop loop = new SimLoop(scheduler, new SplittableRandom(1), 0, 0);
    final InterestIndex index = new InterestIndex();
    final RetainedMap retained = new RetainedMap();
    final HybridClock clock = new HybridClock(SELF, 1, loop::wallMillis);
    final List<LocalBroker.Arrival> delivered = new ArrayList<>();
    final WillLeases wills =
            new WillLeases(loop, SELF, new WillOptions(Duration.ofSeconds(5), 100, 10_000), new NoClients());
    final MeshBridge bridge;

    /** Whether the transport refuses everything. */
    boolean full;

    /** What the broker puts into the units that it gets. */
    Consumer<WriteUnit> keeping = unit -> {};

    /** Whether the broker accepts what it gets. */
    boolean accepting = true;

    /** Whether clients of the broker do not read as fast as they get. */
    boolean crowded;

    /** How often the bridge waited in vain. */
    int givenUp;

    private final Transport transport = new Transport();
    private final Set<PeerAddress> view = new LinkedHashSet<>(Set.of(OWN_ADDRESS));
    private final List<Sent> sent = new ArrayList<>();

    /** A frame of the bridge. */
    record Sent(PeerAddress to, FrameHeader header, byte[] frame) {}

    /** What outlives the bridge. */
    final RecordStore store;

    private final long epoch;

    LoneBridge(MeshOptions options) {
        this(options, new HeapRecordStore(), 1);
    }

    /** A life of a bridge on what earlier ones left. */
    LoneBridge(MeshOptions options, RecordStore store, long epoch) {
        this.store = store;
        this.epoch = epoch;
        bridge = new MeshBridge(options, SELF, epoch, loop, transport, new Broker(), store, retained, clock, index);
        bridge.attach(WillLeases.CHANNEL, wills);
        bridge.start();
        run(1);
    }

    /** Lets virtual time go by. */
    void run(long millis) {
        scheduler.runUntil(scheduler.nowNanos() + millis * NANOS_PER_MILLI);
    }

    long nowMillis() {
        return scheduler.nowNanos() / NANOS_PER_MILLI;
    }

    MeshStatus status() {
        CompletableFuture<MeshStatus> answer = bridge.status();
        run(1);
        return answer.join();
    }

    MeshStatus.Link link(Peer peer) {
        return status().links().stream()
                .filter(link -> link.peer().equals(peer.id))
                .findFirst()
                .orElseThrow();
    }

    void frame(PeerAddress from, byte[] frame) {
        transport.listener.onFrame(from, ByteBuffer.wrap(frame));
        run(1);
    }

    /** Peers come into view together. */
    void appear(Peer... peers) {
        for (Peer peer : peers) {
            peer.session++;
            view.add(peer.address);
        }
        peers[0].report();
    }

    /** A peer that connected and wants something. */
    Peer connected(int number, Interest... interests) {
        Peer peer = new Peer(number);
        peer.appear();
        peer.greet("mesh", 1);
        peer.send(
                FrameKind.INTEREST_SNAPSHOT,
                InterestCodec.encode(new InterestCodec.Chunk(1, true, true, List.of(interests))));
        return peer;
    }

    /** A node that the test plays. */
    final class Peer {
        final NodeId id;
        final PeerAddress address;
        private final Map<Integer, Long> positions = new HashMap<>();
        private int session;

        Peer(int number) {
            this(new NodeId(1, number), number);
        }

        /** Somebody who says to be that node. */
        Peer(NodeId id, int number) {
            this.id = id;
            this.address = new PeerAddress(2, number);
        }

        void appear() {
            session++;
            view.add(address);
            report();
        }

        void vanish() {
            view.remove(address);
            report();
        }

        private void report() {
            transport.listener.onView(Set.copyOf(view));
            run(1);
        }

        /** Agrees on a pair of sessions. */
        void greet(String mesh, long epoch) {
            greet(mesh, epoch, Position.NONE);
        }

        /** Agrees on a pair of sessions; has the bridge's publishes up to a position. */
        void greet(String mesh, long epoch, Position accepted) {
            greet(mesh, epoch, accepted, Hello.UNKNOWN);
        }

        /** The same, and says how long it has been there. */
        void greet(String mesh, long epoch, Position accepted, long aliveMillis) {
            send(
                    FrameKind.HELLO,
                    new Hello(
                                    1,
                                    WireFormat.VERSION,
                                    mesh,
                                    id,
                                    epoch,
                                    "peer",
                                    Map.of(),
                                    1 << 20,
                                    false,
                                    accepted,
                                    accepted,
                                    MeshOptions.MIN_FLIGHT_WINDOW_BYTES,
                                    aliveMillis)
                            .encode());
        }

        /** Answers the last probe that it got. */
        void answerProbe() throws WireException {
            List<byte[]> pings = got(FrameKind.PING);
            WireReader in = WireReader.of(pings.get(pings.size() - 1));
            FrameHeader.read(in);
            Acknowledgement nothing = new Acknowledgement(Position.NONE, 0);
            send(FrameKind.PONG, new Pong(Ping.decode(in).sentNanos(), nothing, 0).encode());
        }

        void acknowledge(long accepted) {
            send(FrameKind.ACK, new Acknowledgement(new Position(epoch, accepted), 0).encode());
        }

        void writable() {
            transport.listener.onWritable(address);
            run(1);
        }

        void send(FrameKind kind, byte[] payload) {
            frame(address, frameOf(kind, payload));
        }

        byte[] frameOf(FrameKind kind, byte[] payload) {
            int theirs = sessionOfBridge();
            long position = kind.counted() ? positions.getOrDefault(theirs, 0L) : 0;
            WireWriter out = new WireWriter(FrameHeader.MAX_BYTES + payload.length);
            new FrameHeader(kind, session, theirs, position).write(out);
            byte[] frame = out.writeRaw(payload).toByteArray();
            if (kind.counted()) {
                positions.put(theirs, position + frame.length);
            }
            return frame;
        }

        private int sessionOfBridge() {
            return sent.stream()
                    .filter(frame -> frame.to.equals(address))
                    .mapToInt(frame -> frame.header.source())
                    .max()
                    .orElse(0);
        }

        /** The frames of a kind that it got so far. */
        List<byte[]> got(FrameKind kind) {
            List<byte[]> payloads = new ArrayList<>();
            for (Sent frame : sent) {
                if (frame.to.equals(address) && frame.header.kind() == kind) {
                    payloads.add(frame.frame);
                }
            }
            return payloads;
        }

        /** The publishes that it got so far. */
        List<LocalBroker.Arrival> publishes() {
            List<LocalBroker.Arrival> publishes = new ArrayList<>();
            for (byte[] frame : got(FrameKind.PUBLISHES)) {
                publishes.addAll(decode(frame).arrivals());
            }
            return publishes;
        }
    }

    private static PublishBatch decode(byte[] frame) {
        try {
            WireReader in = WireReader.of(frame);
            FrameHeader.read(in);
            return new PublishReader(1 << 24).read(in, 0);
        } catch (WireException malformed) {
            throw new AssertionError(malformed);
        }
    }

    private final class Broker implements LocalBroker {
        @Override
        public void deliver(NodeId origin, List<Arrival> batch, WriteUnit unit, Runnable accepted) {
            delivered.addAll(batch);
            keeping.accept(unit);
            if (accepting) {
                accepted.run();
            }
        }

        @Override
        public boolean isCrowded() {
            return crowded;
        }

        @Override
        public void giveUpWaiting() {
            givenUp++;
            crowded = false;
        }
    }

    private static final class NoClients implements Willholder {
        @Override
        public long connectedNanos(String clientId) {
            return NEVER;
        }

        @Override
        public void publish(String clientId, byte[] will) {}

        @Override
        public void onBackElsewhere(String clientId) {}
    }

    private final class Transport implements MeshTransport {
        private Listener listener;

        @Override
        public void start(Listener reportTo) {
            listener = reportTo;
        }

        @Override
        public PeerAddress self() {
            return OWN_ADDRESS;
        }

        @Override
        public boolean send(PeerAddress peer, ByteBuffer frame) {
            if (full || !view.contains(peer)) {
                return false;
            }
            byte[] copy = new byte[frame.remaining()];
            frame.duplicate().get(copy);
            try {
                sent.add(new Sent(peer, FrameHeader.read(WireReader.of(copy)), copy));
            } catch (WireException malformed) {
                throw new AssertionError(malformed);
            }
            return true;
        }

        @Override
        public void close() {
            view.clear();
        }
    }
}
