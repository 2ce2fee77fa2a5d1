package io.meshvine.node.config;

/**
 * Where a server socket listens.
 *
 * @param host address or name to bind
 * @param port TCP port; {@link #ANY_PORT} takes a free one, {@link #OFF} opens no socket
 */
public record Listener(String host, int port) {

    /** Takes whatever port is free. */
    public static final int ANY_PORT = 0;

    /** Opens no socket. */
    public static final int OFF = -1;

    public Listener {
        if (host.isBlank()) {
            throw new IllegalArgumentException("host must not be blank");
        }
        if (port < OFF || port > 65_535) {
            throw new IllegalArgumentException("port must be -1 to 65535: " + port);
        }
    }

    /** Whether a socket is to be opened. */
    public boolean enabled() {
        return port != OFF;
    }

    @Override
    public String toString() {
        return enabled() ? HostPort.format(host, port) : "off";
    }
}
