package io.meshvine.mesh;

import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.link.Outgoing;
import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.wire.FrameKind;
import io.meshvine.mesh.wire.InterestCodec;
import io.meshvine.mesh.wire.InterestCodec.Change;
import io.meshvine.mesh.wire.InterestCodec.Chunk;
import io.meshvine.mesh.wire.Ping;
import io.meshvine.mesh.wire.Position;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireWriter;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Applies what the peers want to the index, and asks for a whole table when changes are missing or the table turns out
 * to be different. A change is confirmed once what is durable of it is kept. Confined to the bridge loop.
 */
final class PeerTables {

    /** Most filters of one peer. */
    private static final int MAX_INTERESTS = 4_000_000;

    private final InterestIndex index;
    private final AbsentPeers absent;
    private final RecordStore store;
    private final Executor loop;
    private final MeshCounters counters;
    private final Map<NodeId, Table> tables = new HashMap<>();

    PeerTables(InterestIndex index, AbsentPeers absent, RecordStore store, Executor loop, MeshCounters counters) {
        this.index = index;
        this.absent = absent;
        this.store = store;
        this.loop = loop;
        this.counters = counters;
    }

    /** How a peer's table stands here. */
    private static final class Table {
        private static final long UNKNOWN = -1;

        private long sequence = UNKNOWN;

        /** What is durable of the changes up to here is kept. */
        private long kept;

        private int unitsOnTheirWay;
        private long size;
        private long hash;
        private @Nullable Collected collected;
        private boolean requested;
        private boolean acknowledgementWaits;
    }

    /** A snapshot that is coming in. Its filters are in the index already. */
    private static final class Collected {
        private final long sequence;
        private final Set<GroupKey> keys = new HashSet<>();
        private long hash;

        Collected(long sequence) {
            this.sequence = sequence;
        }
    }

    void onConnected(PeerLink link) {
        tables.put(link.peer(), new Table());
    }

    void onGone(PeerLink link) {
        tables.remove(link.peer());
    }

    void onChunk(PeerLink link, Chunk chunk) throws WireException {
        Table table = table(link);
        Collected collected = table.collected;
        if (chunk.sequence() < table.sequence) {
            // It comes late: what is known is newer. Of a snapshot that came in part, the changes in between are
            // missing.
            if (collected != null) {
                table.collected = null;
                request(link, table);
            }
            return;
        }
        if (chunk.first()) {
            collected = new Collected(chunk.sequence());
            table.collected = collected;
        }
        if (collected == null || collected.sequence != chunk.sequence()) {
            return; // a part is missing; the next probe finds out
        }
        if (collected.keys.size() + chunk.interests().size() > MAX_INTERESTS) {
            throw new WireException("more than " + MAX_INTERESTS + " filters");
        }
        WriteUnit unit = new WriteUnit();
        for (Interest interest : chunk.interests()) {
            if (collected.keys.add(new GroupKey(interest.group(), interest.filter()))) {
                collected.hash += InterestCodec.hash(interest);
                absent.onPut(unit, link.peer(), interest);
                index.put(link.peer(), interest);
            }
        }
        if (chunk.last()) {
            finish(link, table, collected, unit);
        } else if (!unit.isEmpty()) {
            store.write(unit);
        }
    }

    private void finish(PeerLink link, Table table, Collected snapshot, WriteUnit unit) {
        table.collected = null;
        table.requested = false;
        table.sequence = snapshot.sequence;
        table.hash = snapshot.hash;
        table.size = snapshot.keys.size();
        if (index.size(link.peer()) > snapshot.keys.size()) {
            for (Interest old : index.of(link.peer())) {
                if (!snapshot.keys.contains(new GroupKey(old.group(), old.filter()))) {
                    absent.onRemove(unit, link.peer(), old);
                    index.remove(link.peer(), old);
                }
            }
        }
        counters.countInterestSnapshot();
        keep(link, table, unit);
    }

    /** Confirms a change once it is kept; what there is nothing to keep of waits only for those before. */
    private void keep(PeerLink link, Table table, WriteUnit unit) {
        Position version = new Position(link.peerEpoch(), table.sequence);
        absent.onVersion(unit, link.peer(), version);
        if (!unit.isEmpty()) {
            table.unitsOnTheirWay++;
            store.write(unit.whenDurable(() -> loop.execute(() -> {
                table.unitsOnTheirWay--;
                confirm(link, table, version);
            })));
        } else if (table.unitsOnTheirWay == 0) {
            confirm(link, table, version);
        }
    }

    private void confirm(PeerLink link, Table table, Position version) {
        table.kept = Math.max(table.kept, table.unitsOnTheirWay == 0 ? table.sequence : version.sequence());
        absent.onKept(link.peer(), new Position(version.epoch(), table.kept));
        if (tables.get(link.peer()) == table) {
            acknowledge(link, table);
        }
    }

    void onChange(PeerLink link, Change change) {
        Table table = table(link);
        if (table.sequence == Table.UNKNOWN || change.sequence() <= table.sequence) {
            return; // the snapshot has it or will have it
        }
        if (change.sequence() != table.sequence + 1) {
            request(link, table);
            return;
        }
        table.sequence = change.sequence();
        Set<GroupKey> kept = new HashSet<>();
        WriteUnit unit = new WriteUnit();
        for (Interest added : change.added()) {
            kept.add(new GroupKey(added.group(), added.filter()));
            absent.onPut(unit, link.peer(), added);
            index.put(link.peer(), added);
            table.hash += InterestCodec.hash(added);
        }
        for (Interest removed : change.removed()) {
            table.hash -= InterestCodec.hash(removed);
            if (!kept.contains(new GroupKey(removed.group(), removed.filter()))) {
                absent.onRemove(unit, link.peer(), removed);
                index.remove(link.peer(), removed);
            }
        }
        table.size += change.added().size() - change.removed().size();
        counters.countInterestUpdates(change.added().size() + change.removed().size());
        keep(link, table, unit);
    }

    /** Compares the table with what the peer says about it. */
    void onPing(PeerLink link, Ping ping) {
        Table table = table(link);
        if (table.sequence != ping.interestSequence()
                || table.size != ping.interestSize()
                || table.hash != ping.interestHash()) {
            table.requested = false; // what was asked for before did not come
            request(link, table);
        }
    }

    private void request(PeerLink link, Table table) {
        if (!table.requested) {
            table.requested = true;
            link.sendControl(Outgoing.of(FrameKind.INTEREST_REQUEST, new byte[0]));
        }
    }

    private void acknowledge(PeerLink link, Table table) {
        if (!table.acknowledgementWaits) {
            table.acknowledgementWaits = true;
            link.sendControl(Outgoing.once(FrameKind.INTEREST_ACK, () -> {
                table.acknowledgementWaits = false;
                return new WireWriter(WireWriter.MAX_VAR_LONG_BYTES)
                        .writeVarLong(table.kept)
                        .toByteArray();
            }));
        }
    }

    /** The change up to which a peer's table is applied and kept; 0 before the first snapshot. */
    long applied(PeerLink link) {
        return table(link).kept;
    }

    /** The number of filters that a peer asks for. */
    int size(PeerLink link) {
        return index.size(link.peer());
    }

    /** Stands for the filters that a peer asks for; 0 if there are none. */
    long digest(PeerLink link) {
        return index.digest(link.peer());
    }

    private Table table(PeerLink link) {
        return tables.computeIfAbsent(link.peer(), absent -> new Table());
    }
}
