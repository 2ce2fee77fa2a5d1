package io.meshvine.node.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How devices are served.
 *
 * @param tcp plain MQTT
 * @param ws MQTT over WebSocket
 * @param tls MQTT over TLS
 * @param wss MQTT over WebSocket over TLS
 * @param tlsConfig how TLS is spoken; null while neither of the two is on
 * @param rules who may connect to {@code tcp}, {@code ws}, {@code tls} and {@code wss}, in this order
 * @param limits what one client may ask for
 * @param wsPath path of the WebSocket endpoint
 * @param maxPacketSize largest control packet taken from a client, bytes (MQTT 5, 3.2.2.3.6)
 * @param receiveMaximum unacknowledged QoS 1 and 2 publishes a client may have open here (MQTT 5, 3.2.2.3.3)
 * @param topicAliasMaximum topic aliases a client may use (MQTT 5, 3.2.2.3.8)
 * @param maxKeepAlive longest keep alive; a client that asks for more, or for none, is given this one (MQTT 5,
 *     3.2.2.3.14). Zero: whatever the client asks for
 * @param connectTimeout how long a connection may stay without its CONNECT
 * @param workers threads that serve connections
 * @param maxConnections connections served at the same time
 */
public record MqttConfig(
        Listener tcp,
        Listener ws,
        Listener tls,
        Listener wss,
        @Nullable TlsConfig tlsConfig,
        List<AddressRules> rules,
        ClientLimits limits,
        String wsPath,
        int maxPacketSize,
        int receiveMaximum,
        int topicAliasMaximum,
        Duration maxKeepAlive,
        Duration connectTimeout,
        int workers,
        int maxConnections) {}
