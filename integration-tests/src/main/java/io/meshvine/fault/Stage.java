package io.meshvine.fault;

import io.meshvine.fault.client.Fleet;
import io.meshvine.fault.mesh.Drops;
import io.meshvine.fault.mesh.FaultMesh;
import io.meshvine.fault.mesh.FaultNode;
import io.meshvine.fault.net.Network;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a scenario plays on, and what is measured meanwhile. Used by the thread of the run. */
final class Stage {
    /** Nothing takes longer than this, or is never done. */
    static final Duration LIMIT = Duration.ofSeconds(60);

    private final Settings settings;
    private final Network network;
    private final FaultMesh mesh;
    private final Fleet fleet;
    private final Random random;
    private final Drops drops = new Drops();
    private @Nullable Duration convergence;
    private @Nullable Duration notice;
    private final List<String> failures = new ArrayList<>();
    private boolean diverged;
    private boolean unnoticed;

    Stage(Settings settings, Network network, FaultMesh mesh, Fleet fleet) {
        this.settings = settings;
        this.network = network;
        this.mesh = mesh;
        this.fleet = fleet;
        this.random = new Random(settings.seed());
    }

    Settings settings() {
        return settings;
    }

    Network network() {
        return network;
    }

    FaultMesh mesh() {
        return mesh;
    }

    Fleet fleet() {
        return fleet;
    }

    Random random() {
        return random;
    }

    FaultNode anyNode() {
        return mesh.node(random.nextInt(mesh.nodes().size()));
    }

    /** Lets time go by while clients go on. */
    void hold(Duration time) {
        FaultMesh.await(time, () -> false);
    }

    /** Lets a random time go by. */
    void hold(Duration least, Duration most) {
        hold(Duration.ofMillis(random.nextLong(least.toMillis(), most.toMillis() + 1)));
    }

    /** Says on standard error how far the run is. */
    void say(String what) {
        System.err.println("  " + what);
    }

    /** A bar of the scenario's own. */
    void require(boolean holds, String failure) {
        if (!holds) {
            failures.add(failure);
        }
    }

    List<String> failures() {
        return failures;
    }

    /** SIGKILL, and what it does to everybody's expectations. */
    void kill(FaultNode victim) {
        Set<Integer> others = mesh.others(victim.index());
        keepDrops(victim);
        fleet.separate(Set.of(victim.index()), others);
        victim.kill();
    }

    /** A node that leaves takes its counters along. */
    void keepDrops(FaultNode leaving) {
        leaving.get("/metrics").ifPresent(drops::add);
    }

    /** Waits until the others no longer count on a node. */
    void awaitNotice(FaultNode lost, Duration limit) {
        Set<Integer> others = mesh.others(lost.index());
        noticed(FaultMesh.await(
                limit, () -> others.stream().allMatch(observer -> mesh.misses(observer, lost.index()))));
    }

    /** How long the loss of a node went unnoticed; empty for too long. */
    void noticed(Optional<Duration> after) {
        if (after.isEmpty()) {
            unnoticed = true;
        } else if (notice == null || after.get().compareTo(notice) > 0) {
            notice = after.get();
        }
    }

    /** Waits until the mesh is one again, from the end of a fault on. */
    void awaitConvergence() {
        Optional<Duration> took = mesh.awaitConvergence(LIMIT);
        if (took.isEmpty()) {
            diverged = true;
            say("not converged after " + LIMIT.toSeconds() + " s");
        } else if (convergence == null || took.get().compareTo(convergence) > 0) {
            convergence = took.get();
        }
        fleet.reunite();
    }

    /** The longest convergence; null if there was none. */
    @Nullable
    Duration convergence() {
        return convergence;
    }

    /** The latest notice of a lost node; null if no node was lost. */
    @Nullable
    Duration notice() {
        return notice;
    }

    boolean diverged() {
        return diverged;
    }

    boolean unnoticed() {
        return unnoticed;
    }

    Drops drops() {
        return drops;
    }
}
