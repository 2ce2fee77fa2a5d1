package io.meshvine.mesh.jgroups;

import static io.meshvine.mesh.jgroups.TestMember.awaitMembers;
import static io.meshvine.mesh.jgroups.TestMember.freePort;
import static io.meshvine.mesh.jgroups.TestMember.loopback;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class JGroupsTransportTest {

    @Test
    void threeMembersWithSeedsFormOneMesh() {
        List<InetSocketAddress> seeds = List.of(
                loopback(freePort()),
                InetSocketAddress.createUnresolved("localhost", freePort()),
                loopback(freePort()));
        try (TestMember a = seeded("a", seeds, 0);
                TestMember b = seeded("b", seeds, 1);
                TestMember c = seeded("c", seeds, 2)) {
            awaitMembers(3, a, b, c);
            assertThat(a.send(c, "hello")).isTrue();
            await().until(() -> c.texts.equals(List.of("hello")));
        }
    }

    private static TestMember seeded(String name, List<InetSocketAddress> seeds, int index) {
        return TestMember.started(JGroupsOptions.defaults("test", name, new Discovery.Static(seeds))
                .withBind(InetAddress.getLoopbackAddress(), seeds.get(index).getPort(), 0));
    }
}
