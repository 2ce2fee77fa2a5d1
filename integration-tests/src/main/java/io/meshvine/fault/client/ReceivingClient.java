package io.meshvine.fault.client;

import io.meshvine.fault.ledger.Ledger;
import io.meshvine.fault.ledger.Receiver;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Set;

/**
 * Subscribes to one filter and gives what it gets to the ledger, at QoS 2 exactly once as the receiver's side of the
 * standard has it. Confined to the client loop.
 */
final class ReceivingClient extends MqttClient {
    private final Ledger ledger;
    private final Receiver receiver;
    private final String filter;
    private final Set<Integer> unreleased = new HashSet<>();
    private boolean subscribed;
    private boolean hadSession;

    ReceivingClient(
            ClientLoop loop,
            Identity identity,
            InetSocketAddress broker,
            Ledger ledger,
            Receiver receiver,
            String filter) {
        super(loop, identity, broker);
        this.ledger = ledger;
        this.receiver = receiver;
        this.filter = filter;
    }

    Receiver receiver() {
        return receiver;
    }

    /** True if it has a SUBACK that holds. */
    boolean isSubscribed() {
        return subscribed;
    }

    @Override
    void onConnected(boolean sessionPresent) {
        if (sessionPresent) {
            return;
        }
        unreleased.clear();
        receiver.beginSession(nowMillis());
        if (hadSession && identity().durable()) {
            receiver.lostSession();
        }
        subscribed = false;
        send(MqttMessageBuilders.subscribe()
                .messageId(1)
                .addSubscription(MqttQoS.EXACTLY_ONCE, filter)
                .build());
    }

    @Override
    void onDisconnected() {
        receiver.disconnected();
        subscribed = subscribed && identity().durable();
    }

    @Override
    void onPacket(MqttMessage packet) {
        switch (packet.fixedHeader().messageType()) {
            case SUBACK -> {
                subscribed = true;
                hadSession = true;
                receiver.subscribed(nowMillis());
            }
            case PUBLISH -> onPublish((MqttPublishMessage) packet);
            case PUBREL -> {
                int id = ((MqttMessageIdVariableHeader) packet.variableHeader()).messageId();
                unreleased.remove(id);
                acknowledge(MqttMessageType.PUBCOMP, id);
            }
            default -> {}
        }
    }

    private void onPublish(MqttPublishMessage publish) {
        int id = publish.variableHeader().packetId();
        switch (publish.fixedHeader().qosLevel()) {
            case AT_LEAST_ONCE -> {
                deliver(publish);
                acknowledge(MqttMessageType.PUBACK, id);
            }
            case EXACTLY_ONCE -> {
                if (unreleased.add(id)) {
                    deliver(publish);
                }
                acknowledge(MqttMessageType.PUBREC, id);
            }
            default -> deliver(publish);
        }
    }

    private void deliver(MqttPublishMessage publish) {
        Stamp stamp = Stamp.of(publish.payload());
        ledger.received(receiver, stamp.stream(), stamp.sequence(), nowMillis());
    }

    private void acknowledge(MqttMessageType type, int id) {
        send(new MqttMessage(
                new MqttFixedHeader(type, false, MqttQoS.AT_MOST_ONCE, false, 0),
                MqttMessageIdVariableHeader.from(id)));
    }
}
