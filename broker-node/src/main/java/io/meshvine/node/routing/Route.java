package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.interest.PeerInterest;
import io.meshvine.node.session.Match;
import io.meshvine.node.session.Matches;
import java.util.List;

/**
 * Where the publishes of one topic go, as of one version of the local directory (in {@code local}) and
 * of the peers' interest.
 *
 * @param topic its name in UTF-8
 * @param remoteVersion of the peers' interest
 * @param local this node's sessions
 * @param targets peers with ordinary subscriptions, for QoS 1 and 2: also those that are away
 * @param liveTargets those of them that are there: at QoS 0 nothing waits for the others
 * @param shared the shared subscriptions that match, wherever their members are
 */
record Route(
        byte[] topic,
        long remoteVersion,
        Matches local,
        List<MeshTarget> targets,
        List<MeshTarget> liveTargets,
        List<SharedRoute> shared) {

    /** The peers that get a publish of this QoS. */
    List<MeshTarget> targets(int qos) {
        return qos == 0 ? liveTargets : targets;
    }

    /**
     * The members of one shared subscription.
     *
     * @param here members with a session on this node
     * @param peers nodes that have members, those included that are away
     */
    record SharedRoute(GroupKey key, List<Match> here, List<PeerInterest> peers) {}
}
