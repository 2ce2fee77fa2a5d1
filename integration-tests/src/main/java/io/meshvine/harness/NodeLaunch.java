package io.meshvine.harness;

import java.net.InetSocketAddress;
import java.net.URI;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** What a node is told when it starts, and what it says when it serves. Stateless. */
public final class NodeLaunch {
    /** The main class of a node. */
    public static final String MAIN_CLASS = "io.meshvine.node.Main";

    /** How the line begins that a node prints when it serves. */
    public static final String READY = "ready ";

    private NodeLaunch() {}

    /** Settings as environment: {@code mesh.bind-port} becomes {@code MESHVINE_MESH_BIND_PORT}. */
    public static Map<String, String> environment(Map<String, String> settings) {
        return settings.entrySet().stream()
                .collect(Collectors.toMap(entry -> environmentName(entry.getKey()), Map.Entry::getValue));
    }

    private static String environmentName(String key) {
        return "MESHVINE_" + key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
    }

    /**
     * Where a node serves, by the names of its line {@code ready name=n1 mqtt=host:port ... admin=http://host:port};
     * what is off is absent.
     */
    public static Map<String, InetSocketAddress> addresses(String readyLine) {
        Map<String, InetSocketAddress> addresses = new HashMap<>();
        for (String field : readyLine.substring(READY.length()).split(" ", -1)) {
            int equals = field.indexOf('=');
            if (equals > 0) {
                String value = field.substring(equals + 1);
                URI uri = URI.create(value.contains("://") ? value : "any://" + value);
                if (uri.getPort() > 0) {
                    addresses.put(field.substring(0, equals), new InetSocketAddress(uri.getHost(), uri.getPort()));
                }
            }
        }
        return addresses;
    }
}
