package io.meshvine.mesh.retained;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.NodeId;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class DivergenceLogTest {
    private static final NodeId HERE = new NodeId(0, 1);
    private static final NodeId THERE = new NodeId(0, 2);
    private static final long APART = 1_000;
    private static final long MET = 9_000;

    private final DivergenceLog log = new DivergenceLog();

    @Test
    void reportsWhatBothSidesWroteWhileApartAndWhoWon() {
        log.begin(THERE, APART, MET);
        log.compare(THERE, written("won-here", 3_000, HERE), written("won-here", 2_000, THERE));
        log.compare(
                THERE, written("won-there", 2_000, HERE), RetainedMessage.deleted("won-there", stamp(3_000, THERE)));

        DivergenceLog.Report report = Objects.requireNonNull(log.end(THERE));
        assertThat(report.peer()).isEqualTo(THERE);
        assertThat(report.topics()).isEqualTo(2);
        assertThat(report.conflicts())
                .containsExactly(
                        new DivergenceLog.Conflict("won-here", stamp(3_000, HERE), stamp(2_000, THERE), false),
                        new DivergenceLog.Conflict("won-there", stamp(3_000, THERE), stamp(2_000, HERE), true));
        assertThat(log.reports()).containsExactly(report);
    }

    @Test
    void leavesOutWhatOneSideWroteOrWhatIsOlderThanTheSplit() {
        log.compare(THERE, written("not-apart", 2_000, HERE), written("not-apart", 3_000, THERE));
        log.begin(THERE, APART, MET);
        log.compare(THERE, null, written("new", 2_000, THERE));
        log.compare(THERE, written("before", 500, HERE), written("before", 3_000, THERE));
        log.compare(THERE, written("same", 2_000, HERE), written("same", 2_000, HERE));
        log.compare(THERE, written("one-writer", 2_000, THERE), written("one-writer", 3_000, THERE));

        assertThat(log.end(THERE)).isNull();
        assertThat(log.reports()).isEmpty();
    }

    @Test
    void countsAllAndKeepsTheFirstHundredTopicsOfTheLastMerges() {
        for (int merge = 0; merge < 20; merge++) {
            log.begin(THERE, APART, MET + merge);
            for (int i = 0; i < 150; i++) {
                log.compare(THERE, written("t" + i, 2_000, HERE), written("t" + i, 3_000, THERE));
            }
            DivergenceLog.Report report = Objects.requireNonNull(log.end(THERE));
            assertThat(report.topics()).isEqualTo(150);
            assertThat(report.conflicts()).hasSize(100);
        }
        assertThat(log.reports()).hasSize(16);
        assertThat(log.reports().get(15).metMillis()).isEqualTo(MET + 19);
    }

    private static RetainedMessage written(String topic, long millis, NodeId by) {
        return new RetainedMessage(topic, stamp(millis, by), 1, new byte[1], false, RetainedMessage.NEVER);
    }

    private static HybridTimestamp stamp(long millis, NodeId by) {
        return new HybridTimestamp(millis, 0, by);
    }
}
