package io.meshvine.mesh.will;

import io.meshvine.mesh.NodeId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The wills of other nodes' clients, by the life of their owner. Bounded. */
final class HeldWills {
    private static final long NANOS_PER_MILLI = 1_000_000;

    private final WillOptions options;
    private final Map<Life, Table> tables = new HashMap<>();

    /** Wills whose owner is gone, in the order in which they became so. */
    private final Map<WillKey, Held> orphans = new LinkedHashMap<>();

    private int count;
    private long bytes;
    private long refused;

    /** A life of a node. */
    record Life(NodeId owner, long epoch) {}

    /** A will that is held. */
    static final class Held {
        final WillKey key;
        final Lease lease;
        final long receivedNanos;

        /** When its client connected, or a little before. */
        final long armedNanos;

        private final int generation;

        /** When it is to be published; meaningful while its owner is gone. */
        long dueNanos;

        /** Holders from which it turned out that they do not have it. */
        final List<NodeId> without = new ArrayList<>(0);

        boolean asked;
        long askedNanos;

        private Held(WillKey key, Lease lease, long receivedNanos, int generation) {
            this.key = key;
            this.lease = lease;
            this.receivedNanos = receivedNanos;
            this.armedNanos = receivedNanos - (lease.ageMillis() + 1) * NANOS_PER_MILLI;
            this.generation = generation;
        }
    }

    /** What one life of a node leases. */
    private static final class Table {
        final Map<String, Held> leases = new HashMap<>();
        int generation;
    }

    HeldWills(WillOptions options) {
        this.options = options;
    }

    /** The owner tells everything anew. */
    void reset(Life life) {
        tables.computeIfAbsent(life, absent -> new Table()).generation++;
    }

    /** The owner told everything: what it did not tell is void. */
    void whole(Life life) {
        Table table = tables.get(life);
        if (table != null) {
            for (Held held : List.copyOf(table.leases.values())) {
                if (held.generation != table.generation) {
                    remove(held.key);
                }
            }
        }
    }

    /** Keeps a will, unless a bound is reached. */
    void put(Life life, Lease lease, long nowNanos) {
        drop(life, lease.clientId());
        if (count >= options.maxHeld() || bytes + lease.size() > options.maxHeldBytes()) {
            refused++;
            return;
        }
        Table table = tables.computeIfAbsent(life, absent -> new Table());
        WillKey key = new WillKey(life.owner(), life.epoch(), lease.clientId(), lease.version());
        table.leases.put(lease.clientId(), new Held(key, lease, nowNanos, table.generation));
        count++;
        bytes += lease.size();
    }

    void drop(Life life, String clientId) {
        Table table = tables.get(life);
        Held held = table == null ? null : table.leases.get(clientId);
        if (held != null) {
            remove(held.key);
        }
    }

    /** Forgets a will that was published or became void. */
    void remove(WillKey key) {
        orphans.remove(key);
        Life life = new Life(key.owner(), key.epoch());
        Table table = tables.get(life);
        Held held = table == null ? null : table.leases.get(key.clientId());
        if (table == null || held == null || !held.key.equals(key)) {
            return;
        }
        table.leases.remove(key.clientId());
        count--;
        bytes -= held.lease.size();
        if (table.leases.isEmpty()) {
            tables.remove(life);
        }
    }

    @Nullable
    Held get(WillKey key) {
        Table table = tables.get(new Life(key.owner(), key.epoch()));
        Held held = table == null ? null : table.leases.get(key.clientId());
        return held == null || !held.key.equals(key) ? null : held;
    }

    /** What that life leases, at this moment. */
    List<Held> of(Life life) {
        Table table = tables.get(life);
        return table == null ? List.of() : List.copyOf(table.leases.values());
    }

    void orphan(Held held) {
        orphans.put(held.key, held);
    }

    void unorphan(Held held) {
        orphans.remove(held.key);
    }

    boolean isOrphan(WillKey key) {
        return orphans.containsKey(key);
    }

    Collection<Held> orphans() {
        return orphans.values();
    }

    int size() {
        return count;
    }

    long bytes() {
        return bytes;
    }

    /** Leases that found no room. */
    long refused() {
        return refused;
    }
}
