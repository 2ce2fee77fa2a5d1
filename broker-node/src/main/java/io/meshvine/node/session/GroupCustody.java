package io.meshvine.node.session;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.RecordStore.Family;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Publishes of this node's clients that a member of a shared subscription here has whose session ends with the node, while
 * there are members that do not. The publisher is not told before the member has acknowledged, or, where that takes its
 * time, before a copy is on disk, from where the next life of the node gives it to others. So a member that is quick
 * leaves the disk alone. Any thread.
 */
public final class GroupCustody {

    /** Number in the keys of the copies: no session has it. */
    static final long NUMBER = 0;

    private final Journal journal;
    private final LongSupplier nanoTime;
    private final long spillNanos;

    /** What may have to be stored, oldest first. */
    private final Queue<Held> young = new ConcurrentLinkedQueue<>();

    /** Keys of copies that are not needed any more. */
    private final Queue<byte[]> gone = new ConcurrentLinkedQueue<>();

    /** @param spillNanos how long a publisher waits for a member before the copy is stored */
    public GroupCustody(Journal journal, LongSupplier nanoTime, long spillNanos) {
        this.journal = journal;
        this.nanoTime = nanoTime;
        this.spillNanos = spillNanos;
    }

    /** One publish and the member's copy of it. Any thread. */
    public final class Held {

        private final GroupKey group;
        private final Message message;
        private final long sinceNanos;
        private final byte[] key;

        // Guarded by this.
        private boolean over;
        private boolean safe;
        private @Nullable JournalUnit unit;
        private @Nullable Runnable waiting;

        private Held(Message original, GroupKey group, byte[] key) {
            this.group = group;
            this.key = key;
            this.sinceNanos = nanoTime.getAsLong();
            this.message = original.copy(this::released);
        }

        public GroupKey group() {
            return group;
        }

        /** What the member gets; whoever took it into custody gives its reference back after that. */
        public Message message() {
            return message;
        }

        /** Runs a task once the node's death would lose nothing: on any thread, maybe at once. Once only. */
        public void whenSafe(Runnable task) {
            synchronized (this) {
                if (!safe) {
                    waiting = task;
                    return;
                }
            }
            task.run();
        }

        private void onSafe() {
            Runnable task;
            synchronized (this) {
                safe = true;
                task = waiting;
                waiting = null;
            }
            if (task != null) {
                task.run();
            }
        }

        /** Puts the copy into a unit, unless nobody needs it any more. */
        private synchronized void store(JournalUnit into) {
            if (!over) {
                Delivery copy = new Delivery(message, message.qos(), false, Delivery.NO_IDS, group);
                into.put(Family.QUEUES, key, SessionRecords.delivery(copy, SessionRecords.IDENTIFIER_BY_SEQUENCE));
                unit = into;
                into.whenDurable(this::onSafe);
            }
        }

        private void released() {
            JournalUnit keeper;
            synchronized (this) {
                over = true;
                keeper = unit;
            }
            if (keeper != null && !keeper.deleteBehind(Family.QUEUES, key)) {
                gone.add(key);
            }
            onSafe();
        }
    }

    /** Takes a publish into custody: the member is to get {@link Held#message}. */
    public Held take(Message message, GroupKey group) {
        Held held = new Held(message, group, SessionRecords.queueKey(NUMBER, journal.nextNumber()));
        young.add(held);
        return held;
    }

    /** Stores what waited too long, and deletes what is not needed any more. To be called again and again, by one thread. */
    public void sweep() {
        JournalUnit unit = null;
        long now = nanoTime.getAsLong();
        for (Held next = young.peek(); next != null && now - next.sinceNanos >= spillNanos; next = young.peek()) {
            young.remove();
            if (unit == null) {
                unit = journal.begin();
            }
            next.store(unit);
        }
        for (byte[] key = gone.poll(); key != null; key = gone.poll()) {
            if (unit == null) {
                unit = journal.begin();
            }
            unit.delete(Family.QUEUES, key);
        }
        if (unit != null) {
            unit.write();
        }
    }

    /** What the node's earlier life left: each is in custody again, with a reference for the caller. Once, at the start. */
    public List<Held> restore() {
        List<Held> left = new ArrayList<>();
        JournalUnit none = journal.begin(); // of an earlier life, so surely durable once this empty one is
        journal.store()
                .scan(Family.QUEUES, SessionRecords.queue(NUMBER), SessionRecords.queue(NUMBER + 1), (key, value) -> {
                    Delivery delivery = Objects.requireNonNull(
                            SessionRecords.queued(key, value).delivery());
                    Held held = new Held(delivery.message(), Objects.requireNonNull(delivery.group()), key);
                    delivery.message().release();
                    held.unit = none;
                    held.safe = true;
                    left.add(held);
                    return true;
                });
        none.write();
        return left;
    }
}
