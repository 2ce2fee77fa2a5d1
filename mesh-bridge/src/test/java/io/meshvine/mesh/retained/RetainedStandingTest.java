package io.meshvine.mesh.retained;

import static io.meshvine.mesh.retained.RetainedStanding.Level.CURRENT;
import static io.meshvine.mesh.retained.RetainedStanding.Level.FRESH;
import static io.meshvine.mesh.retained.RetainedStanding.Level.STALE;
import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.NodeId;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetainedStandingTest {
    private static final Duration LIFE = Duration.ofDays(7);
    private static final long NOW = 1_790_000_000_000L;

    private final RetainedStanding standing = new RetainedStanding(LIFE);

    @Test
    void isFreshUntilItEqualsAPeer() {
        standing.onContact(NOW);
        assertThat(standing.level()).isEqualTo(FRESH);
        standing.onEqual();
        assertThat(standing.level()).isEqualTo(CURRENT);
    }

    @Test
    void isStaleAfterBeingOutOfContactForLongerThanTombstonesLive() {
        standing.onContact(NOW);
        standing.onEqual();
        standing.onContact(NOW + LIFE.toMillis());
        assertThat(standing.level()).isEqualTo(CURRENT);
        standing.onContact(NOW + 2 * LIFE.toMillis() + 1);
        assertThat(standing.level()).isEqualTo(STALE);
        standing.onEqual();
        assertThat(standing.level()).isEqualTo(CURRENT);
    }

    @Test
    void goesOnWithWhatAnEarlierLifeKnew() {
        RetainedStanding restored = new RetainedStanding(LIFE, CURRENT, NOW);
        restored.onContact(NOW + LIFE.toMillis() + 1);
        assertThat(restored.level()).isEqualTo(STALE);
    }

    @Test
    void neverBecomesStaleByBeingAloneBeforeItEverMetAPeer() {
        standing.onContact(NOW + 100 * LIFE.toMillis());
        assertThat(standing.level()).isEqualTo(FRESH);
        assertThat(standing.yields(written(NOW), CURRENT, NOW + 100 * LIFE.toMillis()))
                .isFalse();
    }

    @Test
    void yieldsOldWritesToCurrentPeersOnlyWhileStale() {
        long later = NOW + LIFE.toMillis() + 1;
        RetainedStanding stale = new RetainedStanding(LIFE, CURRENT, NOW - 1);
        stale.onContact(later);
        assertThat(stale.yields(written(NOW), CURRENT, later)).isTrue();
        assertThat(stale.yields(written(NOW + 1), CURRENT, later)).isFalse();
        assertThat(stale.yields(written(NOW), STALE, later)).isFalse();
        assertThat(stale.yields(written(NOW), FRESH, later)).isFalse();
        stale.onEqual();
        assertThat(stale.yields(written(NOW), CURRENT, later)).isFalse();
    }

    private static RetainedMessage written(long millis) {
        return new RetainedMessage(
                "t", new HybridTimestamp(millis, 0, new NodeId(1, 1)), 1, new byte[1], false, RetainedMessage.NEVER);
    }
}
