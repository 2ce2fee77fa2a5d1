package io.meshvine.mesh;

import io.meshvine.mesh.MeshStatus.LinkState;
import java.util.List;

/**
 * Which links of the mesh carry something, as probed just now from end to end. Immutable.
 *
 * @param findings how each end of each link found the other: of this node, and of the peers that reported in time
 * @param silent peers that are connected and did not report what they found
 */
public record MeshDiagnosis(List<Finding> findings, List<NodeId> silent) {

    /** {@link Finding#rttMicros} of a probe that was not answered in time, or not sent. */
    public static final long NO_ANSWER = -1;

    public MeshDiagnosis {
        findings = List.copyOf(findings);
        silent = List.copyOf(silent);
    }

    /**
     * How one end of a link found the other.
     *
     * @param from who probed
     * @param to who was to answer
     * @param state of the link at {@code from}
     * @param rttMicros how long the answer took; {@link #NO_ANSWER} if there was none
     */
    public record Finding(NodeId from, NodeId to, LinkState state, long rttMicros) {

        /** Whether something went there and back. */
        public boolean isAnswered() {
            return rttMicros != NO_ANSWER;
        }
    }
}
