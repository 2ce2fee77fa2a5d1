package io.meshvine.mesh.retained;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.store.HeapRecordStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetainedRecordsTest {

    private static final NodeId SELF = new NodeId(1, 1);
    private static final long NOW = 1_000_000;

    private final HeapRecordStore store = new HeapRecordStore();
    private final HybridClock clock = new HybridClock(SELF, 1, () -> NOW);
    private final RetainedMap map = kept(clock);

    private RetainedMap kept(HybridClock with) {
        RetainedMap filled = new RetainedMap();
        RetainedRecords.keep(filled, with, store);
        return filled;
    }

    private static RetainedMessage message(String topic, HybridTimestamp stamp, String payload, long expiresAt) {
        byte[] body = ("\0" + payload).getBytes(StandardCharsets.UTF_8);
        return new RetainedMessage(topic, stamp, 1, body, false, expiresAt);
    }

    @Test
    void findsTheLastWordOfEachTopicAgain() {
        map.merge(message("a", clock.now(), "old", RetainedMessage.NEVER));
        map.merge(message("a", clock.now(), "new", NOW + 5));
        map.merge(message("b", clock.now(), "x", RetainedMessage.NEVER));
        map.merge(RetainedMessage.deleted("b", clock.now()));

        RetainedMap found = kept(new HybridClock(SELF, 1, () -> NOW));

        assertThat(found.digest()).isEqualTo(map.digest());
        assertThat(found.liveCount()).isEqualTo(1);
        RetainedMessage a = found.get("a");
        assertThat(new String(a.body(), StandardCharsets.UTF_8)).isEqualTo("\0new");
        assertThat(a.expiresAtMillis()).isEqualTo(NOW + 5);
        assertThat(a.qos()).isEqualTo(1);
        assertThat(found.get("b").tombstone()).isTrue();
        assertThat(found.bytes()).isEqualTo(map.bytes());
    }

    @Test
    void whatIsOlderIsNotWrittenAndWhatIsPurgedIsGone() {
        HybridTimestamp first = clock.now();
        map.merge(message("a", clock.now(), "newer", NOW + 1));
        map.merge(message("a", first, "older", RetainedMessage.NEVER));
        assertThat(new String(kept(clock).get("a").body(), StandardCharsets.UTF_8))
                .isEqualTo("\0newer");

        map.purge(NOW + 2, Duration.ofHours(1));
        assertThat(kept(clock).get("a").tombstone()).isTrue();
        map.purge(NOW + Duration.ofHours(2).toMillis(), Duration.ofHours(1));
        assertThat(store.get(Family.RETAINED, "a".getBytes(StandardCharsets.UTF_8)))
                .isNull();
    }

    @Test
    void theClockGoesOnEvenIfTheWallClockFellFarBehindItsOwnData() {
        map.merge(message("a", clock.now(), "x", RetainedMessage.NEVER));
        HybridClock late =
                new HybridClock(SELF, 1, () -> NOW - Duration.ofDays(1).toMillis());

        RetainedMap found = kept(late);

        assertThat(found.get("a")).isNotNull();
        assertThat(late.now()).isGreaterThan(found.get("a").stamp());
    }

    @Test
    void aRecordThatCannotBeReadIsNotTakenForAbsent() {
        store.write(new WriteUnit().put(Family.RETAINED, new byte[] {'t'}, new byte[] {1, 0, 3}));
        assertThatThrownBy(() -> kept(clock))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(" t");
        store.write(new WriteUnit().put(Family.RETAINED, new byte[] {'t'}, new byte[] {9}));
        assertThatThrownBy(() -> kept(clock))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("9");
    }
}
