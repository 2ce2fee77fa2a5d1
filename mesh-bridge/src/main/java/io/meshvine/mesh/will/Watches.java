package io.meshvine.mesh.will;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The clients whose return would make a will void that this node may have to publish, and since when it would. */
final class Watches {
    private final Map<String, Watch> byClient = new HashMap<>();

    /** A client that is looked out for. */
    static final class Watch {
        final String clientId;

        /** Only if it connected later than this, it is back. */
        long sinceNanos;

        /** Wills of other nodes that wait. */
        final Set<WillKey> orphans = new HashSet<>();

        /** Whether a will of this node waits. */
        boolean own;

        private Watch(String clientId, long sinceNanos) {
            this.clientId = clientId;
            this.sinceNanos = sinceNanos;
        }
    }

    /** Begins to look out for a client, or goes on. */
    Watch begin(String clientId, long sinceNanos) {
        Watch watch = byClient.computeIfAbsent(clientId, absent -> new Watch(clientId, sinceNanos));
        watch.sinceNanos = Math.min(watch.sinceNanos, sinceNanos);
        return watch;
    }

    @Nullable
    Watch get(String clientId) {
        return byClient.get(clientId);
    }

    /** Ends the watch if nothing depends on it any more; returns whether it ended. */
    boolean endIfIdle(Watch watch) {
        return !watch.own && watch.orphans.isEmpty() && byClient.remove(watch.clientId, watch);
    }

    Set<String> clients() {
        return byClient.keySet();
    }
}
