package io.meshvine.mesh.lane;

import io.meshvine.mesh.link.Outgoing;
import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.WireWriter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/** The conversation over one connection of a link: numbers messages, and sends again what is not confirmed in time. */
final class Lane {

    /** Messages that may be unconfirmed. */
    private static final int WINDOW = 32;

    private static final long FIRST_PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long MAX_PATIENCE_NANOS = Duration.ofSeconds(8).toNanos();

    private final PeerLink link;
    private final Deque<byte[]> unconfirmed = new ArrayDeque<>();
    private long sent;
    private long received;
    private long waitingSinceNanos;
    private long patienceNanos = FIRST_PATIENCE_NANOS;
    private boolean confirmationWaits;

    Lane(PeerLink link) {
        this.link = link;
    }

    boolean hasRoom() {
        return unconfirmed.size() < WINDOW;
    }

    boolean isIdle() {
        return unconfirmed.isEmpty();
    }

    void send(int channel, byte[] message, long nowNanos) {
        sent++;
        byte[] payload = new WireWriter(WireWriter.MAX_VAR_LONG_BYTES + 1 + message.length)
                .writeVarLong(sent)
                .writeByte(channel)
                .writeRaw(message)
                .toByteArray();
        if (unconfirmed.isEmpty()) {
            waitingSinceNanos = nowNanos;
        }
        unconfirmed.add(payload);
        link.sendControl(Outgoing.of(FrameKind.LANE_MESSAGE, payload));
    }

    /** Whether a message is the next one; an earlier one is a repeat, a later one comes again. */
    boolean accept(long sequence) {
        confirm();
        if (sequence != received + 1) {
            return false;
        }
        received = sequence;
        return true;
    }

    private void confirm() {
        if (!confirmationWaits) {
            confirmationWaits = true;
            link.sendControl(Outgoing.once(FrameKind.LANE_ACK, () -> {
                confirmationWaits = false;
                return new WireWriter(WireWriter.MAX_VAR_LONG_BYTES)
                        .writeVarLong(received)
                        .toByteArray();
            }));
        }
    }

    /** The peer has all messages up to this one. */
    void onConfirmed(long through, long nowNanos) {
        long first = sent - unconfirmed.size() + 1;
        for (long sequence = first; sequence <= Math.min(through, sent); sequence++) {
            unconfirmed.remove();
            waitingSinceNanos = nowNanos;
            patienceNanos = FIRST_PATIENCE_NANOS;
        }
    }

    /** Sends again what has waited too long: frames get lost when the set of members changes. */
    void repeatLate(long nowNanos) {
        if (!unconfirmed.isEmpty() && nowNanos - waitingSinceNanos >= patienceNanos) {
            waitingSinceNanos = nowNanos;
            patienceNanos = Math.min(2 * patienceNanos, MAX_PATIENCE_NANOS);
            unconfirmed.forEach(payload -> link.sendControl(Outgoing.of(FrameKind.LANE_MESSAGE, payload)));
        }
    }
}
