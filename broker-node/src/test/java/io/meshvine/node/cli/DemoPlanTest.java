package io.meshvine.node.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.node.cli.DemoPlan.Member;
import io.meshvine.node.config.ConfigLoader;
import io.meshvine.node.config.HostPort;
import io.meshvine.node.config.NodeConfig;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoPlanTest {

    @TempDir
    Path folder;

    @Test
    void portsFollowTheBasePortReadably() throws Exception {
        List<Member> members = DemoPlan.fixed(3, 1883, port -> true);

        assertThat(members)
                .containsExactly(
                        new Member("node-1", 1883, 8083, 8080, 7800),
                        new Member("node-2", 1884, 8183, 8180, 7801),
                        new Member("node-3", 1885, 8283, 8280, 7802));
        assertThat(DemoPlan.fixed(50, 1883, port -> true).stream()
                        .flatMap(member -> List.of(member.mqtt(), member.ws(), member.admin(), member.mesh()).stream()))
                .doesNotHaveDuplicates();
    }

    @Test
    void namesThePortThatIsTakenAndAWayOut() {
        assertThatThrownBy(() -> DemoPlan.fixed(3, 1883, port -> port != 8180))
                .isInstanceOf(DemoException.class)
                .hasMessage(
                        "port 8180 (admin of node-2) is taken; stop what uses it, or move all ports with --base-port"
                                + " 2883 (--base-port 0 takes any free ones)");
    }

    @Test
    void suggestsABasePortWherePortsAreFree() {
        assertThatThrownBy(() -> DemoPlan.fixed(3, 1883, port -> port != 1883 && port != 2884))
                .hasMessageContaining("--base-port 3883");
    }

    @Test
    void noticesAPortThatIsReallyTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(DemoPlan.isFree(taken.getLocalPort())).isFalse();
        }
    }

    @Test
    void refusesBasePortsThatLeaveNoRoom() {
        assertThatThrownBy(() -> DemoPlan.of(3, 60_000, folder))
                .isInstanceOf(DemoException.class)
                .hasMessage("--base-port 60000: expected 1 to 59135 for 3 nodes, or 0 for any free ports");
        assertThatThrownBy(() -> DemoPlan.of(3, -5, folder)).isInstanceOf(DemoException.class);
    }

    @Test
    void writesFilesThatStartEachNode() throws Exception {
        DemoPlan plan = DemoPlan.of(2, 0, folder.resolve("it's here"));
        plan.writeConfigFiles();

        Member second = plan.members().get(1);
        NodeConfig config = ConfigLoader.load(plan.configFile(second), Map.of()).config();
        assertThat(config.name()).isEqualTo("node-2");
        assertThat(config.dataDir()).isEqualTo(folder.resolve("it's here/node-2"));
        assertThat(config.mqtt().tcp().port()).isZero();
        assertThat(config.mesh().bind().port()).isEqualTo(second.mesh());
        assertThat(config.mesh().seeds())
                .containsExactly(
                        new HostPort("127.0.0.1", plan.members().get(0).mesh()),
                        new HostPort("127.0.0.1", second.mesh()));
    }

    @Test
    void nodesRunWithTheirOwnOptionsAndTheUsers() {
        List<String> command = NodeJvm.command(folder.toString(), "-Xmx64m -Dx=y", "a.jar:b.jar");

        assertThat(command.get(0)).endsWith("/bin/java");
        assertThat(command)
                .containsSubsequence("-Dmeshvine.lib=" + folder, "-Xmx64m", "-Dx=y", "-jar")
                .endsWith(folder.resolve("meshvine.jar").toString());

        assertThat(NodeJvm.command(null, null, "a.jar:b.jar"))
                .containsSubsequence("-cp", "a.jar:b.jar")
                .endsWith("io.meshvine.node.Main");
    }
}
