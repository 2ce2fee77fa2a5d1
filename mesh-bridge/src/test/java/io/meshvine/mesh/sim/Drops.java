package io.meshvine.mesh.sim;

import io.meshvine.mesh.DropReason;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshTarget;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which publishes of QoS 1 and 2 were dropped, as far as the counters tell: each time one grows, this notes which
 * publishes the reason fits at that moment. A publish that is missing is excused by one counted drop that fits it, and
 * each drop excuses one publish for one node.
 */
final class Drops {
    private static final List<DropReason> REASONS =
            List.of(DropReason.OUTBOX_FULL, DropReason.OUTBOX_EXPIRED, DropReason.EXPIRED, DropReason.UNKNOWN_PEER);
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long NANOS_PER_SECOND = 1_000_000_000;

    private final SimMesh mesh;
    private final Map<SimNode.Life, long[]> seen = new HashMap<>();
    private final List<Drop> drops = new ArrayList<>();
    private final Set<Missing> excused = new HashSet<>();

    /** A publish that a node lacks. */
    private record Missing(Sending sending, SimNode at) {}

    /** A counter grew. */
    private static final class Drop {
        private final long count;
        private final Set<Missing> candidates;
        private final Set<Missing> excuses = new HashSet<>();

        Drop(long count, Set<Missing> candidates) {
            this.count = count;
            this.candidates = candidates;
        }
    }

    Drops(SimMesh mesh) {
        this.mesh = mesh;
    }

    /** Looks at the counters of a node; to be called whenever it did something. */
    void observe(SimNode.Life life) {
        long[] before = seen.computeIfAbsent(life, none -> new long[REASONS.size()]);
        for (int i = 0; i < before.length; i++) {
            long now = life.bridge.counters().dropped(REASONS.get(i));
            if (now > before[i]) {
                drops.add(new Drop(now - before[i], candidates(life, REASONS.get(i))));
                mesh.happened(life + " drops " + (now - before[i]) + ": " + REASONS.get(i));
                before[i] = now;
            }
        }
    }

    private Set<Missing> candidates(SimNode.Life life, DropReason reason) {
        Set<Missing> found = new HashSet<>();
        for (Sending sending : mesh.books().sendings()) {
            if (sending.origin.node != life.node) {
                continue;
            }
            for (int i = 0; i < sending.targets.size(); i++) {
                MeshTarget target = sending.targets.get(i);
                SimNode node = sending.lives.get(i).node;
                if (sending.qos(target) > 0 && fits(reason, sending, node)) {
                    found.add(new Missing(sending, node));
                }
            }
        }
        return found;
    }

    private boolean fits(DropReason reason, Sending sending, SimNode target) {
        long now = mesh.scheduler().nowNanos();
        // The age of what an earlier life left is known by the wall clock, which may have been set meanwhile.
        long tolerance = mesh.plan().has(Fault.CLOCK_STEP) ? mesh.plan().skew() * NANOS_PER_MILLI : 0;
        long age = now - sending.atNanos + tolerance;
        return switch (reason) {
            case EXPIRED ->
                sending.publish.expirySeconds() != MeshPublish.NEVER_EXPIRES
                        && age >= sending.publish.expirySeconds() * NANOS_PER_SECOND;
            case OUTBOX_EXPIRED -> age >= retentionNanos() || isForgotten(target, tolerance);
            // It was routed to the peer, who was forgotten before the bridge had it.
            case UNKNOWN_PEER -> isNew(sending, now) && isForgotten(target, tolerance);
            default -> isNew(sending, now);
        };
    }

    private static boolean isNew(Sending sending, long nowNanos) {
        return sending.settled == 0 || sending.settledNanos == nowNanos;
    }

    /** Since when a peer is away is what disks say, which may have missed that it was back for a moment. */
    private boolean isForgotten(SimNode peer, long toleranceNanos) {
        return mesh.network().longestAwayNanos(peer.number) + toleranceNanos >= retentionNanos();
    }

    private long retentionNanos() {
        return mesh.plan().outboxRetention() * NANOS_PER_MILLI;
    }

    /** Whether a drop that was counted may have been about a publish for a node. */
    boolean mayHaveDropped(Sending sending, SimNode at) {
        Missing missing = new Missing(sending, at);
        return drops.stream().anyMatch(drop -> drop.candidates.contains(missing));
    }

    /** Whether the lack of a publish at a node is due to a drop that excuses nothing else. */
    boolean excuses(Sending sending, SimNode at) {
        Missing missing = new Missing(sending, at);
        if (excused.contains(missing)) {
            return true;
        }
        boolean found = assign(missing, new HashSet<>());
        if (found) {
            excused.add(missing);
        }
        return found;
    }

    /** Finds a drop for a publish; those that have theirs may have to change to another one. */
    private boolean assign(Missing missing, Collection<Drop> tried) {
        for (Drop drop : drops) {
            if (!drop.candidates.contains(missing) || tried.contains(drop)) {
                continue;
            }
            tried.add(drop);
            if (drop.excuses.size() < drop.count) {
                drop.excuses.add(missing);
                return true;
            }
            for (Missing other : List.copyOf(drop.excuses)) {
                if (assign(other, tried)) {
                    drop.excuses.remove(other);
                    drop.excuses.add(missing);
                    return true;
                }
            }
        }
        return false;
    }
}
