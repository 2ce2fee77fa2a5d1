package io.meshvine.mesh.interest;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * One level of a {@link FilterTrie}: the values that end here and an open-addressed hash table of the levels below.
 * Any number of readers beside one writer at a time. A slot, once taken, never moves within its array: removal leaves a
 * mark, and growth publishes a new array, so a reader finds every child that was there before it came and stays.
 */
final class LevelNode {

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(LevelNode[].class);

    /** Mixed into every hash so that nobody can choose levels that collide. No result depends on it, only time does. */
    private static final long SECRET = new SecureRandom().nextLong();

    private static final long GOLDEN = 0x9E37_79B9_7F4A_7C15L;

    /** Tables up to this size may fill up entirely: probing is bounded by their length. */
    private static final int SMALL = 4;

    private static final LevelNode REMOVED = new LevelNode("");

    private static final LevelNode[] NO_NODES = {};

    final String level;

    private final int hash;

    /** Value of the filter that ends with this level. */
    volatile @Nullable Object value;

    /** Value of the filter that has a {@code #} below this level. */
    volatile @Nullable Object allBelow;

    /** The {@code +} below this level. */
    volatile @Nullable LevelNode plus;

    private volatile LevelNode @Nullable [] table;

    /** Slots of the table that are not free, marks of removal included. Writer only. */
    private int taken;

    /** Children in the table. Writer only. */
    private int children;

    LevelNode(String level) {
        this.level = level;
        this.hash = hash(level, 0, level.length());
    }

    static int hash(String text, int from, int to) {
        long h = SECRET;
        for (int i = from; i < to; i++) {
            h = (h ^ text.charAt(i)) * GOLDEN;
            h ^= h >>> 32;
        }
        return (int) h;
    }

    /** The child of the level that stands between two indices of a topic or filter. */
    @Nullable
    LevelNode child(String text, int from, int to) {
        LevelNode[] slots = table;
        if (slots == null) {
            return null;
        }
        if (slots.length == 1) {
            LevelNode only = slot(slots, 0);
            return only != null && only != REMOVED && only.isLevel(text, from, to) ? only : null;
        }
        int wanted = hash(text, from, to);
        int mask = slots.length - 1;
        for (int i = wanted & mask, probes = 0; probes < slots.length; i = (i + 1) & mask, probes++) {
            LevelNode found = slot(slots, i);
            if (found == null) {
                return null;
            }
            if (found.hash == wanted && found != REMOVED && found.isLevel(text, from, to)) {
                return found;
            }
        }
        return null;
    }

    boolean hasChildren() {
        return table != null;
    }

    boolean isEmpty() {
        return value == null && allBelow == null && plus == null && children == 0;
    }

    /** The children as they are now, except the {@code +}, in no particular order, with gaps. */
    @Nullable
    LevelNode[] childrenWithGaps() {
        LevelNode[] slots = table;
        return slots == null ? NO_NODES : slots;
    }

    /** What stands in a slot of {@link #childrenWithGaps}; null for a gap. */
    static @Nullable LevelNode childAt(@Nullable LevelNode[] slots, int index) {
        LevelNode found = slot(slots, index);
        return found == REMOVED ? null : found;
    }

    /** The children as they are now, except the {@code +}, ordered by level. */
    LevelNode[] sortedChildren() {
        LevelNode[] slots = childrenWithGaps();
        LevelNode[] sorted = new LevelNode[slots.length];
        int count = 0;
        for (int i = 0; i < slots.length; i++) {
            LevelNode found = childAt(slots, i);
            if (found != null) {
                sorted[count++] = found;
            }
        }
        LevelNode[] exact = Arrays.copyOf(sorted, count);
        Arrays.sort(exact, Comparator.comparing(node -> node.level));
        return exact;
    }

    /** Links a child whose level is not there yet. Writer only. */
    void link(LevelNode child) {
        LevelNode[] slots = table;
        if (slots == null || taken == limit(slots.length)) {
            slots = rebuild(children + 1);
        }
        taken += put(slots, child);
        children++;
    }

    /** Unlinks a child that is there. Writer only. */
    void unlink(LevelNode child) {
        if (child == plus) {
            plus = null;
            return;
        }
        LevelNode[] slots = table;
        if (slots == null) {
            throw new IllegalStateException("no such child: " + child.level);
        }
        children--;
        if (children == 0) {
            taken = 0;
            table = null;
            return;
        }
        int mask = slots.length - 1;
        int i = child.hash & mask;
        while (slots[i] != child) {
            i = (i + 1) & mask;
        }
        SLOT.setRelease(slots, i, REMOVED);
        if (slots.length > 2 * SMALL && children < slots.length / 8) {
            rebuild(children);
        }
    }

    private LevelNode[] rebuild(int expected) {
        // A third more than needed: else a table at its limit would be rebuilt for every change.
        int length = 1;
        while (limit(length) < (length <= SMALL ? expected : expected + expected / 3)) {
            length *= 2;
        }
        LevelNode[] fresh = new LevelNode[length];
        LevelNode[] old = childrenWithGaps();
        for (int i = 0; i < old.length; i++) {
            LevelNode found = childAt(old, i);
            if (found != null) {
                put(fresh, found);
            }
        }
        taken = children;
        table = fresh;
        return fresh;
    }

    /** Returns how many free slots it took: a removed child's slot is not free. */
    private static int put(LevelNode[] slots, LevelNode child) {
        int mask = slots.length - 1;
        int i = child.hash & mask;
        while (slots[i] != null && slots[i] != REMOVED) {
            i = (i + 1) & mask;
        }
        int took = slots[i] == null ? 1 : 0;
        SLOT.setRelease(slots, i, child);
        return took;
    }

    private static int limit(int length) {
        return length <= SMALL ? length : length / 4 * 3;
    }

    private boolean isLevel(String text, int from, int to) {
        return level.length() == to - from && text.regionMatches(from, level, 0, to - from);
    }

    private static @Nullable LevelNode slot(@Nullable LevelNode[] slots, int index) {
        return (LevelNode) SLOT.getAcquire(slots, index);
    }
}
