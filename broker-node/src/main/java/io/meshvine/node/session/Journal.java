package io.meshvine.node.session;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.WriteUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * Where durable sessions are kept: what is written goes through here, in {@link JournalUnit units}. Any thread.
 *
 * <p>When more than {@link #HIGH_WATER} bytes wait for the store, because it is slow or cannot write at all, or when its disk
 * is full, the journal is behind: publishers are then to pause, so that what waits stays bounded.
 */
public final class Journal {

    private static final long HIGH_WATER = 32L << 20;
    private static final long LOW_WATER = HIGH_WATER / 4;

    /** Sessions of one life of a node are numbered below this bit, its epoch is above. */
    private static final int EPOCH_SHIFT = 32;

    private final RecordStore store;
    private final AtomicLong lastNumber;
    private final AtomicBoolean behind = new AtomicBoolean();
    private volatile Consumer<Boolean> listener = nowBehind -> {};

    /** @param epoch number of this life of the node, greater than any before: session numbers never repeat */
    public Journal(RecordStore store, long epoch) {
        this.store = store;
        this.lastNumber = new AtomicLong(epoch << EPOCH_SHIFT);
    }

    /** Takes the one listener, which is told when the journal falls behind (true) and is so no longer. Any thread. */
    public void onBehind(Consumer<Boolean> one) {
        listener = one;
    }

    public boolean isBehind() {
        return behind.get();
    }

    /** For the records of one thread. */
    public JournalBatch batch() {
        return new JournalBatch(this);
    }

    RecordStore store() {
        return store;
    }

    long nextNumber() {
        return lastNumber.incrementAndGet();
    }

    JournalUnit begin() {
        return new JournalUnit(this, new WriteUnit());
    }

    void write(WriteUnit unit) {
        store.write(unit);
        look();
    }

    /** Finds out whether publishers are to pause. */
    public void look() {
        if ((store.pendingBytes() > HIGH_WATER || store.isFull()) && behind.compareAndSet(false, true)) {
            listener.accept(true);
            probe();
        }
    }

    /** Looks again when everything that waits now has been written and there is room. */
    private void probe() {
        store.write(new WriteUnit()
                .whenDurable(() -> store.whenRoom(() -> {
                    if (store.pendingBytes() > LOW_WATER) {
                        probe();
                    } else {
                        behind.set(false);
                        listener.accept(false);
                    }
                })));
    }
}
