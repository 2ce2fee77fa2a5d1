package io.meshvine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.MeshFixtures;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MeshFiguresTest {

    @Test
    void showMembersLinksRoutesAndCounters() {
        Map<String, Object> figures = MeshFigures.of(MeshFixtures.status(), MeshFixtures.counters());
        String self = "$SYS/mesh/members/" + MeshFixtures.SELF + "/";
        String peer = "$SYS/mesh/members/" + MeshFixtures.PEER + "/";
        String link = "$SYS/mesh/links/" + MeshFixtures.PEER + "/";

        assertThat(figures)
                .containsEntry("$SYS/mesh/name", "plant")
                .containsEntry("$SYS/mesh/members/count", 2L)
                .containsEntry(self + "name", "a")
                .containsEntry(self + "state", "self")
                .containsEntry(peer + "name", "b")
                .containsEntry(peer + "state", "connected")
                .containsEntry(peer + "epoch", 9L)
                .containsEntry(peer + "address/mqtt", "127.0.0.1:1884")
                .containsEntry(link + "state", "connected")
                .containsEntry(link + "rtt/micros", 250L)
                .containsEntry(link + "publishes/sent", 10L)
                .containsEntry(link + "publishes/received", 20L)
                .containsEntry(link + "publishes/unacknowledged", 5)
                .containsEntry(link + "publishes/queued", 6L)
                .containsEntry(link + "publishes/dropped", 8L)
                .containsEntry("$SYS/mesh/routes/advertised", 17)
                .containsEntry("$SYS/mesh/routes/" + MeshFixtures.PEER, 42)
                .containsEntry("$SYS/mesh/publishes/forwarded", 2L)
                .containsEntry("$SYS/mesh/publishes/dropped", 1L)
                .containsEntry("$SYS/mesh/publishes/without-interest", 0L)
                .containsEntry("$SYS/mesh/bytes/sent", 1_000L);
    }
}
