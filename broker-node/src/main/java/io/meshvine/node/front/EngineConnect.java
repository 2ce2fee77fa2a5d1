package io.meshvine.node.front;

import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;

/**
 * The CONNECT that the engine gets in place of the client's: always MQTT 5 and never a clean start, so that the engine
 * has one path for everybody; without will, credentials and expiry, which the front has seen to.
 */
final class EngineConnect {

    private EngineConnect() {}

    static MqttConnectMessage of(String clientId, int keepAliveSeconds) {
        return new MqttConnectMessage(
                Packets.header(MqttMessageType.CONNECT, MqttQoS.AT_MOST_ONCE),
                new MqttConnectVariableHeader(
                        MqttVersion.MQTT_5.protocolName(),
                        MqttVersion.MQTT_5.protocolLevel(),
                        false,
                        false,
                        false,
                        0,
                        false,
                        false,
                        keepAliveSeconds,
                        MqttProperties.NO_PROPERTIES),
                new MqttConnectPayload(clientId, MqttProperties.NO_PROPERTIES, null, null, null, null));
    }
}
