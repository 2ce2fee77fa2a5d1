package io.meshvine.node.routing;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.NodeId;

/** Port: what peers say of the members of shared subscriptions there. Any thread. */
public interface PeerMembers {

    /** Outside any mesh. */
    PeerMembers NONE = new PeerMembers() {
        @Override
        public boolean isLive(NodeId peer, GroupKey group) {
            return false;
        }

        @Override
        public int load(NodeId peer) {
            return 0;
        }

        @Override
        public void recheck(GroupKey group) {}
    };

    /** Whether a peer is connected and did not say that all its members of a group are away. */
    boolean isLive(NodeId peer, GroupKey group);

    /** How many publishes a peer's members have not acknowledged. */
    int load(NodeId peer);

    /** Members of a group came or went here: peers are to know. */
    void recheck(GroupKey group);
}
