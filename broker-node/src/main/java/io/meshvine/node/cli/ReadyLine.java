package io.meshvine.node.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The one line that a node prints on standard output when it serves: {@code ready name=a mqtt=127.0.0.1:1883 ...}.
 *
 * @param fields in order; names and values without spaces
 */
record ReadyLine(Map<String, String> fields) {

    private static final String START = "ready";

    static ReadyLine of(RunningNode node) {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("name", node.name());
        fields.putAll(node.addresses());
        return new ReadyLine(fields);
    }

    /** Reads a line that {@link #toString()} wrote; empty for any other. */
    static Optional<ReadyLine> parse(String line) {
        String[] words = line.trim().split(" ", -1);
        if (!words[0].equals(START)) {
            return Optional.empty();
        }
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 1; i < words.length; i++) {
            int equals = words[i].indexOf('=');
            if (equals < 1) {
                return Optional.empty();
            }
            fields.put(words[i].substring(0, equals), words[i].substring(equals + 1));
        }
        return Optional.of(new ReadyLine(fields));
    }

    /** The address of a listener, {@code host:port}, or {@code off}. */
    String address(String kind) {
        return fields.getOrDefault(kind, "off");
    }

    @Override
    public String toString() {
        StringBuilder line = new StringBuilder(START);
        fields.forEach(
                (name, value) -> line.append(' ').append(name).append('=').append(value));
        return line.toString();
    }
}
