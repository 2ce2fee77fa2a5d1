package io.meshvine.fault.client;

import io.meshvine.fault.ledger.RetainedView;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.net.InetSocketAddress;

/** Subscribes to the retained topics once and keeps what it gets. Confined to the client loop. */
final class RetainedReader extends MqttClient {
    static final String FILTER = "r/#";

    private final RetainedView view = new RetainedView();

    RetainedReader(ClientLoop loop, Identity identity, InetSocketAddress broker) {
        super(loop, identity, broker);
    }

    RetainedView view() {
        return view;
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
            MqttPublishMessage publish = (MqttPublishMessage) packet;
            Stamp stamp = Stamp.of(publish.payload());
            view.put(publish.variableHeader().topicName(), stamp.stream(), stamp.sequence());
        }
    }

    @Override
    void onDisconnected() {}
}
