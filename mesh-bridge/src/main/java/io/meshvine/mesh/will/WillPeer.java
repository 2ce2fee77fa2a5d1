package io.meshvine.mesh.will;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.lane.PeerService;
import io.meshvine.mesh.will.HeldWills.Life;
import io.meshvine.mesh.will.OwnWills.Own;
import io.meshvine.mesh.will.Watches.Watch;
import io.meshvine.mesh.wire.WireWriter;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a peer is to be told about wills, gathered until its turn comes, and what it wants to know. */
final class WillPeer {
    private static final long NANOS_PER_MILLI = 1_000_000;

    final NodeId id;
    final Life life;

    /** Whether it can be told something. */
    boolean talking;

    /** Clients whose connection it wants to know of, and since when. */
    final Map<String, Long> watched = new HashMap<>();

    private final OwnWills own;
    private final Watches watches;
    private boolean reset;
    private boolean whole;
    private final Set<String> leases = new LinkedHashSet<>();
    private final Set<String> watching = new LinkedHashSet<>();
    private final Set<String> backs = new LinkedHashSet<>();
    private final Set<WillKey> asks = new LinkedHashSet<>();
    private final Set<WillKey> settled = new LinkedHashSet<>();
    private final Set<WillKey> unknown = new LinkedHashSet<>();

    WillPeer(NodeId id, long epoch, OwnWills own, Watches watches) {
        this.id = id;
        this.life = new Life(id, epoch);
        this.own = own;
        this.watches = watches;
    }

    /** Everything is to be told from the start. */
    void begin() {
        interrupt();
        talking = true;
        reset = true;
        whole = true;
        for (Own will : own.all()) {
            if (will.holders.contains(id)) {
                leases.add(will.clientId);
            }
        }
        watching.addAll(watches.clients());
    }

    void interrupt() {
        talking = false;
        leases.clear();
        watching.clear();
        backs.clear();
        asks.clear();
        settled.clear();
        unknown.clear();
        watched.clear();
    }

    void tellLease(String clientId) {
        if (talking) {
            leases.add(clientId);
        }
    }

    void tellWatch(String clientId) {
        if (talking) {
            watching.add(clientId);
        }
    }

    void tellBack(String clientId) {
        if (talking) {
            backs.add(clientId);
        }
    }

    void ask(WillKey will) {
        if (talking) {
            asks.add(will);
        }
    }

    void tellSettled(WillKey will) {
        if (talking) {
            settled.add(will);
        }
    }

    void tellUnknown(WillKey will) {
        if (talking) {
            unknown.add(will);
        }
    }

    /** As much of it as a message holds; null if there is nothing. */
    byte @Nullable [] next(long nowNanos) {
        if (!talking) {
            return null;
        }
        WireWriter out = new WireWriter(256);
        if (reset) {
            WillWire.reset(out);
            reset = false;
        }
        // What makes a will void goes before what may have it published.
        drain(backs, out, client -> WillWire.back(out, client));
        drain(settled, out, will -> WillWire.settled(out, will));
        drain(unknown, out, will -> WillWire.unknown(out, will));
        drain(leases, out, client -> writeLease(out, client, nowNanos));
        if (whole && leases.isEmpty()) {
            WillWire.whole(out);
            whole = false;
        }
        drain(watching, out, client -> writeWatch(out, client, nowNanos));
        drain(asks, out, will -> WillWire.ask(out, will));
        return out.size() == 0 ? null : out.toByteArray();
    }

    private void writeLease(WireWriter out, String clientId, long nowNanos) {
        Own will = own.get(clientId);
        if (will != null && will.holders.contains(id)) {
            WillWire.put(out, will.lease(nowNanos));
        } else {
            WillWire.drop(out, clientId);
        }
    }

    private void writeWatch(WireWriter out, String clientId, long nowNanos) {
        Watch watch = watches.get(clientId);
        if (watch == null) {
            WillWire.unwatch(out, clientId);
        } else {
            WillWire.watch(out, clientId, Math.max(0, (nowNanos - watch.sinceNanos) / NANOS_PER_MILLI));
        }
    }

    private static <T> void drain(Set<T> waiting, WireWriter out, Consumer<T> write) {
        Iterator<T> all = waiting.iterator();
        while (all.hasNext() && out.size() < PeerService.MESSAGE_BYTES) {
            T next = all.next();
            all.remove();
            write.accept(next);
        }
    }
}
