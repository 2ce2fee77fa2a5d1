package io.meshvine.node.session;

import io.meshvine.mesh.RecordStore;
import io.meshvine.mesh.RecordStore.Family;
import io.meshvine.mesh.WriteUnit;
import java.util.function.ObjLongConsumer;

/** Which sessions began anew, and by which claims, as long as other nodes are to know: as it is kept. Any thread. */
public final class CleanStartRecords {

    private final RecordStore store;

    public CleanStartRecords(RecordStore store) {
        this.store = store;
    }

    /**
     * Keeps the last clean start of a client.
     *
     * @param durable run, on any thread, when that is as durable as configured
     */
    public void keep(String clientId, long fence, Runnable durable) {
        store.write(new WriteUnit()
                .put(Family.SESSIONS, SessionRecords.begunKey(clientId), SessionRecords.begun(fence))
                .whenDurable(durable));
    }

    public void forget(String clientId) {
        store.write(new WriteUnit().delete(Family.SESSIONS, SessionRecords.begunKey(clientId)));
    }

    /** Visits what an earlier life kept. */
    public void restore(ObjLongConsumer<String> visitor) {
        store.scan(Family.SESSIONS, SessionRecords.allBegun(0), SessionRecords.allBegun(1), (key, value) -> {
            visitor.accept(SessionRecords.clientIdOf(key), SessionRecords.begun(key, value));
            return true;
        });
    }
}
