package io.meshvine.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.fault.ledger.LedgerReport;
import io.meshvine.fault.ledger.Wills;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private static final List<Long> NO_REPEATS = List.of(0L, 0L, 0L);

    private final Verdict verdict = new Verdict(Bars.serving(), true);

    private static LedgerReport report(long lost, List<Long> duplicates, long reordered, int gapMillis) {
        return new LedgerReport(
                100,
                100,
                0,
                lost,
                7,
                duplicates,
                3,
                reordered,
                0,
                0,
                List.of(),
                List.of(),
                List.of(),
                List.of(gapMillis, 10));
    }

    @Test
    void whatIsAllowedIsNoFailure() {
        verdict.ledger(report(0, List.of(0L, 12L, 0L), 0, 999), Map.of("qos0-offline", 5L));
        verdict.wills(new Wills.Report(3, 0, 0, 14_999));

        assertThat(verdict.failures()).isEmpty();
    }

    @Test
    void everyBarCanBeMissed() {
        verdict.ledger(report(9, List.of(0L, 0L, 2L), 4, 1_000), Map.of("expired", 5L, "peer-slow", 100L));
        verdict.wills(new Wills.Report(3, 1, 1, 15_000));

        assertThat(verdict.failures())
                .containsExactly(
                        "lost 9",
                        "unexplained 4",
                        "reordered 4",
                        "QoS 2 twice 2",
                        "n1 did not serve for 1000 ms",
                        "wills missing 1",
                        "wills twice 1",
                        "will after 15000 ms");
    }

    @Test
    void timesAreNotJudgedOnABusyMachine() {
        Verdict untimed = new Verdict(Bars.serving(), false);
        untimed.ledger(report(1, NO_REPEATS, 0, 30_000), Map.of("expired", 1L));
        untimed.wills(new Wills.Report(1, 0, 0, 60_000));

        assertThat(untimed.failures()).containsExactly("lost 1");
    }

    @Test
    void onlySomeFaultsLeaveEveryNodeServing() {
        Verdict lenient = new Verdict(Bars.none(), true);
        lenient.ledger(report(0, NO_REPEATS, 0, 30_000), Map.of());

        assertThat(lenient.failures()).isEmpty();
    }
}
