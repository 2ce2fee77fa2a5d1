package io.meshvine.mesh.wire;

import org.jspecify.annotations.Nullable;

/** What an entry of a frame says: one publish, or several that go together. Immutable once it is handed to the bridge. */
public sealed interface FrameContent permits EncodedPublish, Run {

    /** How many publishes it is. */
    int publishes();

    /** Most bytes that it takes in a frame. */
    int maxEntrySize(byte @Nullable [] groups);

    /**
     * Writes it.
     *
     * @return where it ends
     */
    int write(byte[] frame, int from, int entryFlags, byte @Nullable [] groups, long nowNanos);
}
