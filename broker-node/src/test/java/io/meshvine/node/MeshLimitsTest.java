package io.meshvine.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.jgroups.JGroupsTransport;
import io.meshvine.node.config.NodeConfig;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Limits of different parts that have to fit each other. */
class MeshLimitsTest {

    /** Header of a frame, numbers, and the groups that a publish is meant for. */
    private static final int FRAMING = 512 << 10;

    @Test
    void theTransportCarriesTheLongestPublishThatCanBeConfigured() {
        NodeConfig largest = NodeConfig.of(Map.of("mqtt.max-packet-size", "64MiB", "mesh.link-window", "1GiB"));
        assertThat(largest.mesh().maxPublishSize() + FRAMING).isLessThanOrEqualTo(JGroupsTransport.MAX_FRAME_BYTES);
    }
}
