package io.meshvine.fault;

import io.meshvine.fault.ledger.LedgerReport;
import io.meshvine.fault.ledger.Wills;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a scenario did to the mesh.
 *
 * @param ledger what clients know
 * @param wills what watchers know
 * @param wrongRetained topics whose retained message is wrong somewhere
 * @param settled whether every publisher had its acknowledgements in the end
 * @param convergence from the end of a fault until the mesh was one again, the longest; null if never
 * @param notice until the loss of a node was noticed, the longest; null if not, or none was lost
 * @param drops what the nodes counted as dropped, by reason
 * @param failures the bars that were missed; empty if all is well
 */
record Outcome(
        String scenario,
        long seed,
        LedgerReport ledger,
        Wills.Report wills,
        int wrongRetained,
        boolean settled,
        @Nullable Duration convergence,
        @Nullable Duration notice,
        Map<String, Long> drops,
        List<String> failures) {
    Outcome {
        drops = Map.copyOf(drops);
        failures = List.copyOf(failures);
    }

    static Outcome of(Scenario scenario, Stage stage, boolean settled, int wrongRetained) {
        LedgerReport ledger = stage.fleet().report();
        Wills.Report wills = stage.fleet().willReport();
        Verdict verdict = new Verdict(scenario.bars(), stage.settings().timed());
        verdict.ledger(ledger, stage.drops().byReason());
        verdict.mesh(stage);
        verdict.wills(wills);
        verdict.require(settled, "publishers wait for acknowledgements");
        verdict.require(wrongRetained == 0, "retained wrong " + wrongRetained);
        return new Outcome(
                scenario.name(),
                stage.settings().seed(),
                ledger,
                wills,
                wrongRetained,
                settled,
                stage.diverged() ? null : stage.convergence(),
                stage.unnoticed() ? null : stage.notice(),
                stage.drops().byReason(),
                verdict.failures());
    }

    /** The longest time that a node did not serve its own clients. */
    Duration unavailable() {
        return Duration.ofMillis(Collections.max(ledger.unavailableMillis()));
    }

    boolean passed() {
        return failures.isEmpty();
    }
}
