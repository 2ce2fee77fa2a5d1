package io.meshvine.node.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.store.HeapRecordStore;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CleanStartRecordsTest {

    private final RecordStore store = new HeapRecordStore();
    private final CleanStartRecords records = new CleanStartRecords(store);

    private Map<String, Long> restored() {
        Map<String, Long> found = new HashMap<>();
        new CleanStartRecords(store).restore(found::put);
        return found;
    }

    @Test
    void theLastCleanStartOfAClientIsFoundAgainUntilItIsForgotten() {
        AtomicInteger durable = new AtomicInteger();
        records.keep("a", 7, durable::incrementAndGet);
        records.keep("ü", 8, durable::incrementAndGet);
        records.keep("a", 9, durable::incrementAndGet);
        assertThat(restored()).isEqualTo(Map.of("a", 9L, "ü", 8L));
        assertThat(durable).hasValue(3);

        records.forget("a");
        assertThat(restored()).isEqualTo(Map.of("ü", 8L));
    }
}
