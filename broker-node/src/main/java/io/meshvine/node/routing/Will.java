package io.meshvine.node.routing;

import io.netty.handler.codec.mqtt.MqttProperties;

/**
 * What a client wants published when it is lost (MQTT 5, 3.1.2.5).
 *
 * @param properties the application properties; neither delay nor message expiry are among them
 * @param expirySeconds message expiry counted from publication, or {@link #NEVER_EXPIRES}
 * @param delaySeconds how long the client may be away before it is published (MQTT 5, 3.1.3.2.2)
 */
public record Will(
        String topic,
        int qos,
        boolean retain,
        byte[] payload,
        MqttProperties properties,
        long expirySeconds,
        long delaySeconds) {

    /** {@link #expirySeconds} of a will without message expiry. */
    public static final long NEVER_EXPIRES = -1;
}
