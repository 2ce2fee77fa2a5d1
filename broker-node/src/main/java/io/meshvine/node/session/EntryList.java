package io.meshvine.node.session;

import org.jspecify.annotations.Nullable;

/** Doubly linked list of {@link Entry entries} with its length and its weight. Confined to the session's lock. */
final class EntryList {

    private @Nullable Entry first;
    private @Nullable Entry last;
    private int size;
    private int shared;
    private long bytes;

    @Nullable
    Entry first() {
        return first;
    }

    int size() {
        return size;
    }

    /** How many of them are for members of shared subscriptions. */
    int shared() {
        return shared;
    }

    /** Sum of the footprints at the time of adding. */
    long bytes() {
        return bytes;
    }

    boolean isEmpty() {
        return first == null;
    }

    void add(Entry entry) {
        Entry before = last;
        entry.previous = before;
        entry.next = null;
        if (before == null) {
            first = entry;
        } else {
            before.next = entry;
        }
        last = entry;
        size++;
        shared += entry.pending().group() == null ? 0 : 1;
        bytes += entry.pending().message().footprint();
    }

    /** Takes the entry out. It must be in this list, and must still have its delivery. */
    void remove(Entry entry) {
        Entry before = entry.previous;
        Entry after = entry.next;
        if (before == null) {
            first = after;
        } else {
            before.next = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.previous = before;
        }
        entry.previous = null;
        entry.next = null;
        size--;
        shared -= entry.pending().group() == null ? 0 : 1;
        bytes -= entry.pending().message().footprint();
    }

    @Nullable
    Entry poll() {
        Entry entry = first;
        if (entry != null) {
            remove(entry);
        }
        return entry;
    }
}
