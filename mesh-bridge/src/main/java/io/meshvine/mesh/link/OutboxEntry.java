package io.meshvine.mesh.link;

import io.meshvine.mesh.wire.EncodedPublish;
import org.jspecify.annotations.Nullable;

/** A publish on its way to one peer. Confined to the bridge loop. */
final class OutboxEntry {

    /** {@link #sequence} of a publish that is not repeated when it gets lost. */
    static final long UNSEQUENCED = 0;

    final EncodedPublish publish;
    final int flags;
    final byte @Nullable [] groups;
    final long sequence;
    final long enqueuedNanos;
    final int size;

    /** Whether the store has it. */
    boolean stored;

    private @Nullable Settlement settlement;

    OutboxEntry(
            EncodedPublish publish,
            int flags,
            byte @Nullable [] groups,
            long sequence,
            long enqueuedNanos,
            @Nullable Settlement settlement) {
        this.publish = publish;
        this.flags = flags;
        this.groups = groups;
        this.sequence = sequence;
        this.enqueuedNanos = enqueuedNanos;
        this.size = publish.maxEntrySize(groups);
        this.settlement = settlement;
    }

    boolean isSequenced() {
        return sequence != UNSEQUENCED;
    }

    /** The publisher need not wait for this peer any longer. Idempotent. */
    void settle() {
        Settlement waiting = settlement;
        settlement = null;
        if (waiting != null) {
            waiting.settleOne();
        }
    }
}
