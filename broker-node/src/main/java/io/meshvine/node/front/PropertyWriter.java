package io.meshvine.node.front;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttProperties.StringPair;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperties;
import java.util.Collection;

/** Wire form of the properties that a PUBLISH carries for its receivers (MQTT 5, 2.2.2). */
final class PropertyWriter {

    private static final int ONE_BYTE = 1 << 7;
    private static final int TWO_BYTES = 1 << 14;
    private static final int THREE_BYTES = 1 << 21;
    private static final int CONTINUES = 0x80;

    private PropertyWriter() {}

    /** Bytes of the properties, without the length in front of them. */
    static int length(MqttProperties properties) {
        if (properties.isEmpty()) {
            return 0;
        }
        int length = 0;
        Collection<? extends MqttProperty<?>> all = all(properties);
        for (MqttProperty<?> property : all) {
            length += length(property);
        }
        return length;
    }

    private static int length(MqttProperty<?> property) {
        if (property instanceof UserProperties pairs) {
            int length = 0;
            for (StringPair pair : pairs.value()) {
                length += 1 + 2 + ByteBufUtil.utf8Bytes(pair.key) + 2 + ByteBufUtil.utf8Bytes(pair.value);
            }
            return length;
        }
        if (property instanceof StringProperty string) {
            return 1 + 2 + ByteBufUtil.utf8Bytes(string.value());
        }
        if (property instanceof BinaryProperty binary) {
            return 1 + 2 + binary.value().length;
        }
        return 1 + 1; // Of the numbers only the payload format indicator is passed on.
    }

    static void write(ByteBuf out, MqttProperties properties) {
        if (properties.isEmpty()) {
            return;
        }
        for (MqttProperty<?> property : all(properties)) {
            write(out, property);
        }
    }

    private static void write(ByteBuf out, MqttProperty<?> property) {
        if (property instanceof UserProperties pairs) {
            for (StringPair pair : pairs.value()) { // In their order [MQTT-3.3.2-18].
                out.writeByte(MqttPropertyType.USER_PROPERTY.value());
                writeString(out, pair.key);
                writeString(out, pair.value);
            }
            return;
        }
        out.writeByte(property.propertyId());
        if (property instanceof StringProperty string) {
            writeString(out, string.value());
        } else if (property instanceof BinaryProperty binary) {
            out.writeShort(binary.value().length);
            out.writeBytes(binary.value());
        } else if (property instanceof IntegerProperty number) {
            out.writeByte(number.value());
        } else {
            throw new IllegalArgumentException("not a property of a publish: " + property);
        }
    }

    /** Bytes of subscription identifiers. */
    static int length(int[] subscriptionIds) {
        int length = 0;
        for (int id : subscriptionIds) {
            length += 1 + variableLength(id);
        }
        return length;
    }

    static void write(ByteBuf out, int[] subscriptionIds) {
        for (int id : subscriptionIds) {
            out.writeByte(MqttPropertyType.SUBSCRIPTION_IDENTIFIER.value());
            writeVariable(out, id);
        }
    }

    /** Bytes of a variable byte integer (MQTT 5, 1.5.5). */
    static int variableLength(int value) {
        return value < ONE_BYTE ? 1 : value < TWO_BYTES ? 2 : value < THREE_BYTES ? 3 : 4;
    }

    static void writeVariable(ByteBuf out, int value) {
        int rest = value;
        while (rest >= ONE_BYTE) {
            out.writeByte((rest & (ONE_BYTE - 1)) | CONTINUES);
            rest >>>= 7;
        }
        out.writeByte(rest);
    }

    private static void writeString(ByteBuf out, String value) {
        int bytes = ByteBufUtil.utf8Bytes(value);
        out.writeShort(bytes);
        ByteBufUtil.reserveAndWriteUtf8(out, value, bytes);
    }

    @SuppressWarnings("unchecked") // Netty declares the raw type.
    private static Collection<? extends MqttProperty<?>> all(MqttProperties properties) {
        return (Collection<? extends MqttProperty<?>>) (Collection<?>) properties.listAll();
    }
}
