package io.meshvine.mesh.jgroups;

import java.io.IOException;
import java.util.concurrent.atomic.LongAdder;
import org.jgroups.protocols.PingHeader;
import org.jgroups.util.Bits;
import org.jgroups.util.ByteArrayDataInputStream;
import org.jgroups.util.ByteArrayDataOutputStream;

/**
 * Counts discovery requests of other meshes. Meshes of different names may well share hosts, ports and networks;
 * JGroups would warn about each request.
 */
final class ForeignRequests {

    private final LongAdder seen = new LongAdder();

    /** Whether a discovery message is a request of another mesh, which then gets no answer. */
    boolean isForeign(PingHeader header, String clusterName) {
        if (header.type() != PingHeader.GET_MBRS_REQ || clusterName.equals(clusterNameOf(header))) {
            return false;
        }
        seen.increment();
        return true;
    }

    /** How many requests of other meshes came in. */
    long seen() {
        return seen.sum();
    }

    /** The header has no accessor for the name; its wire form is the type, then the name. */
    private static String clusterNameOf(PingHeader header) {
        try {
            ByteArrayDataOutputStream out = new ByteArrayDataOutputStream(header.serializedSize());
            header.writeTo(out);
            ByteArrayDataInputStream in = new ByteArrayDataInputStream(out.buffer(), 0, out.position());
            in.readByte();
            return String.valueOf(Bits.readString(in));
        } catch (IOException impossible) {
            throw new IllegalStateException("a header in memory", impossible);
        }
    }
}
