package io.meshvine.it.wire;

import java.nio.charset.StandardCharsets;

/** A PUBLISH in the making. By default QoS 0 with an empty payload. Confined to one thread. */
public final class Publish {

    private final String topic;
    private byte[] payload = new byte[0];
    private int qos;
    private int packetId;
    private boolean retained;
    private boolean dup;
    private Properties properties = Properties.none();

    private Publish(String topic) {
        this.topic = topic;
    }

    public static Publish to(String topic) {
        return new Publish(topic);
    }

    public Publish payload(String text) {
        return payload(text.getBytes(StandardCharsets.UTF_8));
    }

    public Publish payload(byte... bytes) {
        payload = bytes;
        return this;
    }

    public Publish qos(int level) {
        qos = level;
        return this;
    }

    /** Fixes the packet identifier; else the client chooses an unused one. */
    public Publish packetId(int id) {
        packetId = id;
        return this;
    }

    public Publish retained() {
        retained = true;
        return this;
    }

    public Publish dup() {
        dup = true;
        return this;
    }

    public Publish with(Property property, long value) {
        properties = properties.with(property, value);
        return this;
    }

    public Publish with(Property property, String value) {
        properties = properties.with(property, value);
        return this;
    }

    public Publish withBinary(Property property, byte... value) {
        properties = properties.withBinary(property, value);
        return this;
    }

    public Publish withUser(String name, String value) {
        properties = properties.withUser(name, value);
        return this;
    }

    public String topic() {
        return topic;
    }

    public byte[] payload() {
        return payload.clone();
    }

    public int qos() {
        return qos;
    }

    public int packetId() {
        return packetId;
    }

    public boolean isRetained() {
        return retained;
    }

    public Properties properties() {
        return properties;
    }

    public byte[] toBytes(Version version) {
        ByteWriter out = new ByteWriter().string(topic);
        if (qos > 0) {
            out.u16(packetId);
        }
        int header = PacketType.PUBLISH.header() | (dup ? 0b1000 : 0) | qos << 1 | (retained ? 1 : 0);
        return out.properties(version, properties).raw(payload).toPacket(header);
    }
}
