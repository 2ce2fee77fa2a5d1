package io.meshvine.bench.broker;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the command line says about a broker: {@code kind[,key=value]...}.
 *
 * <ul>
 *   <li>kinds: {@code mosquitto}, {@code meshvine}, {@code moquette}, {@code external}
 *   <li>{@code from}, {@code to}: index of the node that publishers and subscribers connect to, default 0
 *   <li>{@code nodes}: size of the mesh (meshvine), default 1
 *   <li>{@code cp}: class path of another build (meshvine, moquette), default this one's
 *   <li>{@code jvm}: JVM options, separated by blanks (meshvine, moquette)
 *   <li>{@code tls}: folder with {@code server.crt} and {@code server.key}: clients connect over TLS (meshvine)
 *   <li>{@code env.NAME}: environment variable of the process (meshvine)
 *   <li>{@code bin}: executable (mosquitto); the launcher of a checkout or a release (meshvine), default {@code java}
 *   <li>{@code host}, {@code port}, {@code pid}: of brokers that run already, several separated by slashes (external)
 * </ul>
 */
public record BrokerSpec(String text, String kind, Map<String, String> options) {
    private static final Set<String> KEYS =
            Set.of("from", "to", "nodes", "cp", "jvm", "bin", "tls", "host", "port", "pid");

    public BrokerSpec {
        options = Map.copyOf(options);
    }

    /** Parses the text; unknown keys are errors. */
    public static BrokerSpec parse(String text) {
        String[] parts = text.split(",", -1);
        Map<String, String> options = new LinkedHashMap<>();
        for (String part : Arrays.asList(parts).subList(1, parts.length)) {
            int equals = part.indexOf('=');
            String key = equals < 0 ? part : part.substring(0, equals);
            if (equals < 0 || !(KEYS.contains(key) || key.startsWith("env."))) {
                throw new IllegalArgumentException(
                        "broker \"" + text + "\": unknown key \"" + key + "\", known are " + KEYS);
            }
            options.put(key, part.substring(equals + 1));
        }
        return new BrokerSpec(text, parts[0], options);
    }

    /** Index of the node that publishers connect to. */
    public int from() {
        return number("from", 0);
    }

    /** Index of the node that subscribers connect to. */
    public int to() {
        return number("to", 0);
    }

    int number(String key, int otherwise) {
        return Integer.parseInt(options.getOrDefault(key, Integer.toString(otherwise)));
    }

    List<String> jvmOptions() {
        String jvm = options.getOrDefault("jvm", "");
        return jvm.isEmpty() ? List.of() : List.of(jvm.trim().split(" +", -1));
    }

    String classPath() {
        return options.getOrDefault("cp", System.getProperty("java.class.path", ""));
    }

    /** What makes two specs the same processes: everything but the nodes that clients use. */
    String processes() {
        Map<String, String> rest = new java.util.TreeMap<>(options);
        rest.remove("from");
        rest.remove("to");
        return kind + rest;
    }

    /** True if both can be served by the same running processes. */
    public boolean sharesProcessesWith(BrokerSpec other) {
        return processes().equals(other.processes());
    }

    /** Starts it; its files and logs go below the directory. */
    public Broker start(Path directory) {
        return switch (kind) {
            case "mosquitto" -> new Mosquitto(this, directory);
            case "meshvine" -> new Meshvine(this, directory);
            case "moquette" -> new StockMoquette(this, directory);
            case "external" -> new ExternalBroker(this);
            default ->
                throw new IllegalArgumentException(
                        "unknown broker \"" + kind + "\": use mosquitto, meshvine, moquette or external");
        };
    }
}
