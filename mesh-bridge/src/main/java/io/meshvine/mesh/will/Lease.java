package io.meshvine.mesh.will;

import io.meshvine.mesh.NodeId;
import java.util.List;

/**
 * A will as its owner gives it to a holder.
 *
 * @param version counts the wills of the owner's life
 * @param waiting whether the client is lost already and the delay runs
 * @param delayMillis the delay after the loss of the connection, or what is left of it; not beyond the session's end
 * @param ageMillis how long ago its client connected
 * @param holders who has it, in the order in which they are responsible
 * @param will what is to be published, in the form of the node. Not to be changed.
 */
record Lease(
        String clientId,
        long version,
        boolean waiting,
        long delayMillis,
        long ageMillis,
        List<NodeId> holders,
        byte[] will) {

    private static final int OBJECT_BYTES = 200;

    /** Memory that it takes, about. */
    int size() {
        return OBJECT_BYTES + 2 * clientId.length() + will.length;
    }
}
