package io.meshvine.node.session;

import org.jspecify.annotations.Nullable;

/**
 * A delivery's place in its session: first in the mailbox, then perhaps in the queue, then perhaps in flight. It is in
 * one list at a time, and holds one reference of the message for as long as it has a delivery.
 */
final class Entry {

    /** Null once a QoS 2 delivery was received by the client: only its packet identifier is still in use. */
    @Nullable
    Delivery delivery;

    @Nullable
    Entry next;

    @Nullable
    Entry previous;

    /** Packet identifier while in flight. */
    int packetId;

    /** Place in the journal of a durable session; 0 if nothing is kept of it. */
    long sequence;

    /** What keeps it, until that is known to be durable. */
    @Nullable
    JournalUnit unit;

    /** Whether it was sent on the current connection. */
    boolean sent;

    Entry(@Nullable Delivery delivery) {
        this.delivery = delivery;
    }

    /** The delivery, where the entry must have one. */
    Delivery pending() {
        Delivery d = delivery;
        if (d == null) {
            throw new IllegalStateException("already received: " + packetId);
        }
        return d;
    }

    /** Gives the reference of the message back. */
    void release() {
        Delivery d = delivery;
        if (d != null) {
            delivery = null;
            d.message().release();
        }
    }
}
