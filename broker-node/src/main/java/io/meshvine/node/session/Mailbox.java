package io.meshvine.node.session;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Bounded queue from many threads to one consumer at a time, and the consumer's turn. Adding takes two atomic steps: to
 * reserve room, to push. The turn is a flag: whoever {@linkplain #claimTurn() claims} it has to see that
 * {@link #poll()} is called until the mailbox is empty, and ends it with {@link #endTurn}. Order is kept per adding
 * thread. Empty it is one small object.
 *
 * <p>Pushed entries form a stack, which the consumer takes as a whole and reverses. A producer pushes and then looks at
 * the flag; the consumer drops the flag and then looks at the stack; so one of them sees the other.
 */
final class Mailbox {

    // Layout of state, from the highest bit: turn | messages | bytes.
    private static final int BYTES_BITS = 43;
    private static final int COUNT_BITS = 20;
    private static final long BYTES_MASK = (1L << BYTES_BITS) - 1;
    private static final long COUNT_MASK = (1L << COUNT_BITS) - 1;
    private static final long ONE_MESSAGE = 1L << BYTES_BITS;
    private static final long TURN = 1L << (BYTES_BITS + COUNT_BITS);

    private static final VarHandle STATE;
    private static final VarHandle PUSHED;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            STATE = lookup.findVarHandle(Mailbox.class, "state", long.class);
            PUSHED = lookup.findVarHandle(Mailbox.class, "pushed", Entry.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private volatile long state;
    private volatile @Nullable Entry pushed;

    /** Taken from the stack and in order. Consumer only. */
    private @Nullable Entry inbox;

    /** Takes room for messages. Any thread. Returns false, and takes none, if a bound would be passed. */
    boolean reserve(int messages, long bytes, int maxMessages, long maxBytes) {
        long room = messages * ONE_MESSAGE + bytes;
        long before = (long) STATE.getAndAdd(this, room);
        // One message always fits into an empty mailbox, however small the bound.
        boolean first = count(before) == 0 && messages == 1;
        if (first || (count(before) + messages <= maxMessages && bytes(before) + bytes <= maxBytes)) {
            return true;
        }
        STATE.getAndAdd(this, -room);
        return false;
    }

    /** Adds entries, in their order, for which room was reserved. Any thread; the caller then claims the turn. */
    void pushAll(List<Entry> entries) {
        Entry first = entries.get(0);
        Entry last = first;
        for (int i = 1; i < entries.size(); i++) {
            Entry entry = entries.get(i);
            entry.next = last;
            last = entry;
        }
        Entry top;
        do {
            top = pushed;
            first.next = top;
        } while (!PUSHED.compareAndSet(this, top, last));
    }

    /** Adds an entry for which room was reserved. Any thread; the caller then claims the turn. */
    void push(Entry entry) {
        Entry top;
        do {
            top = pushed;
            entry.next = top;
        } while (!PUSHED.compareAndSet(this, top, entry));
    }

    /** Whether the caller now has to run or schedule the consumer. Any thread. */
    boolean claimTurn() {
        return (state & TURN) == 0 && ((long) STATE.getAndBitwiseOr(this, TURN) & TURN) == 0;
    }

    /** Whether everything that was added has been taken and worked off. Exact for what the calling thread added. */
    boolean isIdle() {
        return count(state) == 0;
    }

    /** Messages added and not worked off yet. */
    int size() {
        return (int) count(state);
    }

    /** Footprints of messages added and not worked off yet. */
    long bytes() {
        return bytes(state);
    }

    /** Next entry, or null. Consumer only. */
    @Nullable
    Entry poll() {
        Entry head = inbox;
        if (head == null) {
            head = takePushed();
            if (head == null) {
                return null;
            }
        }
        inbox = head.next;
        head.next = null;
        return head;
    }

    /** Gives back the room of messages that were worked off. Consumer only. */
    void free(int messages, long bytes) {
        STATE.getAndAdd(this, -(messages * ONE_MESSAGE + bytes));
    }

    /** Ends the turn. Returns whether there is more; then the caller claims the turn anew. Consumer only. */
    boolean endTurn() {
        STATE.getAndBitwiseAnd(this, ~TURN);
        return inbox != null || pushed != null;
    }

    private @Nullable Entry takePushed() {
        if (pushed == null) {
            return null;
        }
        Entry top = (Entry) PUSHED.getAndSet(this, (Entry) null);
        Entry ordered = null;
        while (top != null) {
            Entry below = top.next;
            top.next = ordered;
            ordered = top;
            top = below;
        }
        return ordered;
    }

    private static long count(long state) {
        return (state >>> BYTES_BITS) & COUNT_MASK;
    }

    private static long bytes(long state) {
        return state & BYTES_MASK;
    }
}
