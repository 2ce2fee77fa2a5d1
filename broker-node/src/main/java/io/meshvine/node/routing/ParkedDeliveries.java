package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.node.session.ClientSession;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Sessions without connection that hold deliveries of shared subscriptions because nobody else could take them, by group.
 * Any thread. A session is taken out before it is asked to give them away, and notes itself again if something is left.
 */
final class ParkedDeliveries {

    private final ConcurrentHashMap<GroupKey, Set<ClientSession>> holders = new ConcurrentHashMap<>();

    void add(ClientSession session, GroupKey group) {
        holders.compute(group, (key, present) -> {
            Set<ClientSession> sessions = present == null ? new HashSet<>(1) : present;
            sessions.add(session);
            return sessions;
        });
    }

    Set<GroupKey> groups() {
        return holders.keySet();
    }

    /** The sessions that hold something of a group; those that are connected again or over are forgotten. */
    List<ClientSession> holders(GroupKey group) {
        List<ClientSession> all = new ArrayList<>();
        holders.computeIfPresent(group, (key, sessions) -> {
            sessions.removeIf(session -> session.isConnected() || session.isEnded());
            all.addAll(sessions);
            return sessions.isEmpty() ? null : sessions;
        });
        return all;
    }

    void remove(ClientSession session, GroupKey group) {
        holders.computeIfPresent(group, (key, sessions) -> {
            sessions.remove(session);
            return sessions.isEmpty() ? null : sessions;
        });
    }

    /** Groups of which something waits. */
    int size() {
        return holders.size();
    }
}
