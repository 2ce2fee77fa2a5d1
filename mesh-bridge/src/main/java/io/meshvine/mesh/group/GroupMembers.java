package io.meshvine.mesh.group;

import io.meshvine.mesh.GroupKey;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.NodeId;

/** Port: the members of shared subscriptions, as the node knows them. Called on the bridge loop; must not block. */
public interface GroupMembers {

    /** Whether this node has members of a shared subscription, all of which are away. */
    boolean isAway(GroupKey group);

    /**
     * Gives a publish to another member: the node that had it is gone, or began a new life.
     *
     * @param gone that node; where it has durable members of the group, it may still have the publish itself
     * @return false if there is nobody at present; then it is tried again
     */
    boolean redeliver(MeshPublish publish, GroupKey group, NodeId gone);
}
