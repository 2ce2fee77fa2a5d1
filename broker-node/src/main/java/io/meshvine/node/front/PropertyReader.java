package io.meshvine.node.front;

import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import org.jspecify.annotations.Nullable;

/** Reads MQTT 5 properties with the number ranges of the standard: Netty keeps all numbers as signed 32 bit. */
final class PropertyReader {

    private static final long UNSIGNED_INT = 0xFFFF_FFFFL;

    private final MqttProperties properties;

    PropertyReader(MqttProperties properties) {
        this.properties = properties;
    }

    /** A four byte integer, unsigned, or the given value if absent. */
    long unsignedInt(MqttPropertyType type, long absent) {
        Integer value = number(type);
        return value == null ? absent : value & UNSIGNED_INT;
    }

    /** A one or two byte integer or a variable byte integer, or the given value if absent. */
    int integer(MqttPropertyType type, int absent) {
        Integer value = number(type);
        return value == null ? absent : value;
    }

    /** A UTF-8 string, or null. */
    @Nullable
    String string(MqttPropertyType type) {
        return raw(type) instanceof MqttProperties.StringProperty string ? string.value() : null;
    }

    boolean has(MqttPropertyType type) {
        return raw(type) != null;
    }

    private @Nullable Integer number(MqttPropertyType type) {
        return raw(type) instanceof MqttProperties.IntegerProperty integer ? integer.value() : null;
    }

    private @Nullable MqttProperty<?> raw(MqttPropertyType type) {
        return properties.getProperty(type.value());
    }
}
