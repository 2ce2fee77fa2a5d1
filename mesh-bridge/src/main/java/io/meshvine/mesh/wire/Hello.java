package io.meshvine.mesh.wire;

import io.meshvine.mesh.MeshOptions;
import io.meshvine.mesh.NodeId;
import java.util.HashMap;
import java.util.Map;

/**
 * Who speaks, and what it has of the other's publishes. The layout is the same in every protocol version; newer ones
 * append.
 *
 * @param oldestVersion oldest protocol version that the sender speaks
 * @param newestVersion newest protocol version that the sender speaks
 * @param maxPublishBytes larger publishes are not to be sent to the sender
 * @param wantsReply whether the sender still waits for a hello that names its session
 * @param acceptedThrough the other's publishes are taken over up to here; {@link Position#NONE} if the other is not
 *     known yet
 * @param receivedThrough the other's publishes arrived up to here; sending goes on behind it
 * @param flightWindowBytes so many bytes the sender sends before it must know that some were consumed; the other tells
 *     at the latest after a quarter of it
 * @param aliveMillis how long the sender has been there, {@link #UNKNOWN} from versions that do not say
 */
public record Hello(
        int oldestVersion,
        int newestVersion,
        String meshName,
        NodeId id,
        long epoch,
        String nodeName,
        Map<String, String> addresses,
        int maxPublishBytes,
        boolean wantsReply,
        Position acceptedThrough,
        Position receivedThrough,
        long flightWindowBytes,
        long aliveMillis) {

    /** Nothing is said of it. */
    public static final long UNKNOWN = -1;

    private static final int MAX_NAME_BYTES = 4 * MeshOptions.MAX_NAME_LENGTH;
    private static final int EXPECTED_BYTES = 256;
    private static final int WANTS_REPLY = 1;

    public Hello {
        addresses = Map.copyOf(addresses);
    }

    public byte[] encode() {
        WireWriter out = new WireWriter(EXPECTED_BYTES)
                .writeByte(oldestVersion)
                .writeByte(newestVersion)
                .writeString(meshName)
                .writeNodeId(id)
                .writeVarLong(epoch)
                .writeString(nodeName)
                .writeVarLong(maxPublishBytes)
                .writeByte(wantsReply ? WANTS_REPLY : 0);
        receivedThrough.write(acceptedThrough.write(out)).writeVarLong(addresses.size());
        addresses.forEach((kind, address) -> out.writeString(kind).writeString(address));
        out.writeVarLong(flightWindowBytes);
        if (aliveMillis != UNKNOWN) {
            out.writeVarLong(aliveMillis);
        }
        return out.toByteArray();
    }

    /** Reads a hello. What a newer version appended is skipped. */
    public static Hello decode(WireReader in) throws WireException {
        int oldest = in.readByte();
        int newest = in.readByte();
        String mesh = in.readString(MAX_NAME_BYTES);
        NodeId id = in.readNodeId();
        long epoch = in.readVarLong();
        String name = in.readString(MAX_NAME_BYTES);
        int maxPublish = in.readVarInt(Integer.MAX_VALUE);
        boolean wantsReply = (in.readByte() & WANTS_REPLY) != 0;
        Position accepted = Position.read(in);
        Position received = Position.read(in);
        int count = in.readVarInt(MeshOptions.MAX_ADDRESSES);
        Map<String, String> addresses = new HashMap<>();
        for (int i = 0; i < count; i++) {
            addresses.put(in.readString(MAX_NAME_BYTES), in.readString(MAX_NAME_BYTES));
        }
        if (accepted.isAfter(received)) {
            throw new WireException("hello accepted more than it received");
        }
        long flightWindow = in.readVarLong();
        if (flightWindow < MeshOptions.MIN_FLIGHT_WINDOW_BYTES) {
            throw new WireException("hello with a flight window of " + flightWindow + " bytes");
        }
        long alive = in.remaining() > 0 ? in.readVarLong() : UNKNOWN;
        return new Hello(
                oldest,
                newest,
                mesh,
                id,
                epoch,
                name,
                addresses,
                maxPublish,
                wantsReply,
                accepted,
                received,
                flightWindow,
                alive);
    }
}
