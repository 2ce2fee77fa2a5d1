package io.meshvine.fault;

import io.meshvine.fault.mesh.FaultMesh;
import io.meshvine.fault.mesh.FaultNode;
import io.meshvine.fault.net.Disk;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The disk of a node is full for a while. */
final class FullDisk implements Scenario {
    private static final int VICTIM = 0;
    private static final int MEGABYTES = 96;
    private static final Duration TIME = Duration.ofSeconds(15);
    private static final Duration REACTION = Duration.ofSeconds(10);

    private @Nullable Disk disk;

    @Override
    public String name() {
        return "full-disk";
    }

    @Override
    public String description() {
        return "the disk of n1 (" + MEGABYTES + " MB) is full for " + TIME.toSeconds()
                + " s; readiness says so, and is back by itself";
    }

    @Override
    public Bars bars() {
        return Bars.none();
    }

    @Override
    public void prepare(Stage stage, Path directory) {
        disk = Disk.inMemory(directory.resolve("small-disk"), MEGABYTES);
        stage.mesh().node(VICTIM).useDataDirectory(disk.mountPoint().resolve("n1"));
    }

    @Override
    public void inject(Stage stage) {
        Disk small = disk;
        if (small == null) {
            throw new IllegalStateException("not prepared");
        }
        FaultNode victim = stage.mesh().node(VICTIM);
        long start = System.nanoTime();
        small.fill();
        stage.say("full");
        boolean told = FaultMesh.await(REACTION, () -> !isReady(victim)).isPresent();
        stage.require(told, "still ready with a full disk");
        stage.hold(stage.settings().durationOr(TIME).minusNanos(System.nanoTime() - start));
        small.free();
        stage.say("free again");
        boolean back = FaultMesh.await(Stage.LIMIT, () -> isReady(victim)).isPresent();
        stage.require(back, "not ready with space on the disk");
    }

    private static boolean isReady(FaultNode node) {
        return node.get("/health/ready").isPresent();
    }
}
