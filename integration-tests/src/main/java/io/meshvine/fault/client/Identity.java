package io.meshvine.fault.client;

import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Who a client is when it connects.
 *
 * @param durable whether the session outlives the connection
 * @param will topic and payload of its will; null if it has none
 */
record Identity(
        String clientId,
        MqttVersion version,
        boolean durable,
        @Nullable String will) {
    /** Off: a node that stands still for minutes is a fault like others, and should not look as if clients had gone. */
    private static final int KEEP_ALIVE_SECONDS = 0;

    private static final int SESSION_EXPIRY_SECONDS = 24 * 60 * 60;

    Identity(String clientId, MqttVersion version, boolean durable) {
        this(clientId, version, durable, null);
    }

    boolean isMqtt5() {
        return version == MqttVersion.MQTT_5;
    }

    MqttConnectMessage connect() {
        MqttMessageBuilders.ConnectBuilder connect = MqttMessageBuilders.connect()
                .clientId(clientId)
                .protocolVersion(version)
                .keepAlive(KEEP_ALIVE_SECONDS)
                .cleanSession(!durable);
        if (isMqtt5() && durable) {
            MqttProperties properties = new MqttProperties();
            properties.add(
                    new IntegerProperty(MqttPropertyType.SESSION_EXPIRY_INTERVAL.value(), SESSION_EXPIRY_SECONDS));
            connect.properties(properties);
        }
        if (will != null) {
            connect.willFlag(true)
                    .willQoS(MqttQoS.AT_LEAST_ONCE)
                    .willTopic(will)
                    .willMessage(will.getBytes(StandardCharsets.UTF_8));
        }
        return connect.build();
    }
}
