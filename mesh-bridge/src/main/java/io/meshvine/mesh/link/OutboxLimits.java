package io.meshvine.mesh.link;

import io.meshvine.mesh.MeshOptions;

/**
 * What one peer may cost.
 *
 * @param windowBytes publishes in memory
 * @param diskBytes publishes on disk
 * @param retentionMillis how long they are kept there
 */
record OutboxLimits(long windowBytes, long diskBytes, long retentionMillis) {

    static OutboxLimits of(MeshOptions options) {
        return new OutboxLimits(
                options.linkWindowBytes(),
                options.outboxMaxBytes(),
                options.outboxRetention().toMillis());
    }
}
