package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;

/**
 * What decides between nodes that hold one client's session: the higher fence, and of equal ones the higher node.
 *
 * @param fence number of a claim: greater than all that its claimant heard of, and at least the time in milliseconds
 */
record Rank(long fence, NodeId node) implements Comparable<Rank> {

    @Override
    public int compareTo(Rank other) {
        int byFence = Long.compare(fence, other.fence);
        return byFence != 0 ? byFence : node.compareTo(other.node);
    }
}
