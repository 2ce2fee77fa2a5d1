package io.meshvine.node.session;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.session.SessionHost;
import io.meshvine.mesh.wire.WireWriter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads, up to a place in its journal, what came for a session after it had moved. Confined to one thread. */
final class ResidueExport implements SessionHost.Export {

    private final RecordStore store;
    private final byte[] to;
    private byte[] from;
    private final long through;
    private boolean begun;

    ResidueExport(RecordStore store, long number, long through) {
        this.store = store;
        this.through = through;
        this.from = SessionRecords.queue(number);
        this.to = SessionRecords.queueKey(number, through + 1);
    }

    @Override
    public byte @Nullable [] next() {
        WireWriter part = SessionParts.begin();
        int empty = part.size();
        if (!begun) {
            begun = true;
            SessionParts.write(part, SessionParts.RESIDUE, new byte[0], new byte[0]);
        }
        store.scan(Family.QUEUES, from, to, (key, value) -> {
            SessionParts.write(part, SessionParts.DELIVERY, key, value);
            from = Arrays.copyOf(key, key.length + 1); // the next key that there can be
            return part.size() < SessionParts.PART_BYTES;
        });
        return part.size() == empty ? null : part.toByteArray();
    }

    @Override
    public long through() {
        return through;
    }

    @Override
    public void settle(Runnable settled) {
        SessionExport.settle(store, settled);
    }
}
