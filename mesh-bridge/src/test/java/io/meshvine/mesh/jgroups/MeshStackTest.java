package io.meshvine.mesh.jgroups;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.protocols.VERIFY_SUSPECT2;
import org.jgroups.stack.Protocol;
import org.junit.jupiter.api.Test;

/** What the default settings amount to. */
class MeshStackTest {

    private final List<Protocol> protocols =
            new MeshStack(JGroupsOptions.defaults("test", "m", new Discovery.Static(List.of()))).protocols();

    private <T extends Protocol> T protocol(Class<T> type) {
        return protocols.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElseThrow();
    }

    /** A suspect is looked at once per timeout, so it may take two until it is left out. */
    private Duration longestVerification() {
        return Duration.ofMillis(2 * protocol(VERIFY_SUSPECT2.class).getTimeout());
    }

    @Test
    void aSilentPeerIsLeftOutWellWithinTenSeconds() {
        FD_ALL3 silence = protocol(FD_ALL3.class);
        Duration longest = Duration.ofMillis(silence.getTimeout() + silence.getInterval());

        assertThat(longest.plus(longestVerification())).isLessThanOrEqualTo(Duration.ofSeconds(8));
        assertThat(silence.getTimeout() / silence.getInterval())
                .as("heartbeats that may be late before a peer is suspected")
                .isGreaterThanOrEqualTo(5);
    }

    @Test
    void aClosedConnectionIsVerifiedWellWithinTwoSeconds() {
        assertThat(longestVerification()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    }
}
