package io.meshvine.mesh.wire;

import io.meshvine.mesh.MeshDiagnosis;
import io.meshvine.mesh.MeshDiagnosis.Finding;
import io.meshvine.mesh.MeshStatus.LinkState;
import io.meshvine.mesh.NodeId;
import java.util.ArrayList;
import java.util.List;

/**
 * What a node found when it probed its own links for another one. The sender is the one who found it.
 *
 * @param number of the probe that asked for it
 */
public record ProbeReport(long number, List<Finding> findings) {

    /** A node has no more links that it reports. */
    public static final int MAX_FINDINGS = 4_096;

    private static final int EXPECTED_BYTES_PER_FINDING = 24;

    public byte[] encode() {
        WireWriter out = new WireWriter(WireWriter.MAX_VAR_LONG_BYTES + EXPECTED_BYTES_PER_FINDING * findings.size());
        out.writeVarLong(number).writeVarLong(findings.size());
        for (Finding finding : findings) {
            out.writeNodeId(finding.to())
                    .writeByte(code(finding.state()))
                    .writeVarLong(finding.rttMicros() - MeshDiagnosis.NO_ANSWER);
        }
        return out.toByteArray();
    }

    /**
     * Reads it.
     *
     * @param sender who found it
     */
    public static ProbeReport decode(WireReader in, NodeId sender) throws WireException {
        long number = in.readSequence();
        int count = in.readVarInt(MAX_FINDINGS);
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            NodeId to = in.readNodeId();
            LinkState state = state(in.readByte());
            findings.add(new Finding(sender, to, state, in.readSequence() + MeshDiagnosis.NO_ANSWER));
        }
        return new ProbeReport(number, findings);
    }

    private static int code(LinkState state) {
        return switch (state) {
            case ABSENT -> 0;
            case GREETING -> 1;
            case CONNECTED, SILENT -> 2; // The other side of the probe has its own time to answer.
        };
    }

    private static LinkState state(int code) throws WireException {
        return switch (code) {
            case 0 -> LinkState.ABSENT;
            case 1 -> LinkState.GREETING;
            case 2 -> LinkState.CONNECTED;
            default -> throw new WireException("unknown state of a link " + code);
        };
    }
}
