package io.meshvine.node.config;

/** An address to connect to, not resolved yet. */
public record HostPort(String host, int port) {

    public HostPort {
        if (host.isBlank()) {
            throw new IllegalArgumentException("host must not be blank");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port must be 1 to 65535: " + port);
        }
    }

    /** Reads {@code host:port}, {@code [ipv6]:port} or, with the default port, {@code host}. */
    public static HostPort parse(String text, int defaultPort) {
        String trimmed = text.trim();
        int colon = trimmed.lastIndexOf(':');
        boolean bracketed = trimmed.startsWith("[");
        if (bracketed && trimmed.indexOf(']') < 0) {
            throw new IllegalArgumentException("missing ] in " + text);
        }
        if (bracketed && trimmed.endsWith("]")) {
            return new HostPort(trimmed.substring(1, trimmed.length() - 1), defaultPort);
        }
        if (colon < 0) {
            return new HostPort(trimmed, defaultPort);
        }
        String host = trimmed.substring(0, colon);
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw new IllegalArgumentException("write an IPv6 address in brackets: [" + text + "]:port");
        }
        return new HostPort(host, Integer.parseInt(trimmed.substring(colon + 1)));
    }

    /** {@code host:port}, with brackets around an IPv6 address. */
    static String format(String host, int port) {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    @Override
    public String toString() {
        return format(host, port);
    }
}
