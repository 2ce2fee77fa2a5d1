package io.meshvine.mesh.link;

import io.meshvine.mesh.wire.FrameContent;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.StoredPublish;
import org.jspecify.annotations.Nullable;

/** A publish, or several that go as one, on the way to one peer. Confined to the bridge loop. */
final class OutboxEntry {
    final FrameContent content;
    final int flags;
    final byte @Nullable [] groups;

    /** Where it stands in the order of the link; {@link Position#NONE} if it is not repeated when it gets lost. */
    final Position position;

    private final boolean sequenced;
    final long enqueuedNanos;
    final int size;

    /** Whether it is kept until the peer confirmed it; else nothing was promised to its publisher. */
    final boolean guaranteed;

    /** Whether a record of it was handed to the store. */
    boolean stored;

    private int storedBytes;

    /** Whether that record is durable. */
    boolean durable;

    /** Whether it must not be sent before it is durable. */
    boolean held;

    private @Nullable Settlement settlement;

    OutboxEntry(
            FrameContent content,
            int flags,
            byte @Nullable [] groups,
            Position position,
            long enqueuedNanos,
            boolean guaranteed,
            @Nullable Settlement settlement) {
        this.content = content;
        this.flags = flags;
        this.groups = groups;
        this.position = position;
        this.sequenced = !position.equals(Position.NONE);
        this.enqueuedNanos = enqueuedNanos;
        this.size = content.maxEntrySize(groups);
        this.guaranteed = guaranteed;
        this.settlement = settlement;
    }

    boolean isSequenced() {
        return sequenced;
    }

    /** It has a record of this size, which may be less than what it would be given now. */
    void stored(int bytes) {
        stored = true;
        storedBytes = bytes;
    }

    /** Size of its record. */
    int recordBytes() {
        return stored ? storedBytes : StoredPublish.size(size);
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
