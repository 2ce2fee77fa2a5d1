package io.meshvine.fault.client;

import io.netty.handler.codec.mqtt.MqttMessage;
import java.net.InetSocketAddress;

/** Has a will, does nothing, and does not come back. Confined to the client loop. */
final class WillClient extends MqttClient {
    WillClient(ClientLoop loop, Identity identity, InetSocketAddress broker) {
        super(loop, identity, broker);
    }

    @Override
    void onConnected(boolean sessionPresent) {}

    @Override
    void onPacket(MqttMessage packet) {}

    @Override
    void onDisconnected() {}
}
