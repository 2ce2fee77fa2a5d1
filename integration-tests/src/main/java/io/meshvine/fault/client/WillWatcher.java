package io.meshvine.fault.client;

import io.meshvine.fault.ledger.Wills;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.net.InetSocketAddress;

/** Sees the wills that one node delivers. Confined to the client loop. */
final class WillWatcher extends MqttClient {
    static final String FILTER = "w/#";

    private final Wills wills;
    private final int node;

    WillWatcher(ClientLoop loop, Identity identity, InetSocketAddress broker, Wills wills, int node) {
        super(loop, identity, broker);
        this.wills = wills;
        this.node = node;
    }

    @Override
    void onConnected(boolean sessionPresent) {
        send(MqttMessageBuilders.subscribe()
                .messageId(1)
                .addSubscription(MqttQoS.AT_MOST_ONCE, FILTER)
                .build());
    }

    @Override
    void onPacket(MqttMessage packet) {
        if (packet.fixedHeader().messageType() == MqttMessageType.PUBLISH) {
            wills.arrived(((MqttPublishMessage) packet).variableHeader().topicName(), node, nowMillis());
        }
    }

    @Override
    void onDisconnected() {}
}
