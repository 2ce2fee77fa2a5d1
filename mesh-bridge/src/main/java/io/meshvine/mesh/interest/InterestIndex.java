package io.meshvine.mesh.interest;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.NodeId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What the peers want: a table per owner, and one trie over all of them that answers for a topic. Written by the bridge
 * loop; read by any thread without waiting. An owner has one interest per group and filter; its QoS may change. Of an
 * owner that is away, what is durable stays, and matches say that it is away.
 */
public final class InterestIndex {

    private final FilterTrie<RemoteInterest> routes = new FilterTrie<>();

    private final Map<NodeId, Table> tables = new ConcurrentHashMap<>();

    /** Everything that peers want of a topic name: each peer once, at the highest QoS that any of its filters asks. */
    public RemoteInterest match(String topic) {
        Collector collector = new Collector();
        routes.match(topic, collector::add);
        return collector.result();
    }

    /** The peers that serve members of a shared subscription. */
    public List<PeerInterest> members(GroupKey key) {
        RemoteInterest wanted = routes.get(key.filter());
        if (wanted != null) {
            for (GroupInterest group : wanted.groups()) {
                if (group.key().equals(key)) {
                    return group.members();
                }
            }
        }
        return List.of();
    }

    /**
     * Adds an interest, or changes the QoS of that group and filter.
     *
     * @throws IllegalArgumentException if the filter is invalid; then nothing changed
     */
    public void put(NodeId owner, Interest interest) {
        put(owner, interest, false);
    }

    /** Adds an interest of an owner that is away. */
    public void putAbsent(NodeId owner, Interest interest) {
        put(owner, interest, true);
    }

    private void put(NodeId owner, Interest interest, boolean absent) {
        int state = Table.state(interest, absent);
        Table table = tables.get(owner);
        if (table != null && table.state(key(interest)) == state) {
            return;
        }
        PeerInterest peer = new PeerInterest(owner, interest.qos(), absent);
        routes.compute(interest.filter(), old -> with(old == null ? RemoteInterest.NONE : old, interest, peer));
        tables.computeIfAbsent(owner, o -> new Table()).put(key(interest), state);
    }

    /** The owner went away: forgets what is not durable, and says of the rest that it is away. */
    public void onAbsent(NodeId owner) {
        for (Interest interest : of(owner)) {
            if (interest.durable()) {
                putAbsent(owner, interest);
            } else {
                remove(owner, interest);
            }
        }
    }

    /** What the owner wants of that group and filter; null if nothing. */
    public @Nullable Interest get(NodeId owner, GroupKey key) {
        Table table = tables.get(owner);
        int state = table == null ? Table.NONE : table.state(key);
        return state == Table.NONE ? null : Table.interest(key, state);
    }

    /** Removes what the owner wants of that group and filter, at whatever QoS. */
    public void remove(NodeId owner, Interest interest) {
        Table table = tables.get(owner);
        if (table == null || !table.remove(key(interest))) {
            return;
        }
        dropRoute(owner, key(interest));
        if (table.granted.isEmpty()) {
            tables.remove(owner);
        }
    }

    /** Forgets an owner. */
    public void removeAll(NodeId owner) {
        Table table = tables.remove(owner);
        if (table != null) {
            table.granted.keySet().forEach(key -> dropRoute(owner, key));
        }
    }

    /** Makes this the owner's table; what stays in it is never absent meanwhile. */
    public void replaceAll(NodeId owner, Collection<Interest> interests) {
        Set<GroupKey> kept = new HashSet<>();
        for (Interest interest : interests) {
            kept.add(key(interest));
            put(owner, interest);
        }
        for (Interest old : of(owner)) {
            if (!kept.contains(key(old))) {
                remove(owner, old);
            }
        }
    }

    /** What an owner asked for, in no particular order. */
    public List<Interest> of(NodeId owner) {
        List<Interest> interests = new ArrayList<>();
        Table table = tables.get(owner);
        if (table != null) {
            table.granted.forEach((key, state) -> interests.add(Table.interest(key, state)));
        }
        return interests;
    }

    /** Grows with each change, after it became visible (as {@link FilterTrie#version}). */
    public long version() {
        return routes.version();
    }

    /** Whether no peer wants anything. */
    public boolean isEmpty() {
        return routes.size() == 0;
    }

    /** The number of an owner's interests. */
    public int size(NodeId owner) {
        Table table = tables.get(owner);
        return table == null ? 0 : table.granted.size();
    }

    /**
     * Stands for the owner's table, whatever its history: equals {@link LocalInterest#digest} there if the tables are
     * equal.
     */
    public long digest(NodeId owner) {
        Table table = tables.get(owner);
        return table == null ? 0 : table.digest.get();
    }

    private void dropRoute(NodeId owner, GroupKey key) {
        routes.compute(key.filter(), old -> old == null ? null : without(old, owner, key));
    }

    private static GroupKey key(Interest interest) {
        return new GroupKey(interest.group(), interest.filter());
    }

    private static RemoteInterest with(RemoteInterest old, Interest interest, PeerInterest peer) {
        if (!interest.isShared()) {
            return new RemoteInterest(replaced(old.peers(), peer.peer(), peer), old.groups());
        }
        return changed(old, key(interest), peer.peer(), peer);
    }

    private static @Nullable RemoteInterest without(RemoteInterest old, NodeId owner, GroupKey key) {
        RemoteInterest left = key.group().equals(Interest.NO_GROUP)
                ? new RemoteInterest(replaced(old.peers(), owner, null), old.groups())
                : changed(old, key, owner, null);
        return left.isEmpty() ? null : left;
    }

    private static RemoteInterest changed(RemoteInterest old, GroupKey key, NodeId owner, @Nullable PeerInterest to) {
        List<GroupInterest> groups = new ArrayList<>(old.groups().size() + 1);
        List<PeerInterest> members = List.of();
        for (GroupInterest group : old.groups()) {
            if (group.key().equals(key)) {
                members = group.members();
            } else {
                groups.add(group);
            }
        }
        List<PeerInterest> changed = replaced(members, owner, to);
        if (!changed.isEmpty()) {
            groups.add(new GroupInterest(key, changed));
        }
        return new RemoteInterest(old.peers(), groups);
    }

    /** The peers with one of them replaced, or removed if there is no replacement. */
    private static List<PeerInterest> replaced(List<PeerInterest> peers, NodeId owner, @Nullable PeerInterest to) {
        List<PeerInterest> changed = new ArrayList<>(peers.size() + 1);
        for (PeerInterest peer : peers) {
            if (!peer.peer().equals(owner)) {
                changed.add(peer);
            }
        }
        if (to != null) {
            changed.add(to);
        }
        return changed;
    }

    /** What one owner asked for by group and filter; the group of an ordinary filter is empty. */
    private static final class Table {
        static final int NONE = -1;
        private static final int ABSENT = 8;

        /** The level of the interest, and whether the owner is away. */
        final Map<GroupKey, Integer> granted = new ConcurrentHashMap<>();

        final AtomicLong digest = new AtomicLong();

        static int state(Interest interest, boolean absent) {
            return interest.level() + (absent ? ABSENT : 0);
        }

        static Interest interest(GroupKey key, int state) {
            return Interest.ofLevel(key.group(), key.filter(), state & (ABSENT - 1));
        }

        /** What it asked for, or {@link #NONE}. */
        int state(GroupKey key) {
            return granted.getOrDefault(key, NONE);
        }

        void put(GroupKey key, int state) {
            remove(key);
            granted.put(key, state);
            digest.addAndGet(hash(key, state));
        }

        private static long hash(GroupKey key, int state) {
            return StableHash.of(key.group(), key.filter(), state & (ABSENT - 1));
        }

        boolean remove(GroupKey key) {
            Integer state = granted.remove(key);
            if (state == null) {
                return false;
            }
            digest.addAndGet(-hash(key, state));
            return true;
        }
    }

    /** Unites what the matching filters say. */
    private static final class Collector {
        private RemoteInterest only = RemoteInterest.NONE;
        private @Nullable Map<NodeId, PeerInterest> peers;
        private @Nullable List<GroupInterest> groups;

        void add(RemoteInterest interest) {
            if (only.isEmpty()) {
                only = interest;
                return;
            }
            Map<NodeId, PeerInterest> united = peers;
            List<GroupInterest> all = groups;
            if (united == null || all == null) {
                united = new LinkedHashMap<>();
                all = new ArrayList<>();
                peers = united;
                groups = all;
                unite(united, all, only);
            }
            unite(united, all, interest);
        }

        RemoteInterest result() {
            return peers == null || groups == null ? only : new RemoteInterest(new ArrayList<>(peers.values()), groups);
        }

        /** While a peer comes back, some of its interest may still be marked. */
        private static PeerInterest higher(PeerInterest one, PeerInterest other) {
            return new PeerInterest(one.peer(), Math.max(one.qos(), other.qos()), one.absent() && other.absent());
        }

        private static void unite(
                Map<NodeId, PeerInterest> peers, List<GroupInterest> groups, RemoteInterest interest) {
            for (PeerInterest peer : interest.peers()) {
                peers.merge(peer.peer(), peer, Collector::higher);
            }
            groups.addAll(interest.groups()); // a group belongs to one filter, so none comes twice
        }
    }
}
