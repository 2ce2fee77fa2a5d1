package io.meshvine.mesh.jgroups;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The other meshes that were met. Meshes of different names may well share hosts, ports and networks, so each is
 * mentioned once, for the operator who did not mean it.
 */
final class ForeignMeshes {

    private static final Logger LOG = LoggerFactory.getLogger(ForeignMeshes.class);

    private static final int MAX_NAMES = 32;

    private final Set<String> names = ConcurrentHashMap.newKeySet();
    private final LongAdder messages = new LongAdder();

    /** Notes a message of another mesh. */
    void met(String name) {
        messages.increment();
        if (names.size() < MAX_NAMES && names.add(name)) {
            LOG.info("found members of mesh {}; left alone, as their mesh.name is another", name);
        }
    }

    /** How many messages of other meshes came in. */
    long messages() {
        return messages.sum();
    }
}
