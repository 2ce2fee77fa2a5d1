package io.meshvine.node.front;

import io.meshvine.mesh.interest.SharedFilter;
import io.meshvine.mesh.interest.TopicFilters;
import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.Subscription;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import io.netty.handler.codec.mqtt.MqttSubscribeMessage;
import io.netty.handler.codec.mqtt.MqttSubscriptionOption;
import io.netty.handler.codec.mqtt.MqttTopicSubscription;
import io.netty.handler.codec.mqtt.MqttUnsubAckMessage;
import io.netty.handler.codec.mqtt.MqttUnsubAckPayload;
import io.netty.handler.codec.mqtt.MqttUnsubscribeMessage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** SUBSCRIBE and UNSUBSCRIBE of one client (MQTT 5, 3.8 to 3.11). Confined to the connection's loop. */
final class SubscribeFlow {

    private final Services services;
    private final ClientConnection connection;
    private final ConnectRequest request;
    private final Permissions permissions;
    private final ClientSession session;

    SubscribeFlow(
            Services services,
            ClientConnection connection,
            ConnectRequest request,
            Permissions permissions,
            ClientSession session) {
        this.services = services;
        this.connection = connection;
        this.request = request;
        this.permissions = permissions;
        this.session = session;
    }

    // ---- SUBSCRIBE

    void onSubscribe(MqttSubscribeMessage packet) throws ProtocolViolation {
        List<MqttTopicSubscription> asked = packet.payload().topicSubscriptions();
        if (asked.isEmpty()) {
            throw ProtocolViolation.protocolError("SUBSCRIBE without topic filter"); // [MQTT-3.8.3-2]
        }
        int identifier = identifier(packet.idAndPropertiesVariableHeader().properties());
        List<Integer> codes = new ArrayList<>(asked.size());
        List<Subscription> granted = new ArrayList<>(asked.size());
        for (MqttTopicSubscription one : asked) {
            MqttReasonCodes.SubAck code = verdict(one, granted.size());
            codes.add(code.byteValue() & 0xFF);
            if (code.byteValue() >= 0) { // What is refused has the high bit set.
                granted.add(subscription(one, identifier));
            }
        }
        int packetId = packet.variableHeader().messageId();
        if (granted.isEmpty()) {
            suback(packetId, codes);
            return;
        }
        // The SUBACK waits until the connected peers know, so that it means what it says.
        services.subscriptions()
                .subscribe(
                        session,
                        granted,
                        existed -> connection.onLoop(() -> confirmed(packetId, codes, granted, existed)));
    }

    private void confirmed(int packetId, List<Integer> codes, List<Subscription> granted, List<Boolean> existed) {
        if (connection.ended()) {
            return;
        }
        suback(packetId, codes);
        for (int i = 0; i < granted.size(); i++) {
            services.subscriptions().replayRetained(session, granted.get(i), existed.get(i));
        }
    }

    private int identifier(MqttProperties properties) throws ProtocolViolation {
        List<?> identifiers = properties.getProperties(MqttPropertyType.SUBSCRIPTION_IDENTIFIER.value());
        if (identifiers.isEmpty()) {
            return 0;
        }
        if (identifiers.size() > 1) {
            throw ProtocolViolation.protocolError("more than one subscription identifier"); // MQTT 5, 3.8.2.1.2
        }
        int identifier = new PropertyReader(properties).integer(MqttPropertyType.SUBSCRIPTION_IDENTIFIER, 0);
        if (identifier == 0) {
            throw ProtocolViolation.protocolError("subscription identifier 0"); // MQTT 5, 3.8.2.1.2
        }
        return identifier;
    }

    private MqttReasonCodes.SubAck verdict(MqttTopicSubscription asked, int grantedBefore) throws ProtocolViolation {
        String filter = asked.topicFilter();
        MqttSubscriptionOption option = asked.option();
        String plain = plainFilter(filter);
        if (plain == null || services.options().limits().isTooDeep(plain)) {
            return MqttReasonCodes.SubAck.TOPIC_FILTER_INVALID;
        }
        if (option.isNoLocal() && TopicFilters.isShared(filter)) {
            throw ProtocolViolation.protocolError("no local on a shared subscription"); // [MQTT-3.8.3-4]
        }
        if (!permissions.maySubscribe(plain)) {
            return MqttReasonCodes.SubAck.NOT_AUTHORIZED;
        }
        boolean replaces = session.subscriptions().containsKey(filter);
        if (!replaces
                && session.subscriptions().size() + grantedBefore
                        >= services.sessions().limits().maxSubscriptions()) {
            return MqttReasonCodes.SubAck.QUOTA_EXCEEDED;
        }
        return MqttReasonCodes.SubAck.valueOf((byte) option.qos().value());
    }

    /** The filter behind a share name, the filter itself if it is not shared, or null if it is not valid. */
    private static @Nullable String plainFilter(String filter) {
        if (!TopicFilters.isShared(filter)) {
            return TopicFilters.isValidFilter(filter) ? filter : null;
        }
        SharedFilter shared = TopicFilters.parseShared(filter); // [MQTT-4.8.2-1], [MQTT-4.8.2-2]
        return shared == null ? null : shared.filter();
    }

    private static Subscription subscription(MqttTopicSubscription asked, int identifier) {
        MqttSubscriptionOption option = asked.option();
        return new Subscription(
                asked.topicFilter(),
                option.qos().value(),
                option.isNoLocal(),
                option.isRetainAsPublished(),
                option.retainHandling().value(),
                identifier);
    }

    /** One code per filter, in their order [MQTT-3.8.4-6]; MQTT 3.1.1 knows one failure only. */
    private void suback(int packetId, List<Integer> codes) {
        List<Integer> written = request.version5()
                ? codes
                : codes.stream().map(code -> Math.min(code, 0x80)).toList();
        connection.send(new MqttSubAckMessage(
                Packets.header(MqttMessageType.SUBACK, MqttQoS.AT_MOST_ONCE),
                new MqttMessageIdAndPropertiesVariableHeader(packetId, MqttProperties.NO_PROPERTIES),
                new MqttSubAckPayload(written)));
        connection.flush();
    }

    // ---- UNSUBSCRIBE

    void onUnsubscribe(MqttUnsubscribeMessage packet) throws ProtocolViolation {
        List<String> filters = packet.payload().topics();
        if (filters.isEmpty()) {
            throw ProtocolViolation.protocolError("UNSUBSCRIBE without topic filter"); // [MQTT-3.10.3-2]
        }
        // The UNSUBACK of a durable session waits until it will be true after a crash too.
        int packetId = packet.variableHeader().messageId();
        services.subscriptions()
                .unsubscribe(
                        session, filters, existed -> connection.onLoop(() -> unsubscribed(packetId, filters, existed)));
    }

    private void unsubscribed(int packetId, List<String> filters, List<Boolean> existed) {
        if (connection.ended()) {
            return;
        }
        List<Short> codes = new ArrayList<>(filters.size());
        for (int i = 0; i < filters.size(); i++) {
            MqttReasonCodes.UnsubAck code = existed.get(i)
                    ? MqttReasonCodes.UnsubAck.SUCCESS
                    : plainFilter(filters.get(i)) == null
                            ? MqttReasonCodes.UnsubAck.TOPIC_FILTER_INVALID
                            : MqttReasonCodes.UnsubAck.NO_SUBSCRIPTION_EXISTED;
            codes.add((short) (code.byteValue() & 0xFF));
        }
        connection.send(unsuback(packetId, codes));
        connection.flush();
    }

    /** One code per filter [MQTT-3.11.3-1]; the encoder leaves them out for MQTT 3.1.1. */
    private static MqttUnsubAckMessage unsuback(int packetId, List<Short> codes) {
        return new MqttUnsubAckMessage(
                Packets.header(MqttMessageType.UNSUBACK, MqttQoS.AT_MOST_ONCE),
                new MqttMessageIdAndPropertiesVariableHeader(packetId, MqttProperties.NO_PROPERTIES),
                new MqttUnsubAckPayload(codes));
    }
}
