package io.meshvine.mesh;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What other threads have for the bridge. Any thread adds; the loop takes everything at once, in the order of addition.
 * A letter is in one mailbox, once.
 */
final class Mailbox {
    private final AtomicReference<@Nullable Letter> top = new AtomicReference<>();

    /** Something for the bridge to do on its loop. */
    abstract static class Letter {
        private final int bytes;
        private long bytesUpToHere;
        private @Nullable Letter next;

        /**
         * @param bytes how much memory it holds, about
         */
        Letter(int bytes) {
            this.bytes = bytes;
        }

        abstract void open();

        /** The letter that came after this one, once taken. */
        @Nullable
        Letter next() {
            return next;
        }
    }

    /**
     * Adds a letter.
     *
     * @return whether the mailbox was empty, so that the loop is to be woken
     */
    boolean add(Letter letter) {
        while (true) {
            Letter before = top.get();
            letter.next = before;
            letter.bytesUpToHere = letter.bytes + (before == null ? 0 : before.bytesUpToHere);
            if (top.compareAndSet(before, letter)) {
                return before == null;
            }
        }
    }

    /** Takes everything; the first letter leads to the others. Null if there is none. */
    @Nullable
    Letter takeAll() {
        Letter letter = top.getAndSet(null);
        Letter first = null;
        while (letter != null) {
            Letter before = letter.next;
            letter.next = first;
            first = letter;
            letter = before;
        }
        return first;
    }

    boolean isEmpty() {
        return top.get() == null;
    }

    /** How much memory the waiting letters hold, about. */
    long waitingBytes() {
        Letter last = top.get();
        return last == null ? 0 : last.bytesUpToHere;
    }
}
