package io.meshvine.node.front;

import io.netty.handler.codec.mqtt.MqttReasonCodes;

/**
 * A packet that costs the client its connection (MQTT 5, 4.13). Carries no stack trace: it is an answer to a client, not
 * a fault of the node.
 */
final class ProtocolViolation extends Exception {

    private static final long serialVersionUID = 1L;

    private final MqttReasonCodes.Disconnect reason;

    ProtocolViolation(MqttReasonCodes.Disconnect reason, String why) {
        super(why, null, false, false);
        this.reason = reason;
    }

    static ProtocolViolation protocolError(String why) {
        return new ProtocolViolation(MqttReasonCodes.Disconnect.PROTOCOL_ERROR, why);
    }

    MqttReasonCodes.Disconnect reason() {
        return reason;
    }
}
