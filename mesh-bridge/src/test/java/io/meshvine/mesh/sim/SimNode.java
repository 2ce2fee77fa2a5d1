package io.meshvine.mesh.sim;

import io.meshvine.mesh.MeshBridge;
import io.meshvine.mesh.MeshOptions;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.interest.LocalInterest;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.retained.RetainedRecords;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A node over all its lives. Its identity, the number of its life and its disk outlive a crash. */
final class SimNode {
    private static final Duration MAX_COMMIT_TIME = Duration.ofMillis(20);

    final int number;
    final NodeId id;
    private final SimMesh mesh;
    private long skewMillis;
    private final SplittableRandom diskRandom;
    private SimDisk disk;
    private @Nullable SimDisk backup;
    private long epoch;
    private @Nullable Life life;

    SimNode(SimMesh mesh, int number, SplittableRandom random) {
        this.mesh = mesh;
        this.number = number;
        this.id = new NodeId(random.nextLong(), random.nextLong());
        this.skewMillis = random.nextLong(1L + mesh.plan().skew());
        this.diskRandom = random.split();
        this.disk = watched(new SimDisk(mesh.scheduler(), diskRandom, MAX_COMMIT_TIME));
    }

    private SimDisk watched(SimDisk one) {
        one.onCommit(() -> mesh.at(Moment.COMMITTED, this));
        return one;
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
        final RecordStore store;
        final MeshBridge bridge;

        /** What this node should advertise. */
        final LocalInterest wanted = new LocalInterest();

        private boolean up = true;

        private Life(long epoch, SplittableRandom random) {
            this.epoch = epoch;
            this.loop = new SimLoop(
                    mesh.scheduler(), random, skewMillis, mesh.plan().loopLagMicros() * 1_000L);
            this.transport = mesh.network().transport(number);
            this.store = mesh.defect().over(disk.open(), epoch);
            this.broker = new SimBroker(mesh, this, store);
            this.clock = new HybridClock(id, epoch, loop::wallMillis);
            RetainedRecords.keep(retained, clock, store);
            MeshOptions options = mesh.options("n" + number);
            this.bridge = new MeshBridge(options, id, epoch, loop, transport, broker, store, retained, clock, index);
            loop.afterEach(() -> mesh.drops().observe(this));
        }

        /** Durable sessions are there before the first peer is. */
        private void start() {
            broker.subscriptions.forEach(subscription -> {
                wanted.add(subscription.interest);
                bridge.subscribe(List.of(subscription.interest), () -> {});
            });
            bridge.start();
        }

        boolean isUp() {
            return up;
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

    SimDisk disk() {
        return disk;
    }

    void start(SplittableRandom random) {
        epoch++;
        life = new Life(epoch, random);
        mesh.born(life);
        life.start();
    }

    /** Ends without a word. Returns how many units it had handed to its disk which are not there. */
    int crash() {
        Life ended = current();
        ended.up = false;
        ended.loop.kill();
        ended.transport.crash();
        life = null;
        return disk.crash();
    }

    /** While it is down, its clock is set. */
    void setClock(long aheadMillis) {
        skewMillis = aheadMillis;
    }

    /** Leaves gracefully; the process ends a little later, and cannot start again before. */
    void leave(Runnable left) {
        Life ended = current();
        life = null;
        ended.loop.execute(() -> {
            ended.bridge.close();
            ended.store.close();
            ended.up = false;
            ended.loop.kill();
            left.run();
        });
    }

    /** The number of its next life, which a copy takes: later ones of the node itself are above it, by the clock. */
    long takeEpoch() {
        epoch++;
        return epoch;
    }

    /** The last backup of the disk. */
    SimDisk lastBackup() {
        if (backup == null) {
            throw new IllegalStateException("never backed up");
        }
        return backup.copy();
    }

    /** Copies the disk as it is now. */
    void backUp() {
        backup = disk.copy();
    }

    /** While it is down, the disk is replaced: by the last backup, or by an empty one. */
    void replaceDisk(boolean byBackup) {
        SimDisk old = backup;
        disk = watched(
                byBackup && old != null ? old.copy() : new SimDisk(mesh.scheduler(), diskRandom, MAX_COMMIT_TIME));
    }
}
