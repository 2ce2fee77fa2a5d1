package io.meshvine.mesh;

import io.meshvine.mesh.RecordStore.Family;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Changes of a {@link RecordStore} that are kept as a whole or not at all, and what is to be done once they are kept.
 * Confined to whoever fills it, and not changed any more once it was handed to the store.
 */
public final class WriteUnit {

    /** Memory of a change beside its bytes. */
    private static final int CHANGE_BYTES = 64;

    private final List<Change> changes = new ArrayList<>(4);
    private final List<Runnable> callbacks = new ArrayList<>(1);
    private long bytes;
    private boolean behindOthers;

    /** Where a store applies a unit. */
    public interface Target {
        void put(Family family, byte[] key, byte[] value);

        void delete(Family family, byte[] key);

        /** Deletes the keys that are at least {@code from} and less than {@code to}. */
        void deleteRange(Family family, byte[] from, byte[] to);
    }

    /** A value is put, or a key or a range of keys deleted. */
    private record Change(Family family, byte[] key, byte @Nullable [] value, byte @Nullable [] to) {}

    public WriteUnit put(Family family, byte[] key, byte[] value) {
        return add(new Change(family, key, value, null), key.length + value.length);
    }

    public WriteUnit delete(Family family, byte[] key) {
        return add(new Change(family, key, null, null), key.length);
    }

    /** Deletes the keys that are at least {@code from} and less than {@code to}. */
    public WriteUnit deleteRange(Family family, byte[] from, byte[] to) {
        int order = Arrays.compareUnsigned(from, to);
        if (order > 0) {
            throw new IllegalArgumentException("a range ends before it starts");
        }
        if (order == 0) {
            return this;
        }
        return add(new Change(family, from, null, to), from.length + to.length);
    }

    private WriteUnit add(Change change, int size) {
        changes.add(change);
        bytes += CHANGE_BYTES + size;
        return this;
    }

    /** Runs a task, on the store's thread, once the unit is as durable as configured. */
    public WriteUnit whenDurable(Runnable task) {
        callbacks.add(task);
        return this;
    }

    /** Has the callbacks wait for what was handed over before, even if the unit itself changes nothing. */
    public WriteUnit waitForOthers() {
        behindOthers = true;
        return this;
    }

    /** Whether it changes nothing, and waits for nothing else. */
    public boolean isEmpty() {
        return changes.isEmpty() && !behindOthers;
    }

    /** Memory that it takes, about. */
    public long bytes() {
        return bytes;
    }

    /** Applies the changes in order. */
    public void applyTo(Target target) {
        for (Change change : changes) {
            if (change.value != null) {
                target.put(change.family, change.key, change.value);
            } else if (change.to != null) {
                target.deleteRange(change.family, change.key, change.to);
            } else {
                target.delete(change.family, change.key);
            }
        }
    }

    /** What is to be run once it is durable, in order. */
    public List<Runnable> callbacks() {
        return callbacks;
    }
}
