package io.meshvine.it.wire;

/** The small packets of a client, as bytes. */
public final class Packets {

    private Packets() {}

    public static byte[] acknowledgement(PacketType type, int packetId) {
        return new ByteWriter().u16(packetId).toPacket(type.header());
    }

    /** PUBACK, PUBREC, PUBREL or PUBCOMP of MQTT 5 with a reason code. */
    public static byte[] acknowledgement(PacketType type, int packetId, int reasonCode) {
        return new ByteWriter().u16(packetId).u8(reasonCode).toPacket(type.header());
    }

    public static byte[] unsubscribe(Version version, int packetId, String... filters) {
        ByteWriter out = new ByteWriter().u16(packetId).properties(version, Properties.none());
        for (String filter : filters) {
            out.string(filter);
        }
        return out.toPacket(PacketType.UNSUBSCRIBE.header());
    }

    public static byte[] pingreq() {
        return new ByteWriter().toPacket(PacketType.PINGREQ.header());
    }

    public static byte[] disconnect() {
        return new ByteWriter().toPacket(PacketType.DISCONNECT.header());
    }

    /** DISCONNECT of MQTT 5 with a reason code and properties. */
    public static byte[] disconnect(int reasonCode, Properties properties) {
        return new ByteWriter()
                .u8(reasonCode)
                .properties(Version.V5, properties)
                .toPacket(PacketType.DISCONNECT.header());
    }
}
