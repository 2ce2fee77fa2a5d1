package io.meshvine.node.session;

import io.meshvine.mesh.GroupKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of one filter, ordinary and shared. Any thread: changes take the object's lock, and so does the
 * first reader after a change; later readers get the same snapshot without it.
 */
final class Subscribers {

    /** What readers see. */
    record Snapshot(List<Match> clients, List<Matches.Group> groups) {}

    private @Nullable Members ordinary;
    private @Nullable Map<GroupKey, Members> groups;

    /** Null after a change. */
    private volatile @Nullable Snapshot snapshot;

    /** Adds a client's subscription, or replaces it. */
    synchronized void put(@Nullable GroupKey group, Match match) {
        Members members = group == null ? ordinary : groups == null ? null : groups.get(group);
        if (members == null) {
            members = new Members();
            if (group == null) {
                ordinary = members;
            } else {
                if (groups == null) {
                    groups = new HashMap<>(2);
                }
                groups.put(group, members);
            }
        }
        members.put(match);
        snapshot = null;
    }

    /** Takes a client's subscription out. Returns whether nobody is left. */
    synchronized boolean remove(@Nullable GroupKey group, ClientSession session) {
        snapshot = null;
        if (group == null) {
            if (ordinary != null) {
                ordinary.remove(session);
                ordinary = ordinary.isEmpty() ? null : ordinary;
            }
        } else if (groups != null) {
            Members members = groups.get(group);
            if (members != null) {
                members.remove(session);
                if (members.isEmpty()) {
                    groups.remove(group);
                }
            }
            groups = groups.isEmpty() ? null : groups;
        }
        return ordinary == null && groups == null;
    }

    Snapshot snapshot() {
        Snapshot current = snapshot;
        return current == null ? takeSnapshot() : current;
    }

    private synchronized Snapshot takeSnapshot() {
        Snapshot current = snapshot;
        if (current == null) {
            List<Match> clients = ordinary == null ? List.of() : ordinary.list();
            List<Matches.Group> shared = new ArrayList<>(groups == null ? 0 : groups.size());
            if (groups != null) {
                groups.forEach((key, members) -> shared.add(new Matches.Group(key, members.list())));
            }
            current = new Snapshot(clients, List.copyOf(shared));
            snapshot = current;
        }
        return current;
    }
}
