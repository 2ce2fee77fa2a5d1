package io.meshvine.fault;

import io.meshvine.fault.mesh.FaultNode;
import io.meshvine.fault.net.Disk;
import io.meshvine.fault.net.Shell;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A node loses its power: it goes on with what its disk had at that moment. The disk is an ext4 image; while the node is
 * frozen the image is copied, which has what was synced and not what waited in the memory of the system. Then the node is
 * killed and started on the copy.
 */
final class PowerCut implements Scenario {
    private static final int ROUNDS = 5;
    private static final int VICTIM = 0;
    private static final int MEGABYTES = 512;
    private static final Duration LEAST = Duration.ofMillis(500);
    private static final Duration MOST = Duration.ofSeconds(4);

    private @Nullable Path folder;
    private @Nullable Disk disk;
    private int images;

    @Override
    public String name() {
        return "power-cut";
    }

    @Override
    public String description() {
        return "n1 goes on from a copy of its disk (ext4) as it was at a random moment; " + ROUNDS + " times";
    }

    @Override
    public Bars bars() {
        return Bars.none();
    }

    @Override
    public void prepare(Stage stage, Path directory) {
        folder = directory;
        Disk first = Disk.inImage(image(directory), mountPoint(directory), MEGABYTES);
        stage.mesh().node(VICTIM).useDataDirectory(first.mountPoint().resolve("n1"));
        disk = first;
    }

    private Path image(Path directory) {
        return directory.resolve("disk-" + images + ".img");
    }

    private Path mountPoint(Path directory) {
        return directory.resolve("disk-" + images);
    }

    @Override
    public void inject(Stage stage) {
        Path directory = folder;
        Disk current = disk;
        if (directory == null || current == null) {
            throw new IllegalStateException("not prepared");
        }
        FaultNode victim = stage.mesh().node(VICTIM);
        Set<Integer> others = stage.mesh().others(VICTIM);
        int rounds = stage.settings().timesOr(ROUNDS);
        for (int round = 1; round <= rounds; round++) {
            stage.hold(LEAST, MOST);
            stage.say("power cut " + round + " of " + rounds);
            stage.keepDrops(victim);
            Path before = image(directory);
            images++;
            stage.fleet().separate(Set.of(VICTIM), others);
            victim.freeze();
            Shell.run("cp --sparse=always " + before + " " + image(directory));
            victim.kill();
            current.unmount();
            current = Disk.mountImage(image(directory), mountPoint(directory));
            victim.useDataDirectory(current.mountPoint().resolve("n1"));
            victim.start();
            victim.awaitReady();
            stage.awaitConvergence();
        }
    }
}
