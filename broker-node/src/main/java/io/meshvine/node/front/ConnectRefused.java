package io.meshvine.node.front;

import io.netty.handler.codec.mqtt.MqttReasonCodes;

/** A CONNECT that is not accepted. Carries no stack trace: it is an answer to a client, not a fault of the node. */
final class ConnectRefused extends Exception {

    private static final long serialVersionUID = 1L;

    private final Refusal refusal;
    private final boolean version5;

    /** @param version5 whether the client is to be answered as MQTT 5 has it */
    ConnectRefused(Refusal refusal, String why, boolean version5) {
        super(why, null, false, false);
        this.refusal = refusal;
        this.version5 = version5;
    }

    static ConnectRefused of(ProtocolViolation violation, boolean version5) {
        boolean malformed = violation.reason() == MqttReasonCodes.Disconnect.MALFORMED_PACKET;
        return new ConnectRefused(
                malformed ? Refusal.MALFORMED_PACKET : Refusal.PROTOCOL_ERROR,
                String.valueOf(violation.getMessage()),
                version5);
    }

    Refusal refusal() {
        return refusal;
    }

    boolean version5() {
        return version5;
    }
}
