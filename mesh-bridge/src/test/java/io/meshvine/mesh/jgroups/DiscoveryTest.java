package io.meshvine.mesh.jgroups;

import static io.meshvine.mesh.jgroups.TestMember.PATIENCE;
import static io.meshvine.mesh.jgroups.TestMember.awaitMembers;
import static io.meshvine.mesh.jgroups.TestMember.freePort;
import static io.meshvine.mesh.jgroups.TestMember.loopback;
import static io.meshvine.mesh.jgroups.TestMember.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The ways in which members find each other, and in which a start fails. */
@Timeout(60)
class DiscoveryTest {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final List<TestMember> members = new ArrayList<>();

    @AfterEach
    void close() {
        members.forEach(TestMember::close);
    }

    @Test
    void membersStartedAtTheSameMomentFormOneMesh() {
        List<InetSocketAddress> seeds =
                IntStream.range(0, 4).mapToObj(i -> loopback(freePort())).toList();
        List<CompletableFuture<TestMember>> starting = new ArrayList<>();
        for (InetSocketAddress own : seeds) {
            JGroupsOptions options = JGroupsOptions.defaults("test", "m" + own.getPort(), new Discovery.Static(seeds))
                    .withBind(LOOPBACK, own.getPort(), 0);
            starting.add(CompletableFuture.supplyAsync(() -> start(options), task -> new Thread(task).start()));
        }
        starting.forEach(CompletableFuture::join);
        awaitMembers(4, members.toArray(TestMember[]::new));
    }

    @Test
    void seedsThatAreUnknownDownOrTheMemberItselfDoNoHarm() {
        int port = freePort();
        InetSocketAddress unknown = InetSocketAddress.createUnresolved("no-such-host.invalid", 7800);
        InetSocketAddress byName = InetSocketAddress.createUnresolved("localhost", port);
        List<InetSocketAddress> seeds = List.of(unknown, loopback(freePort()), byName);
        NameResolver resolver = host -> {
            if (host.endsWith(".invalid")) {
                throw new UnknownHostException(host);
            }
            return NameResolver.SYSTEM.resolve(host);
        };
        JGroupsOptions options = JGroupsOptions.defaults("test", "a", new Discovery.Static(seeds))
                .withResolver(resolver);

        TestMember a = start(options.withBind(LOOPBACK, port, 0));
        TestMember b = start(options);
        awaitMembers(2, a, b);
    }

    @Test
    void aSeedThatComesUpLaterIsFound() {
        int port = freePort();
        Discovery seed = new Discovery.Static(List.of(loopback(port)));
        TestMember alone = start(JGroupsOptions.defaults("test", "a", seed));
        assertThat(alone.view).containsExactly(alone.self());

        TestMember late = start(JGroupsOptions.defaults("test", "b", new Discovery.Static(List.of()))
                .withBind(LOOPBACK, port, 0));
        awaitMembers(2, alone, late);
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "needs 127.0.0.2 as a second address of this host")
    void aNameIsResolvedAgainAsMembersCome() throws Exception {
        int port = freePort();
        InetAddress second = InetAddress.getByName("127.0.0.2");
        AtomicInteger asked = new AtomicInteger();
        List<InetAddress> known = new ArrayList<>();
        NameResolver resolver = name -> {
            asked.incrementAndGet();
            assertThat(name).isEqualTo("tasks.mesh");
            synchronized (known) {
                if (known.isEmpty()) {
                    throw new UnknownHostException(name);
                }
                return List.copyOf(known);
            }
        };
        JGroupsOptions options = JGroupsOptions.defaults("test", "a", new Discovery.Dns("tasks.mesh", port))
                .withResolver(resolver);

        TestMember a = start(options.withBind(LOOPBACK, port, 0));
        TestMember b = start(options.withBind(second, port, 0));
        assertThat(a.view).hasSize(1);
        assertThat(b.view).hasSize(1);
        synchronized (known) {
            known.add(LOOPBACK);
            known.add(second);
        }
        awaitMembers(2, a, b);
        assertThat(asked).hasValueGreaterThan(1);
    }

    @Test
    void nodesOfOneHostFindEachOtherOnAnyPort(@TempDir Path directory) throws IOException {
        Discovery lan = new Discovery.Lan(freePort(), 0, directory);
        TestMember a = start(JGroupsOptions.defaults("test", "a", lan));
        TestMember b = start(JGroupsOptions.defaults("test", "b", lan));
        TestMember stranger = start(JGroupsOptions.defaults("other", "c", lan));
        awaitMembers(2, a, b);
        assertThat(stranger.view).hasSize(1);

        close();
        try (var left = Files.walk(directory)) {
            assertThat(left.filter(Files::isRegularFile))
                    .as("entries of nodes that stopped")
                    .isEmpty();
        }
    }

    @Test
    void nodesOfOneHostTakeTheNextPortAndFindEachOtherWithoutADirectory(@TempDir Path directory) throws IOException {
        Path unusable = Files.createFile(directory.resolve("file"));
        int first = freePort();
        Discovery lan = new Discovery.Lan(first, 10, unusable);
        TestMember a = start(JGroupsOptions.defaults("test", "a", lan).withBind(LOOPBACK, first, 9));
        TestMember b = start(JGroupsOptions.defaults("test", "b", lan).withBind(LOOPBACK, first, 9));
        awaitMembers(2, a, b);
        assertThat(b.transport.boundPort()).isBetween(a.transport.boundPort() + 1, first + 9);
    }

    @Test
    void meshesOfDifferentNamesNeverMerge() {
        TestMember a = start(JGroupsOptions.defaults("red", "a", new Discovery.Static(List.of())));
        Discovery seed = new Discovery.Static(List.of(a.address()));
        TestMember b = start(JGroupsOptions.defaults("blue", "b", seed));
        TestMember c = start(JGroupsOptions.defaults("red", "c", seed));
        awaitMembers(2, a, c);
        await().atMost(PATIENCE).until(() -> a.transport.counters().foreignMessages() > 4);
        assertThat(b.view).containsExactly(b.self());
        assertThat(a.view).containsExactlyInAnyOrder(a.self(), c.self());
    }

    @Test
    void ipv6MembersMeet() throws Exception {
        InetAddress six = InetAddress.getByAddress(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
        assumeTrue(canListenOn(six), "no IPv6 on this host");
        JGroupsOptions options = JGroupsOptions.defaults("test", "a", new Discovery.Static(List.of()));
        TestMember a = start(options.withBind(six, 0, 0));
        Discovery seed = new Discovery.Static(List.of(new InetSocketAddress(six, a.transport.boundPort())));
        TestMember b = start(JGroupsOptions.defaults("test", "b", seed).withBind(six, 0, 0));
        awaitMembers(2, a, b);
    }

    @Test
    void membersThatListenOnAllInterfacesTellPeersARealAddress() throws Exception {
        InetAddress any = InetAddress.getByName("0.0.0.0");
        JGroupsOptions options = JGroupsOptions.defaults("test", "a", new Discovery.Static(List.of()));
        TestMember a = start(options.withBind(any, 0, 0));
        TestMember b = start(JGroupsOptions.defaults("test", "b", new Discovery.Static(List.of(a.address())))
                .withBind(any, 0, 0));
        TestMember c = start(JGroupsOptions.defaults("test", "c", new Discovery.Static(List.of(b.address())))
                .withBind(any, 0, 0)
                .withAdvertisedAddress(LOOPBACK));
        awaitMembers(3, a, b, c);
        assertThat(a.send(c, "from a")).isTrue();
        assertThat(c.send(a, "from c")).isTrue();
        await().until(() -> c.texts.contains("from a") && a.texts.contains("from c"));
    }

    @Test
    void aTakenPortIsAnErrorThatSaysWhatToDo() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, LOOPBACK)) {
            int port = taken.getLocalPort();
            JGroupsOptions options = JGroupsOptions.defaults("test", "a", new Discovery.Static(List.of()))
                    .withBind(LOOPBACK, port, 0);
            assertThatThrownBy(() -> start(options))
                    .isInstanceOf(JGroupsStartException.class)
                    .hasMessageContaining("mesh.bind-port=" + port)
                    .hasMessageContaining("set another port");
        }
    }

    @Test
    void anAddressOfAnotherHostIsAnErrorThatSaysWhatToDo() throws Exception {
        JGroupsOptions options = JGroupsOptions.defaults("test", "a", new Discovery.Static(List.of()))
                .withBind(InetAddress.getByName("192.0.2.1"), 0, 0);
        assertThatThrownBy(() -> start(options))
                .isInstanceOf(JGroupsStartException.class)
                .hasMessageContaining("mesh.bind-address=192.0.2.1");
    }

    @Test
    void aMemberAloneStartsWithinTheJoinTimeout() {
        start(JGroupsOptions.defaults("warm-up", "a", new Discovery.Static(List.of())));
        long start = System.nanoTime();
        start(JGroupsOptions.defaults("test", "a", new Discovery.Static(List.of())));
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .as("below 1 s on an idle machine")
                .isLessThan(Duration.ofSeconds(3));
    }

    private TestMember start(JGroupsOptions options) {
        TestMember member = started(options);
        synchronized (members) {
            members.add(member);
        }
        return member;
    }

    private static boolean canListenOn(InetAddress address) {
        try (ServerSocket socket = new ServerSocket(0, 1, address)) {
            return socket.isBound();
        } catch (IOException none) {
            return false;
        }
    }
}
