package io.meshvine.node.front;

import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;

/** Reads CONNECT (MQTT 5, 3.1, and MQTT 3.1.1, 3.1): what does not fit is refused in the words of its version. */
final class ConnectDecoder {

    private static final int LEVEL_5 = MqttVersion.MQTT_5.protocolLevel();
    private static final int RESERVED = 0x01;
    private static final int CLEAN_START = 0x02;
    private static final int WILL = 0x04;
    private static final int WILL_RETAIN = 0x20;
    private static final int PASSWORD = 0x40;
    private static final int USER_NAME = 0x80;

    private ConnectDecoder() {}

    static MqttConnectMessage read(PacketReader in) throws ConnectRefused {
        MqttVersion version = version(in);
        boolean version5 = version == MqttVersion.MQTT_5;
        try {
            return read(in, version, version5);
        } catch (ProtocolViolation violation) {
            throw ConnectRefused.of(violation, version5);
        }
    }

    private static MqttVersion version(PacketReader in) throws ConnectRefused {
        String name;
        int level;
        try {
            name = in.string();
            level = in.unsignedByte();
        } catch (ProtocolViolation violation) {
            throw ConnectRefused.of(violation, false);
        }
        for (MqttVersion version : MqttVersion.values()) {
            if (version.protocolName().equals(name) && version.protocolLevel() == level) {
                return version;
            }
        }
        if (!name.equals(MqttVersion.MQTT_5.protocolName())) {
            throw new ConnectRefused(Refusal.MALFORMED_PACKET, "not MQTT", false); // [MQTT-3.1.2-1]
        }
        // [MQTT-3.1.2-2]
        throw new ConnectRefused(
                Refusal.UNSUPPORTED_PROTOCOL_VERSION, "protocol level " + level + " is not served", level > LEVEL_5);
    }

    private static MqttConnectMessage read(PacketReader in, MqttVersion version, boolean version5)
            throws ProtocolViolation {
        int flags = in.unsignedByte();
        if ((flags & RESERVED) != 0) {
            throw PacketReader.malformed("reserved connect flag"); // [MQTT-3.1.2-3]
        }
        int keepAlive = in.unsignedShort();
        MqttProperties properties =
                version5 ? PropertyDecoder.read(in, PropertyDecoder.Place.CONNECT) : MqttProperties.NO_PROPERTIES;
        MqttConnectVariableHeader header = new MqttConnectVariableHeader(
                version.protocolName(),
                version.protocolLevel(),
                (flags & USER_NAME) != 0,
                (flags & PASSWORD) != 0,
                (flags & WILL_RETAIN) != 0,
                flags >> 3 & 0x03,
                (flags & WILL) != 0,
                (flags & CLEAN_START) != 0,
                keepAlive,
                properties);
        MqttConnectPayload payload = payload(in, header, version5);
        in.end();
        return new MqttConnectMessage(Packets.header(MqttMessageType.CONNECT, MqttQoS.AT_MOST_ONCE), header, payload);
    }

    private static MqttConnectPayload payload(PacketReader in, MqttConnectVariableHeader header, boolean version5)
            throws ProtocolViolation {
        String clientId = in.string();
        MqttProperties willProperties = MqttProperties.NO_PROPERTIES;
        String willTopic = null;
        byte[] will = null;
        if (header.isWillFlag()) {
            if (version5) {
                willProperties = PropertyDecoder.read(in, PropertyDecoder.Place.WILL);
            }
            willTopic = in.string();
            will = in.binary();
        }
        String userName = header.hasUserName() ? in.string() : null;
        byte[] password = header.hasPassword() ? in.binary() : null;
        return new MqttConnectPayload(clientId, willProperties, willTopic, will, userName, password);
    }
}
