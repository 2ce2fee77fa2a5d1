package io.meshvine.mesh.group;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.WireWriter;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** One peer: what was given to its members, what its publishers gave to ours, and what it is to be told. */
final class GroupPeer {
    private static final int MESSAGE_BYTES = 8 * 1024;

    /** Tickets of publishes that were given to others; of more, some may be delivered twice. */
    private static final int MAX_VOID = 65_536;

    final NodeId id;
    long epoch;
    boolean talking;
    boolean gone = true;

    /** What its members had is not given to others before this. */
    long notBeforeNanos;

    /** Groups whose members are all away there. Read by any thread. */
    final Set<GroupKey> away = ConcurrentHashMap.newKeySet();

    /** How much its members have not acknowledged. Read by any thread. */
    volatile int load;

    /** What its members have not acknowledged, by ticket. */
    final Map<Long, Given> given = new LinkedHashMap<>();

    /** What was given to others after this peer was gone, and may still be on its way to it. Bounded. */
    private final Set<Long> voided = new LinkedHashSet<>();

    /** The last ticket that was opened. */
    long lastTicket;

    /** The last ticket that an earlier life of it may have got; 0 if none has. */
    long atStakeThrough;

    /** What our members have not acknowledged: tickets of this peer, in whatever life it gave them. */
    final Set<Long> pending = new HashSet<>();

    /** The highest ticket that came from this peer. */
    long highest;

    /** What was given to others, if it still comes. Bounded. */
    final Set<Long> ignored = new LinkedHashSet<>();

    private boolean reset;
    private final Set<GroupKey> liveness = new LinkedHashSet<>();
    private final Deque<Long> done = new ArrayDeque<>();
    private final Deque<Long> asked = new ArrayDeque<>();
    private final Deque<Long> voids = new ArrayDeque<>();

    /** A publish that was given to the members of the peer, at some moment. */
    record Given(MeshPublish publish, List<GroupKey> groups, long atNanos) {
        private static final int OBJECT_BYTES = 160;

        /** Memory that it takes, about. */
        int size() {
            return OBJECT_BYTES + publish.topic().length() + publish.body().length;
        }
    }

    GroupPeer(NodeId id, long notBeforeNanos) {
        this.id = id;
        this.notBeforeNanos = notBeforeNanos;
    }

    void put(long ticket, Given publish) {
        given.put(ticket, publish);
        load = given.size();
    }

    @Nullable
    Given remove(long ticket) {
        Given removed = given.remove(ticket);
        load = given.size();
        return removed;
    }

    /** Whether others have it. */
    boolean isRevoked(long ticket) {
        return voided.contains(ticket);
    }

    /** Everything is to be told from the start. */
    void begin(Collection<GroupKey> away) {
        interrupt();
        talking = true;
        reset = true;
        liveness.addAll(away);
        voids.addAll(voided);
        asked.addAll(given.keySet());
    }

    void interrupt() {
        talking = false;
        liveness.clear();
        done.clear(); // it asks again
        asked.clear();
        voids.clear();
    }

    /** Others have it. */
    void revoke(long ticket) {
        addBounded(voided, ticket);
        if (talking) {
            voids.add(ticket);
        }
    }

    static void addBounded(Set<Long> tickets, long ticket) {
        tickets.add(ticket);
        if (tickets.size() > MAX_VOID) {
            tickets.remove(tickets.iterator().next());
        }
    }

    void tellLiveness(GroupKey group) {
        if (talking) {
            liveness.add(group);
        }
    }

    void tellDone(long ticket) {
        if (talking) {
            done.add(ticket);
        }
    }

    /** As much as a message holds; null if there is nothing to say. */
    byte @Nullable [] next(Set<GroupKey> away) {
        if (!talking) {
            return null;
        }
        WireWriter out = new WireWriter(256);
        if (!voids.isEmpty()) {
            GroupWire.voided(out, take(voids));
        }
        if (reset) {
            GroupWire.reset(out);
            reset = false;
        }
        Iterator<GroupKey> changed = liveness.iterator();
        while (changed.hasNext() && out.size() < MESSAGE_BYTES) {
            GroupKey group = changed.next();
            changed.remove();
            GroupWire.liveness(out, group, away.contains(group));
        }
        if (!done.isEmpty()) {
            GroupWire.done(out, take(done));
        }
        if (!asked.isEmpty()) {
            GroupWire.open(out, take(asked));
        }
        return out.size() == 0 ? null : out.toByteArray();
    }

    private static List<Long> take(Deque<Long> tickets) {
        List<Long> some = new ArrayList<>();
        while (!tickets.isEmpty() && some.size() < GroupWire.MAX_TICKETS / 4) {
            some.add(tickets.remove());
        }
        return some;
    }
}
