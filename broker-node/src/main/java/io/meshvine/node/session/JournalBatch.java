package io.meshvine.node.session;

import io.meshvine.mesh.WriteUnit;
import org.jspecify.annotations.Nullable;

/**
 * The unit that one thread is filling, begun when the first durable session has something to keep: a burst of publishes
 * for any number of sessions costs one unit, and one for no durable session costs none.
 */
public final class JournalBatch {

    private final Journal journal;

    /** Where what is kept goes along with what others keep, who write it. */
    private final @Nullable WriteUnit joined;

    /** Where deliveries are gathered; null if they go to their sessions one by one. */
    private final @Nullable DeliveryBurst burst;

    private @Nullable JournalUnit open;
    private boolean touched;
    private boolean together;
    private boolean handedOver;

    JournalBatch(Journal journal) {
        this(journal, null, null);
    }

    private JournalBatch(Journal journal, @Nullable WriteUnit joined, @Nullable DeliveryBurst burst) {
        this.journal = journal;
        this.joined = joined;
        this.burst = burst;
    }

    /**
     * A batch that goes into a unit of somebody else, who writes it: {@link #commit} writes nothing. What is not kept is
     * gathered, and reaches its sessions with the commit.
     *
     * @param slow is told of sessions that do not read as fast as they get
     */
    public static JournalBatch joining(Journal journal, WriteUnit unit, SlowSessions slow) {
        return new JournalBatch(journal, unit, new DeliveryBurst(slow));
    }

    /** Where deliveries that nothing is kept of are gathered, or null. */
    @Nullable
    DeliveryBurst burst() {
        return burst;
    }

    /** The unit to fill. */
    public JournalUnit unit() {
        touched = true;
        JournalUnit current = open;
        if (current == null) {
            current = new JournalUnit(journal, joined == null ? new WriteUnit() : joined);
            open = current;
        }
        return current;
    }

    /** The unit, if it was asked for since this was called last, or null. */
    public @Nullable JournalUnit takeTouched() {
        JournalUnit current = touched ? open : null;
        touched = false;
        return current;
    }

    /** What is kept of the present publish is of use only together with what the mesh keeps of it. */
    void keepTogether() {
        together = true;
    }

    /** Whether {@link #takeTogether} gives something. */
    public boolean isTogether() {
        return together && joined == null && open != null;
    }

    /**
     * The unit, to go along with what the mesh keeps of the present publish and to be written by the mesh; null if it
     * need not.
     */
    public @Nullable WriteUnit takeTogether() {
        JournalUnit current = together && joined == null ? open : null;
        together = false;
        if (current == null) {
            return null;
        }
        open = null;
        touched = false;
        handedOver = true;
        WriteUnit shared = current.shared();
        current.sealed();
        return shared;
    }

    /** Whether the mesh was given something to write since this was called last. */
    public boolean takeHandedOver() {
        boolean was = handedOver;
        handedOver = false;
        return was;
    }

    /** The unit as filled up to now, to be written by the mesh together with what it keeps; null if it is empty. */
    public @Nullable WriteUnit takeForMesh() {
        keepTogether();
        return takeTogether();
    }

    /** Bytes in the unit. */
    public long bytes() {
        JournalUnit current = open;
        return current == null ? 0 : current.bytes();
    }

    /** Hands the unit to the store, and returns it; null if nothing was to be kept. */
    public @Nullable JournalUnit commit() {
        if (burst != null) {
            burst.handOver();
        }
        JournalUnit filled = open;
        if (filled != null) {
            open = null;
            touched = false;
            together = false;
            if (joined == null) {
                filled.write();
            } else {
                filled.sealed();
            }
        }
        return filled;
    }
}
