package io.meshvine.node.session;

import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import io.meshvine.mesh.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * A session on its way between nodes, in parts: a version and then records as they are in the store, each with its kind.
 * Keys carry the number that the session has at its old home, which means nothing elsewhere.
 */
final class SessionParts {

    static final char HEADER = 'H';
    static final char SUBSCRIPTION = 'S';
    static final char INBOUND = 'Q';
    static final char DELIVERY = 'D';

    /** Messages that it took of late, delivered or not: see {@link SeenCopies}. */
    static final char SEEN = 'M';

    /** First of all: these are the rest of a session that is at its new home already. */
    static final char RESIDUE = 'R';

    /** A part is closed when it has reached this size. */
    static final int PART_BYTES = 12 * 1024;

    private static final int VERSION = 1;

    /** Longest key: a topic filter with what is before it. */
    private static final int MAX_KEY = 1 << 17;

    /** Longest value: a publish with the longest payload, and what is beside it. */
    private static final int MAX_VALUE = 270 << 20;

    private SessionParts() {}

    record Part(char kind, byte[] key, byte[] value) {}

    static WireWriter begin() {
        return new WireWriter(PART_BYTES / 4).writeByte(VERSION);
    }

    static void write(WireWriter out, char kind, byte[] key, byte[] value) {
        out.writeByte(kind).writeBytes(key).writeBytes(value);
    }

    /** @throws IllegalArgumentException if the part is malformed or of a later version */
    static List<Part> read(byte[] part) {
        try {
            WireReader in = WireReader.of(part);
            int version = in.readByte();
            if (version != VERSION) {
                throw new IllegalArgumentException("a session of version " + version);
            }
            List<Part> records = new ArrayList<>();
            while (in.remaining() > 0) {
                records.add(new Part((char) in.readByte(), in.readBytes(MAX_KEY), in.readBytes(MAX_VALUE)));
            }
            return records;
        } catch (WireException malformed) {
            throw new IllegalArgumentException(malformed.getMessage(), malformed);
        }
    }
}
