package io.meshvine.mesh.retained;

import io.meshvine.mesh.NodeId;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;

/**
 * Hybrid logical clock of one node (Kulkarni et al., "Logical Physical Clocks", 2014): each stamp is greater than all
 * that this node made or observed before, whatever the wall clock does. Any thread, lock-free.
 */
public final class HybridClock {

    /** A stamp further ahead of the local wall clock is refused: one wrong clock must not carry the mesh away. */
    public static final Duration MAX_AHEAD = Duration.ofSeconds(60);

    /** So many low bits of a counter are the life of the node, the others count. */
    private static final int LIFE_BITS = 8;

    private static final int LIFE_MASK = (1 << LIFE_BITS) - 1;

    private final NodeId self;
    private final int life;
    private final LongSupplier wallMillis;
    private final AtomicReference<HybridTimestamp> latest;

    /**
     * @param life number of this life of the node, its epoch: what it wrote before a crash, and of which it knows nothing any
     *     more, may have a stamp that only this tells from the next one
     * @param wallMillis wall-clock time in milliseconds since 1970; may jump
     */
    public HybridClock(NodeId self, long life, LongSupplier wallMillis) {
        this.self = self;
        this.life = (int) life & LIFE_MASK;
        this.wallMillis = wallMillis;
        this.latest = new AtomicReference<>(new HybridTimestamp(0, 0, self));
    }

    /** A stamp for a write of this node. */
    public HybridTimestamp now() {
        long wall = wallMillis.getAsLong();
        return latest.updateAndGet(
                last -> wall > last.wallMillis() ? new HybridTimestamp(wall, life, self) : after(last));
    }

    /**
     * Takes note of a stamp, so that later ones of this node are greater.
     *
     * @return false if it is refused, as it lies more than {@link #MAX_AHEAD} ahead; it must not be applied then
     */
    public boolean observe(HybridTimestamp stamp) {
        if (stamp.wallMillis() > wallMillis.getAsLong() + MAX_AHEAD.toMillis()) {
            return false;
        }
        latest.updateAndGet(last -> stamp.compareTo(last) > 0 ? stamp : last);
        return true;
    }

    /** Goes on behind a stamp of an earlier life, however the wall clock stands: what is there already was accepted once. */
    void resume(HybridTimestamp stamp) {
        latest.updateAndGet(last -> stamp.compareTo(last) > 0 ? stamp : last);
    }

    private HybridTimestamp after(HybridTimestamp last) {
        int counter = (last.counter() | LIFE_MASK) + 1;
        return counter == 0 // unsigned, and full
                ? new HybridTimestamp(last.wallMillis() + 1, life, self)
                : new HybridTimestamp(last.wallMillis(), counter | life, self);
    }
}
