package io.meshvine.mesh.sim;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.retained.HybridTimestamp;
import io.meshvine.mesh.retained.RetainedMessage;
import java.time.Duration;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Many retained messages between simulated nodes. {@code -Dmeshvine.sim.retained=1000000} takes that many and prints what
 * it took.
 */
class RetainedAtScaleTest {
    private static final int MESSAGES = Integer.getInteger("meshvine.sim.retained", 50_000);

    /** A fast network without faults, so that figures mean something. */
    private static final FaultPlan CALM = new FaultPlan(
            Set.of(), false, 1, 1, 100_000, 400_000, 1_000, 0, 0, 0, 0, 0, 0, 64 << 20, 64 << 20, 86_400_000);

    private final SimMesh mesh = new SimMesh(new SplittableRandom(1), 2, CALM, Defect.NONE);

    @Test
    void aNodeThatJoinsGetsAllOfThemAndAnInterruptionLosesNoProgress() {
        mesh.start(0);
        fill(mesh.node(0).current());
        long began = System.nanoTime();
        mesh.start(1);
        SimNode.Life joined = mesh.node(1).current();
        while (joined.retained.size() < MESSAGES / 3) {
            run(20);
        }
        cut(true);
        run(4_000);
        int before = joined.retained.size();
        assertThat(before).isLessThan(MESSAGES);
        long bytesBefore = mesh.node(0).current().bridge.counters().bytesOut();
        cut(false);
        while (!joined.retained.digest().equals(mesh.node(0).current().retained.digest())) {
            run(250);
            assertThat(mesh.scheduler().nowNanos()).isLessThan(3_600_000_000_000L);
        }
        long perMessage = (mesh.node(0).current().bridge.counters().bytesOut() - bytesBefore) / (MESSAGES - before);
        System.out.printf(
                "%d retained messages, %d of them after the interruption: %.1f s virtual, %.1f s real, %d bytes each%n",
                MESSAGES,
                MESSAGES - before,
                mesh.scheduler().nowNanos() / 1e9,
                (System.nanoTime() - began) / 1e9,
                perMessage);
        assertThat(perMessage).isLessThan(200);
    }

    @Test
    void oneDifferenceAmongManyCostsLittle() {
        mesh.start(0);
        mesh.start(1);
        fill(mesh.node(0).current());
        fill(mesh.node(1).current());
        run(20_000);
        SimNode.Life ahead = mesh.node(0).current();
        ahead.retained.merge(message(7, new HybridTimestamp(ahead.loop.wallMillis(), 0, ahead.node.id)));
        long before = bytes();
        run(30_000);
        assertThat(mesh.node(1).current().retained.digest()).isEqualTo(ahead.retained.digest());
        long pings = 2 * 30 * 100;
        assertThat(bytes() - before).isLessThan(2 * (2_048 + 2_048 + 200 * 16) + pings + 4_096);
    }

    @Test
    void aNodeThatWasAwayForLongerThanTombstonesLiveDoesNotBringDeletedMessagesBack() {
        SimMesh three = new SimMesh(new SplittableRandom(2), 3, CALM, Defect.NONE);
        three.tombstoneLife(Duration.ofMinutes(1));
        for (int node = 0; node < 3; node++) {
            three.start(node);
        }
        three.runUntil(5_000);
        publish(three, 0, "deleted", 5);
        publish(three, 0, "kept", 5);
        three.runUntil(15_000);
        split(three, true);
        three.runUntil(20_000);
        publish(three, 0, "deleted", 0);
        publish(three, 2, "old", 5);
        three.runUntil(200_000);
        assertThat(three.node(0).current().retained.get("deleted"))
                .as("tombstone")
                .isNull();
        publish(three, 2, "late", 5);
        split(three, false);
        three.runUntil(260_000);
        for (SimNode node : three.nodes()) {
            assertThat(node.current().retained.get("deleted"))
                    .as("at n%d", node.number)
                    .isNull();
            assertThat(node.current().retained.get("kept"))
                    .as("at n%d", node.number)
                    .isNotNull();
            assertThat(node.current().retained.get("late"))
                    .as("at n%d", node.number)
                    .isNotNull();
            assertThat(node.current().retained.get("old"))
                    .as("at n%d", node.number)
                    .isNull();
        }
        assertThat(three.node(2).current().bridge.counters().retainedYielded()).isEqualTo(2);
    }

    private static void publish(SimMesh on, int node, String topic, int bytes) {
        on.publish(node, 0, topic, 1, true, bytes, -1, false);
    }

    private static void split(SimMesh on, boolean isCut) {
        for (int other = 0; other < 2; other++) {
            on.cut(2, other, isCut);
            on.cut(other, 2, isCut);
        }
    }

    private void fill(SimNode.Life life) {
        for (int i = 0; i < MESSAGES; i++) {
            life.retained.merge(message(i, new HybridTimestamp(1_780_000_000_000L, i, mesh.node(0).id)));
        }
    }

    private static RetainedMessage message(int number, HybridTimestamp stamp) {
        return new RetainedMessage(
                "site/building/floor/device" + number + "/state", stamp, 1, new byte[40], false, RetainedMessage.NEVER);
    }

    private void cut(boolean isCut) {
        mesh.cut(0, 1, isCut);
        mesh.cut(1, 0, isCut);
    }

    private long bytes() {
        return mesh.node(0).current().bridge.counters().bytesOut()
                + mesh.node(1).current().bridge.counters().bytesOut();
    }

    private void run(long millis) {
        mesh.runUntil(mesh.scheduler().nowNanos() / 1_000_000 + millis);
    }
}
