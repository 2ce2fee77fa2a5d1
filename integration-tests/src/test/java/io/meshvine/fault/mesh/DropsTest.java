package io.meshvine.fault.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class DropsTest {
    private final Drops drops = new Drops();

    @Test
    void sumsWhatNodesCountedByReason() {
        drops.add("""
                # TYPE meshvine_sessions_dropped counter
                meshvine_sessions_dropped_total{reason="expired"} 3.0
                meshvine_sessions_dropped_total{reason="queue-full"} 0.0
                meshvine_mesh_publishes_dropped_total{reason="peer-absent"} 1.5E3
                meshvine_mesh_publishes_forwarded_total{qos="1"} 12.0
                """);
        drops.add("meshvine_mqtt_dropped_total{reason=\"expired\"} 4.0\n");

        assertThat(drops.byReason()).isEqualTo(Map.of("expired", 7L, "peer-absent", 1_500L));
    }
}
