package io.meshvine.mesh.link;

import java.util.ArrayDeque;
import java.util.Deque;

/** What came from a peer and has not been looked into yet, oldest first. Confined to the bridge loop. */
final class HeldFrames {
    private final Deque<Held> frames = new ArrayDeque<>();
    private long bytes;

    /** Where the frame stands in the stream of bytes of its session. */
    private record Held(long position, int bytes, Runnable open) {}

    void add(long position, int size, Runnable open) {
        frames.add(new Held(position, size, open));
        bytes += size;
    }

    /** Takes the oldest out; there must be one. */
    Runnable remove() {
        Held first = frames.remove();
        bytes -= first.bytes;
        return first.open;
    }

    boolean isEmpty() {
        return frames.isEmpty();
    }

    long bytes() {
        return bytes;
    }

    /** How far the stream of bytes was looked into, given how far it came. */
    long openedOf(long came) {
        Held first = frames.peek();
        return first == null ? came : Math.min(came, first.position);
    }

    /** A new session begins, whose stream of bytes has nothing of these. */
    void forgetPositions() {
        for (int i = frames.size(); i > 0; i--) {
            Held held = frames.remove();
            frames.add(new Held(Long.MAX_VALUE, held.bytes, held.open));
        }
    }
}
