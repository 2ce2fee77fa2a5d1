package io.meshvine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.mesh.BridgeLoop;
import io.meshvine.node.admin.Health;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Real loops, in a time that the test turns. */
class NodeHealthTest {

    private final AtomicLong now = new AtomicLong();
    private final Health health = new Health();
    private final NodeHealth watched = new NodeHealth(health, now::get);
    private final BridgeLoop bridge = new BridgeLoop("test-bridge");
    private final BridgeLoop sessions = new BridgeLoop("test-sessions");
    private final CountDownLatch hung = new CountDownLatch(1);

    @AfterEach
    void close() {
        hung.countDown();
        bridge.close();
        sessions.close();
    }

    private void watchBoth() {
        watched.watch("bridge", bridge::execute);
        watched.watch("sessions", sessions::execute);
    }

    private void hang(BridgeLoop loop) {
        loop.execute(() -> {
            try {
                hung.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void pass(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void isWellWhileEveryThreadAnswersHoweverMuchTimePasses() {
        watchBoth();
        for (int i = 0; i < 10; i++) {
            await().untilAsserted(() -> assertThat(health.ready().fine()).isTrue());
            pass(Duration.ofHours(1));
            await().untilAsserted(() -> assertThat(health.live().fine()).isTrue());
        }
    }

    @Test
    void aThreadThatHangsCostsReadinessThenLifeAndIsNamed() {
        watchBoth();
        hang(bridge);
        watched.beat();

        pass(NodeHealth.SLOW);
        await().untilAsserted(() -> assertThat(health.ready().checks())
                .containsEntry("responsive", "bridge has not answered for 2 s")
                .containsEntry("threads", "ok"));
        assertThat(health.live().fine()).isTrue();

        pass(NodeHealth.HUNG);
        assertThat(health.live().fine()).isFalse();
        assertThat(health.live().checks()).containsEntry("threads", "bridge has not answered for 12 s");
    }

    @Test
    void recoversWhenTheThreadAnswersAgain() {
        watchBoth();
        hang(sessions);
        watched.beat();
        pass(NodeHealth.HUNG);
        assertThat(health.live().fine()).isFalse();

        hung.countDown();

        await().untilAsserted(() -> assertThat(health.ready().fine()).isTrue());
        assertThat(health.live().fine()).isTrue();
    }

    @Test
    void aThreadThatEndedAnswersNoMore() {
        watchBoth();
        bridge.close();
        watched.beat();
        pass(NodeHealth.HUNG);
        assertThat(health.live().checks()).containsEntry("threads", "bridge has not answered for 10 s");
    }
}
