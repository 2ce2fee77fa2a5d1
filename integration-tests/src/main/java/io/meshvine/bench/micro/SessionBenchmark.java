package io.meshvine.bench.micro;

import io.meshvine.mesh.BridgeLoop;
import io.meshvine.mesh.store.HeapRecordStore;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.ConnectionFacts;
import io.meshvine.node.session.Delivery;
import io.meshvine.node.session.Journal;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.Origin;
import io.meshvine.node.session.Outlet;
import io.meshvine.node.session.SessionCounters;
import io.meshvine.node.session.SessionLimits;
import io.meshvine.node.session.Sessions;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A message through a session to a connection that takes everything, on the connection's own loop. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SessionBenchmark {
    private static final int BATCH = 64;

    private final Queue<Runnable> loop = new ArrayDeque<>();
    private final BridgeLoop timer = new BridgeLoop("session-benchmark");
    private final Sessions sessions = new Sessions(
            SessionLimits.defaults(),
            new SessionCounters(),
            new Journal(new HeapRecordStore(), 1),
            List.of(loop::add),
            timer);
    private final Sink sink = new Sink();
    private final Message message = new Message(
            "bench/topic",
            PooledByteBufAllocator.DEFAULT.directBuffer(100).writeZero(100),
            1,
            false,
            MqttProperties.NO_PROPERTIES,
            Message.NEVER,
            "publisher",
            Origin.CLIENT);
    private final Delivery qos0 = new Delivery(message, 0, false, Delivery.NO_IDS);
    private final Delivery qos1 = new Delivery(message, 1, false, Delivery.NO_IDS);
    private final ClientSession session = Objects.requireNonNull(
                    sessions.open("subscriber", true, Sessions.ENDS_AT_CLOSE))
            .session();

    private static final class Sink implements Outlet {
        private int lastPacketId;

        @Override
        public int receiveMaximum() {
            return SessionLimits.MAX_PACKET_ID;
        }

        @Override
        public boolean isWritable() {
            return true;
        }

        @Override
        public boolean publish(Delivery delivery, int packetId, boolean dup) {
            lastPacketId = packetId;
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

    @Setup
    public void attach() {
        session.attach(loop::add, sink);
    }

    @TearDown
    public void close() {
        sessions.close();
        timer.close();
        message.release();
    }

    /** A batch of QoS 0, then the turn that flushes. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void deliverQos0() {
        for (int i = 0; i < BATCH; i++) {
            session.deliver(qos0);
        }
        turn();
    }

    /** As above with QoS 1, each acknowledged. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public void deliverQos1() {
        for (int i = 0; i < BATCH; i++) {
            session.deliver(qos1);
            session.onPubAck(sink.lastPacketId);
        }
        turn();
    }

    private void turn() {
        for (Runnable task = loop.poll(); task != null; task = loop.poll()) {
            task.run();
        }
    }
}
