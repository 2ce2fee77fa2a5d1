package io.meshvine.mesh.jgroups;

/**
 * Whether the send buffer of a connection surely takes a message, so that its writer need not wait even if nothing gets
 * through any more. There is no way to ask: so it counts what was written and is not known to be with the peer. A
 * connection keeps its order, so the acknowledgement of a message tells that all before it has left the buffer. Whatever
 * goes over the connection counts: messages that are sent again, heartbeats and acknowledgements too. Thread-safe.
 */
final class SendRoom {

    /**
     * A send buffer of Linux begins with 45 KiB, however little memory the host has; those of other systems are larger. The
     * rest is for the heartbeats since the last acknowledgement.
     */
    static final int SURE_BYTES = 32 << 10;

    /** What the system needs for a packet beside its payload: many small ones fill the buffer before their bytes do. */
    static final int PACKET_BYTES = 1_280;

    /** JGroups numbers the messages for a peer from here on, anew when it begins anew. */
    private static final long FIRST = 1;

    private long written;

    /** So much of that has surely left. */
    private long left;

    private long last;

    /** When this message is acknowledged, {@link #writtenBeforeMark} has left. */
    private long mark;

    private long writtenBeforeMark;

    /** A message of so many bytes is written now, by whomever. */
    synchronized void write(int bytes) {
        written += bytes + PACKET_BYTES;
    }

    /**
     * Whether there surely is room for a message. Asked once for each: one that was there before is sent again, and where
     * its former copies are nobody knows.
     *
     * @param number the message's number in the order of JGroups
     * @param acknowledged the number of the last message that was acknowledged with all before it
     */
    synchronized boolean has(int bytes, long number, long acknowledged) {
        if (number <= last) {
            if (number == FIRST) {
                last = FIRST;
                mark(FIRST, left);
            }
            return false;
        }
        last = number;
        if (acknowledged == number - 1) {
            left = written;
        } else if (acknowledged >= mark) {
            left = Math.max(left, writtenBeforeMark);
            mark(number, written);
        }
        return written - left + bytes + PACKET_BYTES <= SURE_BYTES;
    }

    private void mark(long number, long before) {
        mark = number;
        writtenBeforeMark = before;
    }
}
