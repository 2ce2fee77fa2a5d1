package io.meshvine.mesh.sim;

import io.meshvine.mesh.MeshBridge;
import io.meshvine.mesh.MeshOptions;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.interest.LocalInterest;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.store.HeapRecordStore;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A node over all its lives. Only its identity outlives a crash. */
final class SimNode {
    final int number;
    final NodeId id;
    private final SimMesh mesh;
    private final long skewMillis;
    private long epoch;
    private @Nullable Life life;

    SimNode(SimMesh mesh, int number, SplittableRandom random) {
        this.mesh = mesh;
        this.number = number;
        this.id = new NodeId(random.nextLong(), random.nextLong());
        this.skewMillis = random.nextLong(1L + mesh.plan().skew());
    }

    /** One life: everything that a crash ends. */
    final class Life {
        final SimNode node = SimNode.this;
        final long epoch;
        final SimLoop loop;
        final SimTransport transport;
        final SimBroker broker;
        final RetainedMap retained = new RetainedMap();
        final HybridClock clock;
        final InterestIndex index = new InterestIndex();
        final MeshBridge bridge;

        /** What this node should advertise. */
        final LocalInterest wanted = new LocalInterest();

        private boolean up = true;
        private boolean leaving;

        private Life(long epoch, SplittableRandom random) {
            this.epoch = epoch;
            this.loop = new SimLoop(
                    mesh.scheduler(), random, skewMillis, mesh.plan().loopLagMicros() * 1_000L);
            this.transport = mesh.network().transport(number);
            this.broker = new SimBroker(mesh, this);
            this.clock = new HybridClock(id, loop::wallMillis);
            MeshOptions options = mesh.options("n" + number);
            this.bridge = new MeshBridge(
                    options, id, epoch, loop, transport, broker, new HeapRecordStore(), retained, clock, index);
        }

        boolean isUp() {
            return up;
        }

        /** Whether it is about to end by its own will: then nobody is told any more whether a publish was safe. */
        boolean isLeaving() {
            return leaving;
        }

        @Override
        public String toString() {
            return "n" + number + "." + epoch;
        }
    }

    @Nullable
    Life life() {
        return life;
    }

    /** This life, of a node that is up. */
    Life current() {
        if (life == null) {
            throw new IllegalStateException("n" + number + " is down");
        }
        return life;
    }

    boolean isUp() {
        return life != null;
    }

    void start(SplittableRandom random) {
        epoch++;
        life = new Life(epoch, random);
        life.bridge.start();
    }

    void crash() {
        Life ended = current();
        ended.up = false;
        ended.loop.kill();
        ended.transport.crash();
        life = null;
    }

    /** Leaves gracefully; the process ends a little later. */
    void leave() {
        Life ended = current();
        ended.leaving = true;
        life = null;
        ended.loop.execute(() -> {
            ended.bridge.close();
            ended.up = false;
            ended.loop.kill();
        });
    }
}
