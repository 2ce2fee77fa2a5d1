package io.meshvine.mesh.jgroups;

import static io.meshvine.mesh.jgroups.TestMember.PATIENCE;
import static io.meshvine.mesh.jgroups.TestMember.awaitMembers;
import static io.meshvine.mesh.jgroups.TestMember.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.mesh.PeerAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jgroups.protocols.DISCARD;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Processes that die or hang under load, and a network that falls apart. */
@Timeout(60)
class FaultTest {

    private static final Duration PEER_TIMEOUT = Duration.ofSeconds(2);

    private TestMember a;
    private TestMember b;
    private DISCARD cut;

    @BeforeEach
    void form() {
        JGroupsOptions options = options(new Discovery.Static(List.of()));
        MeshStack stack = new MeshStack(options);
        cut = new DISCARD();
        stack.protocols().add(1, cut);
        a = new TestMember(options, stack);
        a.transport.start(a);
        b = started(options(new Discovery.Static(List.of(a.address()))));
    }

    @AfterEach
    void close() {
        b.close();
        a.close();
    }

    @Test
    void aKilledProcessIsNoticedAtOnce() {
        try (MemberProcess child = new MemberProcess(a, PEER_TIMEOUT);
                Load load = new Load(a)) {
            awaitMembers(3, a, b);
            load.to(a.view);
            await().until(() -> load.taken.get() > 100);
            long start = System.nanoTime();
            child.kill();
            awaitMembers(2, a, b);
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .as("below 1.5 s on an idle machine")
                    .isLessThan(Duration.ofSeconds(5));
        }
    }

    @Test
    @DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs SIGSTOP")
    void aHungProcessHoldsUpNobodyAndIsLeftOutUntilItIsBack() throws Exception {
        AtomicLong takenByB = new AtomicLong();
        b.onFrame = (from, frame) -> takenByB.incrementAndGet();
        try (MemberProcess child = new MemberProcess(a, PEER_TIMEOUT);
                Load load = new Load(a)) {
            awaitMembers(3, a, b);
            load.to(a.view);
            await().until(() -> takenByB.get() > 100);
            child.stop();
            long start = System.nanoTime();
            long longestPause = 0;
            long last = start;
            while (a.view.size() == 3 || b.view.size() == 3) {
                long before = takenByB.get();
                await().atMost(PATIENCE).pollInterval(Duration.ofMillis(1)).until(() -> takenByB.get() > before);
                longestPause = Math.max(longestPause, System.nanoTime() - last);
                last = System.nanoTime();
            }
            assertThat(longestPause).as("pause of the other, ns").isLessThan(1_000_000_000L);
            load.to(Set.of());
            child.resume();
            awaitMembers(3, a, b);
        }
    }

    @Test
    void aSplitMeshIsOneAgainOnceItCan() {
        TestMember c = started(options(new Discovery.Static(List.of(a.address()))));
        try {
            awaitMembers(3, a, b, c);
            cut.discardAll(true);
            awaitMembers(1, a);
            awaitMembers(2, b, c);
            assertThat(a.send(b, "into the gap")).isFalse();

            cut.discardAll(false);
            awaitMembers(3, a, b, c);
            b.texts.clear();
            assertThat(a.send(b, "together")).isTrue();
            await().atMost(PATIENCE).until(() -> b.texts.contains("together"));
        } finally {
            c.close();
        }
    }

    /** As in a cut of one direction: others reach both ends, and nobody is left out. */
    @Test
    void aConnectionOnWhichNothingGetsThroughIsRenewed() {
        JGroupsOptions options = options(new Discovery.Static(List.of(a.address())));
        MeshStack stack = new MeshStack(options);
        DISCARD discard = new DISCARD();
        stack.protocols().removeIf(FD_ALL3.class::isInstance);
        stack.protocols().add(1, discard);
        try (TestMember c = new TestMember(options, stack)) {
            c.transport.start(c);
            awaitMembers(3, a, b, c);
            discard.addIgnoreMember(new UUID(b.self().high(), b.self().low()));
            assertThat(c.send(b, "unheard")).isTrue();

            await().atMost(PATIENCE).until(() -> c.transport.counters().renewedConnections() > 0);
            discard.resetIgnoredMembers();
            assertThat(c.send(b, "heard")).isTrue();
            await().atMost(PATIENCE).until(() -> b.texts.contains("heard"));
            assertThat(c.view).hasSize(3);
        }
    }

    private static JGroupsOptions options(Discovery discovery) {
        return JGroupsOptions.defaults("test", "m", discovery)
                .withTimeouts(JGroupsOptions.DEFAULT_JOIN_TIMEOUT, PEER_TIMEOUT);
    }

    /** Sends as much as is taken, to each of a set of peers in turn. */
    private static final class Load implements AutoCloseable {
        final AtomicLong taken = new AtomicLong();
        private final TestMember from;
        private final Thread thread;
        private volatile Set<PeerAddress> peers = Set.of();
        private volatile boolean ended;

        Load(TestMember from) {
            this.from = from;
            thread = new Thread(this::run, "load");
            thread.start();
        }

        void to(Set<PeerAddress> members) {
            Set<PeerAddress> others = new HashSet<>(members);
            others.remove(from.self());
            peers = others;
        }

        private void run() {
            byte[] frame = new byte[16_384];
            while (!ended) {
                boolean any = false;
                for (PeerAddress peer : peers) {
                    if (from.transport.send(peer, ByteBuffer.wrap(frame))) {
                        taken.incrementAndGet();
                        any = true;
                    }
                }
                if (!any) {
                    LockSupport.parkNanos(100_000);
                }
            }
        }

        @Override
        public void close() {
            ended = true;
            try {
                thread.join();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
