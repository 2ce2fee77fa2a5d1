package io.meshvine.mesh.jgroups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bridges of three nodes over their real transport. */
@Timeout(60)
class MeshOverJGroupsTest {

    private BridgedNode a;
    private BridgedNode b;
    private BridgedNode c;

    @BeforeEach
    void form() {
        a = new BridgedNode(1, new Discovery.Static(List.of()));
        Discovery seed = new Discovery.Static(List.of(TestMember.loopback(a.transport.boundPort())));
        b = new BridgedNode(2, seed);
        c = new BridgedNode(3, seed);
        await().until(() -> connectedPeers(a) == 2 && connectedPeers(b) == 2 && connectedPeers(c) == 2);
    }

    @AfterEach
    void close() {
        c.close();
        b.close();
        a.close();
    }

    @Test
    void publishesGoWhereTheyAreWantedAndNowhereElse() throws Exception {
        c.subscribe("plant/+/temp", 1);
        assertThat(a.index.size(c.id)).as("confirmed means that peers know").isEqualTo(1);
        assertThat(b.index.size(c.id)).isEqualTo(1);

        AtomicInteger settled = new AtomicInteger();
        for (int i = 0; i < 1000; i++) {
            a.publish("plant/7/temp", 1, String.valueOf(i).getBytes(StandardCharsets.UTF_8), settled::incrementAndGet);
        }
        await().until(() -> settled.get() == 1000 && c.arrived.size() == 1000);
        assertThat(c.arrived).startsWith("plant/7/temp 0").endsWith("plant/7/temp 999");
        assertThat(b.arrived).isEmpty();
        assertThat(b.bridge.counters().received(1)).isZero();
        assertThat(a.bridge.counters().sentWithoutInterest()).isZero();
    }

    @Test
    void routesOfANodeThatLeavesVanish() throws Exception {
        c.subscribe("#", 0);
        assertThat(a.index.match("x").peers()).hasSize(1);
        long start = System.nanoTime();
        c.close();
        await().until(() -> a.index.isEmpty() && b.index.isEmpty());
        assertThat((System.nanoTime() - start) / 1_000_000)
                .as("milliseconds; 300 on an idle machine")
                .isLessThan(3000);
    }

    private static long connectedPeers(BridgedNode node) {
        return node.bridge.status().join().routes().size();
    }
}
