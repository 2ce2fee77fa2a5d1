package io.meshvine.node.front;

import io.netty.handler.codec.mqtt.MqttReasonCodes;
import org.jspecify.annotations.Nullable;

/** Topic aliases that one client set (MQTT 5, 3.3.2.3.4). Confined to the connection's loop, and to one connection. */
final class InboundAliases {

    private final int maximum;
    private @Nullable String @Nullable [] topics;

    InboundAliases(int maximum) {
        this.maximum = maximum;
    }

    /** The topic of a PUBLISH that came with an alias; an alias with a topic is set, anew if need be. */
    String resolve(String topic, int alias) throws ProtocolViolation {
        if (alias < 1 || alias > maximum) {
            // [MQTT-3.3.2-8], [MQTT-3.3.2-9]
            throw new ProtocolViolation(
                    MqttReasonCodes.Disconnect.TOPIC_ALIAS_INVALID, "topic alias must be 1 to " + maximum);
        }
        if (topics == null) {
            topics = new String[maximum + 1];
        }
        if (!topic.isEmpty()) {
            topics[alias] = topic;
            return topic;
        }
        String known = topics[alias];
        if (known == null) {
            throw ProtocolViolation.protocolError("topic alias " + alias + " was never set"); // MQTT 5, 3.3.2.3.4
        }
        return known;
    }
}
