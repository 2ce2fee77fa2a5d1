package io.meshvine.fault.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DelaysTest {
    private final Delays delays = new Delays();

    @Test
    void ofAHundredOneMayBeSlower() {
        for (int i = 1; i <= 98; i++) {
            delays.add(2);
        }
        delays.add(7);
        delays.add(100_000);

        assertThat(delays.quantile(0.99)).isEqualTo(7);
        assertThat(delays.quantile(0.5)).isEqualTo(2);
        assertThat(delays.quantile(1)).isEqualTo(60_000);
    }

    @Test
    void nothingTakesNoTime() {
        assertThat(delays.quantile(0.99)).isZero();
    }
}
