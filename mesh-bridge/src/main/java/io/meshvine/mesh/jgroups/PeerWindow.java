package io.meshvine.mesh.jgroups;

import java.util.ArrayDeque;

/**
 * How much is on its way to one peer. JGroups counts messages, we bound bytes as well: frames leave the window in
 * order as the count of unacknowledged messages falls. Not thread-safe; guarded by its owner.
 */
final class PeerWindow {

    /** So many messages of ours may be unacknowledged; a quarter of what JGroups can hold. */
    static final int MAX_MESSAGES = WindowedUnicast.WINDOW_MESSAGES / 4;

    private final long maxBytes;
    private final ArrayDeque<Sent> sent = new ArrayDeque<>();
    private long bytes;
    private int messages;

    PeerWindow(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Whether a frame of so many messages may be sent now. A frame larger than the window goes alone. */
    boolean hasRoom(int frameMessages, int unacknowledged) {
        acknowledged(unacknowledged);
        return unacknowledged == 0 || (bytes < maxBytes && unacknowledged + frameMessages <= MAX_MESSAGES);
    }

    /** Whether so much was acknowledged that it pays to fill up again. */
    boolean isHalfEmpty(int unacknowledged) {
        acknowledged(unacknowledged);
        return unacknowledged == 0 || (bytes <= maxBytes / 2 && unacknowledged <= MAX_MESSAGES / 2);
    }

    /** Notes a frame that was sent. */
    void sent(int frameMessages, int frameBytes) {
        sent.add(new Sent(frameMessages, frameBytes));
        messages += frameMessages;
        bytes += frameBytes;
    }

    long bytes() {
        return bytes;
    }

    /** Lets go of frames that cannot be among the unacknowledged messages: those are the last ones sent. */
    private void acknowledged(int unacknowledged) {
        Sent oldest = sent.peek();
        while (oldest != null && messages - oldest.messages >= unacknowledged) {
            sent.remove();
            messages -= oldest.messages;
            bytes -= oldest.bytes;
            oldest = sent.peek();
        }
    }

    private record Sent(int messages, int bytes) {}
}
