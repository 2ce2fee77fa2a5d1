package io.meshvine.node.front;

import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Why a CONNECT is refused: the reason code of MQTT 5 (3.2.2.2) and the return code of MQTT 3.1.1 (3.2.2.3). */
enum Refusal {
    UNSPECIFIED(
            MqttConnectReturnCode.CONNECTION_REFUSED_UNSPECIFIED_ERROR,
            MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE),
    MALFORMED_PACKET(MqttConnectReturnCode.CONNECTION_REFUSED_MALFORMED_PACKET, null),
    PROTOCOL_ERROR(MqttConnectReturnCode.CONNECTION_REFUSED_PROTOCOL_ERROR, null),
    UNSUPPORTED_PROTOCOL_VERSION(
            MqttConnectReturnCode.CONNECTION_REFUSED_UNSUPPORTED_PROTOCOL_VERSION,
            MqttConnectReturnCode.CONNECTION_REFUSED_UNACCEPTABLE_PROTOCOL_VERSION),
    CLIENT_IDENTIFIER_NOT_VALID(
            MqttConnectReturnCode.CONNECTION_REFUSED_CLIENT_IDENTIFIER_NOT_VALID,
            MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED),
    BAD_CREDENTIALS(
            MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USERNAME_OR_PASSWORD,
            MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USER_NAME_OR_PASSWORD),
    NOT_AUTHORIZED(
            MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5,
            MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED),
    SERVER_BUSY(
            MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_BUSY,
            MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE),
    QUOTA_EXCEEDED(
            MqttConnectReturnCode.CONNECTION_REFUSED_QUOTA_EXCEEDED,
            MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE),
    CONNECTION_RATE_EXCEEDED(
            MqttConnectReturnCode.CONNECTION_REFUSED_CONNECTION_RATE_EXCEEDED,
            MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE),
    BAD_AUTHENTICATION_METHOD(MqttConnectReturnCode.CONNECTION_REFUSED_BAD_AUTHENTICATION_METHOD, null),
    TOPIC_NAME_INVALID(MqttConnectReturnCode.CONNECTION_REFUSED_TOPIC_NAME_INVALID, null),
    PACKET_TOO_LARGE(MqttConnectReturnCode.CONNECTION_REFUSED_PACKET_TOO_LARGE, null),
    PAYLOAD_FORMAT_INVALID(MqttConnectReturnCode.CONNECTION_REFUSED_PAYLOAD_FORMAT_INVALID, null);

    private final MqttConnectReturnCode reason5;
    private final @Nullable MqttConnectReturnCode returnCode3;

    Refusal(MqttConnectReturnCode reason5, @Nullable MqttConnectReturnCode returnCode3) {
        this.reason5 = reason5;
        this.returnCode3 = returnCode3;
    }

    /** The code to answer with, or null where that version of the protocol only closes the connection. */
    @Nullable
    MqttConnectReturnCode code(boolean version5) {
        return version5 ? reason5 : returnCode3;
    }

    /** As it stands in metrics. */
    String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
