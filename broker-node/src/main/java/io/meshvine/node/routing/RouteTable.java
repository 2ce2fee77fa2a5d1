package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.interest.GroupInterest;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.interest.PeerInterest;
import io.meshvine.mesh.interest.RemoteInterest;
import io.meshvine.node.routing.Route.SharedRoute;
import io.meshvine.node.session.Matches;
import io.meshvine.node.session.SubscriptionDirectory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Routes by topic, matched once and kept until the local directory or the peers' interest changes. Any thread; two
 * threads may match the same topic at once, which costs time but no correctness.
 */
public final class RouteTable {

    /** Topics kept; with more, the table starts over. */
    private static final int MAX_TOPICS = 16_384;

    private final ConcurrentHashMap<String, Route> routes = new ConcurrentHashMap<>();
    private final SubscriptionDirectory directory;
    private final InterestIndex interest;

    public RouteTable(SubscriptionDirectory directory, InterestIndex interest) {
        this.directory = directory;
        this.interest = interest;
    }

    /** Where a publish on this topic goes now. */
    Route route(String topic) {
        // Read before the match: a change in between leaves a route that is seen as stale next time.
        long remoteVersion = interest.version();
        Route known = routes.get(topic);
        if (known != null
                && known.remoteVersion() == remoteVersion
                && known.local().version() == directory.version()) {
            return known;
        }
        Route matched = match(topic, remoteVersion);
        if (routes.size() >= MAX_TOPICS) {
            routes.clear();
        }
        routes.put(topic, matched);
        return matched;
    }

    private Route match(String topic, long remoteVersion) {
        Matches local = directory.match(topic);
        RemoteInterest remote = interest.match(topic);
        List<MeshTarget> targets = new ArrayList<>(remote.peers().size());
        List<MeshTarget> live = new ArrayList<>(remote.peers().size());
        for (PeerInterest peer : remote.peers()) {
            MeshTarget target = new MeshTarget(peer.peer(), true, peer.qos(), List.of());
            targets.add(target);
            if (!peer.absent()) {
                live.add(target);
            }
        }
        return new Route(
                topic.getBytes(StandardCharsets.UTF_8),
                remoteVersion,
                local,
                List.copyOf(targets),
                List.copyOf(live),
                shared(local, remote));
    }

    private static List<SharedRoute> shared(Matches local, RemoteInterest remote) {
        if (local.groups().isEmpty() && remote.groups().isEmpty()) {
            return List.of();
        }
        Map<GroupKey, List<PeerInterest>> peers = new HashMap<>();
        for (GroupInterest group : remote.groups()) {
            peers.put(group.key(), group.members());
        }
        List<SharedRoute> routes = new ArrayList<>();
        for (Matches.Group group : local.groups()) {
            List<PeerInterest> elsewhere = peers.remove(group.key());
            routes.add(new SharedRoute(group.key(), group.members(), elsewhere == null ? List.of() : elsewhere));
        }
        peers.forEach((key, elsewhere) -> routes.add(new SharedRoute(key, List.of(), elsewhere)));
        return List.copyOf(routes);
    }
}
