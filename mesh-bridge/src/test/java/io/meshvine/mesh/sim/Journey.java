package io.meshvine.mesh.sim;

import java.util.Set;

/**
 * What a message went through: between which nodes, from when to when.
 *
 * @param from number of the node that sent it
 * @param to numbers of the nodes that it was for
 * @param toNanos when nothing was left to be done for it; {@link Long#MAX_VALUE} if that never came
 */
record Journey(int from, Set<Integer> to, long fromNanos, long toNanos) {

    /** Whether a fault struck it. */
    boolean meets(SimMesh.Episode fault) {
        if (fault.toNanos < fromNanos || fault.fromNanos > toNanos) {
            return false;
        }
        return fault.fault.isBetweenTwo()
                ? (fault.one == from && to.contains(fault.other)) || (fault.other == from && to.contains(fault.one))
                : fault.one == from || to.contains(fault.one);
    }
}
