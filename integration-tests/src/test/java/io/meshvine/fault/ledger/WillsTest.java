package io.meshvine.fault.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

class WillsTest {
    private final Wills wills = new Wills();

    @Test
    void everyWatcherShouldGetAWillOnce() {
        wills.expect("w/1", Set.of(0, 1), 100);
        wills.arrived("w/1", 0, 400);
        wills.arrived("w/1", 2, 450);
        assertThat(wills.report()).isEqualTo(new Wills.Report(1, 1, 0, 300));

        wills.arrived("w/1", 1, 600);
        wills.arrived("w/1", 1, 900);
        assertThat(wills.report()).isEqualTo(new Wills.Report(1, 0, 1, 800));
    }

    @Test
    void otherWillsAreNobodysBusiness() {
        wills.arrived("w/2", 0, 100);
        assertThat(wills.report()).isEqualTo(new Wills.Report(0, 0, 0, 0));
    }
}
