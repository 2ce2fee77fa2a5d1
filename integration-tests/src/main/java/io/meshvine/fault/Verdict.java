package io.meshvine.fault;

import io.meshvine.fault.ledger.LedgerReport;
import io.meshvine.fault.ledger.Wills;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Compares what was measured with the bars. Used by one thread. */
final class Verdict {
    /** Reasons of drops that no promise forbids: they are counted at QoS 0 only. */
    private static final Set<String> QOS_0 =
            Set.of("peer-absent", "peer-slow", "out-of-order", "bridge-busy", "qos0-offline", "qos0-slow");

    private final Bars bars;
    private final boolean timed;
    private final List<String> failures = new ArrayList<>();

    Verdict(Bars bars, boolean timed) {
        this.bars = bars;
        this.timed = timed;
    }

    /** Adds a failure unless the condition holds. */
    void require(boolean holds, String failure) {
        if (!holds) {
            failures.add(failure);
        }
    }

    void ledger(LedgerReport ledger, Map<String, Long> drops) {
        long counted = drops.entrySet().stream()
                .filter(drop -> !QOS_0.contains(drop.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
        require(ledger.lost() == 0, "lost " + ledger.lost());
        require(ledger.lost() <= counted, "unexplained " + (ledger.lost() - counted));
        require(ledger.reordered() == 0, "reordered " + ledger.reordered());
        long twice = ledger.duplicates().get(2);
        require(twice == 0, "QoS 2 twice " + twice);
        require(ledger.lostSessions() == 0, "sessions lost " + ledger.lostSessions());
        require(ledger.strangers() == 0, "never sent " + ledger.strangers());
        if (timed && bars.alwaysServes()) {
            for (int node = 0; node < ledger.unavailableMillis().size(); node++) {
                int gap = ledger.unavailableMillis().get(node);
                require(gap < Bars.GAP.toMillis(), "n" + (node + 1) + " did not serve for " + gap + " ms");
            }
        }
    }

    void mesh(Stage stage) {
        failures.addAll(stage.failures());
        require(!stage.diverged(), "never converged");
        limit(stage.convergence(), Bars.CONVERGENCE, "converged");
        if (bars.noticedWithin() != null) {
            require(!stage.unnoticed(), "loss of a node not noticed");
            limit(stage.notice(), bars.noticedWithin(), "loss of a node noticed");
        }
    }

    void wills(Wills.Report wills) {
        require(wills.missing() == 0, "wills missing " + wills.missing());
        require(wills.duplicates() == 0, "wills twice " + wills.duplicates());
        limit(Duration.ofMillis(wills.slowestMillis()), Bars.WILL, "will");
    }

    private void limit(@Nullable Duration measured, Duration bar, String what) {
        if (timed && measured != null) {
            require(measured.compareTo(bar) < 0, what + " after " + measured.toMillis() + " ms");
        }
    }

    List<String> failures() {
        return failures;
    }
}
