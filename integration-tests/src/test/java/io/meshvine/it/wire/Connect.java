package io.meshvine.it.wire;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A CONNECT in the making. By default clean, without keep alive and without will. Confined to one thread. */
public final class Connect {

    private static final int USER_NAME_FLAG = 0x80;
    private static final int PASSWORD_FLAG = 0x40;
    private static final int WILL_RETAIN_FLAG = 0x20;
    private static final int WILL_FLAG = 0x04;
    private static final int CLEAN_FLAG = 0x02;

    private final Version version;
    private final String clientId;
    private String protocolName = "MQTT";
    private int protocolLevel;
    private int flags = CLEAN_FLAG;
    private int flipped;
    private int keepAliveSeconds;
    private Properties properties = Properties.none();
    private @Nullable Publish will;
    private @Nullable String userName;
    private byte @Nullable [] password;

    private Connect(Version version, String clientId) {
        this.version = version;
        this.clientId = clientId;
        this.protocolLevel = version.level();
    }

    public static Connect as(Version version, String clientId) {
        return new Connect(version, clientId);
    }

    public Version version() {
        return version;
    }

    public String clientId() {
        return clientId;
    }

    public Properties properties() {
        return properties;
    }

    /** Clean Session or Clean Start off: resumes what session there is. */
    public Connect resuming() {
        flags &= ~CLEAN_FLAG;
        return this;
    }

    /** A session that outlives the connection: for a minute in MQTT 5, else until the next clean one. */
    public Connect durable() {
        return version.is5() ? resuming().with(Property.SESSION_EXPIRY_INTERVAL, 60) : resuming();
    }

    public Connect keepAlive(int seconds) {
        keepAliveSeconds = seconds;
        return this;
    }

    public Connect with(Property property, long value) {
        properties = properties.with(property, value);
        return this;
    }

    public Connect with(Property property, String value) {
        properties = properties.with(property, value);
        return this;
    }

    public Connect withBinary(Property property, byte... value) {
        properties = properties.withBinary(property, value);
        return this;
    }

    public Connect withUser(String name, String value) {
        properties = properties.withUser(name, value);
        return this;
    }

    /** Sets the will: topic, payload, QoS, RETAIN flag and will properties of a publish. */
    public Connect will(Publish message) {
        will = message;
        flags |= WILL_FLAG | message.qos() << 3 | (message.isRetained() ? WILL_RETAIN_FLAG : 0);
        return this;
    }

    public Connect userName(String name) {
        userName = name;
        flags |= USER_NAME_FLAG;
        return this;
    }

    public Connect password(String secret) {
        password = secret.getBytes(StandardCharsets.UTF_8);
        flags |= PASSWORD_FLAG;
        return this;
    }

    public Connect protocol(String name, int level) {
        protocolName = name;
        protocolLevel = level;
        return this;
    }

    /** Flips bits of the connect flags without changing anything else: most results are illegal. */
    public Connect flippingFlags(int bits) {
        flipped = bits;
        return this;
    }

    public byte[] toBytes() {
        return body().toPacket(PacketType.CONNECT.header());
    }

    /** Everything behind the fixed header. */
    public ByteWriter body() {
        ByteWriter out = new ByteWriter()
                .string(protocolName)
                .u8(protocolLevel)
                .u8(flags ^ flipped)
                .u16(keepAliveSeconds)
                .properties(version, properties)
                .string(clientId);
        if (will != null) {
            out.properties(version, will.properties()).string(will.topic()).binary(will.payload());
        }
        if (userName != null) {
            out.string(userName);
        }
        if (password != null) {
            out.binary(password);
        }
        return out;
    }
}
