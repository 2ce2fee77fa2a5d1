package io.meshvine.it.wire;

/** A SUBSCRIBE in the making. Confined to one thread. */
public final class Subscribe {

    /** Bits of the subscription options (MQTT 5, 3.8.3.1). */
    public static final int NO_LOCAL = 0b0000_0100;

    public static final int RETAIN_AS_PUBLISHED = 0b0000_1000;
    public static final int RETAIN_IF_NEW = 0b0001_0000;
    public static final int RETAIN_NEVER = 0b0010_0000;

    private final ByteWriter filters = new ByteWriter();
    private int packetId;
    private Properties properties = Properties.none();

    /** A SUBSCRIBE for one filter with a QoS, or with options that include it. */
    public static Subscribe to(String filter, int options) {
        return new Subscribe().and(filter, options);
    }

    public static Subscribe toNothing() {
        return new Subscribe();
    }

    public Subscribe and(String filter, int options) {
        filters.string(filter).u8(options);
        return this;
    }

    public Subscribe identifiedBy(int subscriptionIdentifier) {
        properties = properties.with(Property.SUBSCRIPTION_IDENTIFIER, subscriptionIdentifier);
        return this;
    }

    public Subscribe packetId(int id) {
        packetId = id;
        return this;
    }

    public int packetId() {
        return packetId;
    }

    public byte[] toBytes(Version version) {
        return new ByteWriter()
                .u16(packetId)
                .properties(version, properties)
                .raw(filters.toBytes())
                .toPacket(PacketType.SUBSCRIBE.header());
    }
}
