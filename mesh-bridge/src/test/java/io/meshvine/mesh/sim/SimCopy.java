package io.meshvine.mesh.sim;

import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshBridge;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.retained.RetainedRecords;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** A node that started with a copy of another one's data: it wants everything, publishes, and should get nowhere. */
final class SimCopy {
    private final SimMesh mesh;
    private final SimNode original;
    private final SimLoop loop;
    private final SimTransport transport;
    private final MeshBridge bridge;
    private final List<String> successes = new ArrayList<>();
    private final long startedNanos;
    private long displacedNanos = Long.MAX_VALUE;
    private MeshStatus.@Nullable Refusal elder;

    SimCopy(SimMesh mesh, SimNode original, int place, SplittableRandom random) {
        this.mesh = mesh;
        this.original = original;
        this.startedNanos = mesh.scheduler().nowNanos();
        this.loop = new SimLoop(mesh.scheduler(), random, 0, 0);
        this.transport = mesh.network().transport(place);
        RecordStore store = original.lastBackup().open();
        RetainedMap retained = new RetainedMap();
        HybridClock clock = new HybridClock(original.id, 1, loop::wallMillis);
        RetainedRecords.keep(retained, clock, store);
        this.bridge = new MeshBridge(
                mesh.options("copy"),
                original.id,
                original.takeEpoch(),
                loop,
                transport,
                (origin, batch, unit, accepted) -> successes.add("it got publishes of " + origin),
                store,
                retained,
                clock,
                new InterestIndex());
        bridge.onDisplaced(first -> {
            elder = first;
            displacedNanos = mesh.scheduler().nowNanos();
            mesh.happened("the copy leaves");
            loop.execute(transport::close);
        });
        bridge.subscribe(List.of(new Interest(Interest.NO_GROUP, "#", 2, true)), () -> {});
        bridge.start();
    }

    /** Publishes to all nodes, which should never hear of it. */
    void publish() {
        List<MeshTarget> targets = mesh.nodes().stream()
                .filter(node -> node != original)
                .map(node -> new MeshTarget(node.id, true, 1, List.of()))
                .toList();
        bridge.publish(
                new MeshPublish("copied", 1, false, null, loop.nanoTime(), MeshPublish.NEVER_EXPIRES, new byte[8]),
                targets,
                null,
                () -> {});
    }

    /** Takes note of whether anybody has agreed with it. */
    void observe() {
        if (elder == null) {
            var unused = bridge.status()
                    .thenAccept(status -> status.links().stream()
                            .filter(link -> link.state() == MeshStatus.LinkState.CONNECTED)
                            .forEach(link -> successes.add("it was connected with " + link.peer())));
        }
    }

    void end() {
        loop.kill();
        transport.crash();
    }

    /** What it did that no copy should. */
    List<String> successes() {
        return successes;
    }

    /** How long it was there until it left by itself. */
    long displacedAfterMillis() {
        return displacedNanos == Long.MAX_VALUE ? Long.MAX_VALUE : (displacedNanos - startedNanos) / 1_000_000;
    }
}
