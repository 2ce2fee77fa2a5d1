package io.meshvine.node.front;

import io.meshvine.node.config.Listener;
import org.jspecify.annotations.Nullable;

/** What carries MQTT (MQTT 5, 4.2 and 6). */
enum Transport {
    TCP("mqtt.tcp", false, false),
    WEB_SOCKET("mqtt.ws", true, false),
    TLS("mqtt.tls", false, true),
    WEB_SOCKET_TLS("mqtt.wss", true, true);

    private final String setting;
    private final boolean webSocket;
    private final boolean secure;

    Transport(String setting, boolean webSocket, boolean secure) {
        this.setting = setting;
        this.webSocket = webSocket;
        this.secure = secure;
    }

    /** Where the operator sets it. */
    String setting() {
        return setting;
    }

    boolean isWebSocket() {
        return webSocket;
    }

    boolean isSecure() {
        return secure;
    }

    /** Where it is to be listened for, or null for nowhere. */
    @Nullable
    Listener listener(FrontOptions options) {
        return switch (this) {
            case TCP -> options.tcp();
            case WEB_SOCKET -> options.webSocket();
            case TLS -> options.tls();
            case WEB_SOCKET_TLS -> options.webSocketTls();
        };
    }
}
