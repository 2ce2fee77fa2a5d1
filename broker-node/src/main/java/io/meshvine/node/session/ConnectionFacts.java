package io.meshvine.node.session;

/**
 * A client's connection, for operators.
 *
 * @param version protocol level: 3, 4 or 5
 * @param address where it comes from
 * @param listener the setting that it came in by, as {@code mqtt.tcp}
 * @param keepAliveSeconds in force, 0 for none
 * @param sinceMillis wall-clock milliseconds since 1970
 */
public record ConnectionFacts(int version, String address, String listener, int keepAliveSeconds, long sinceMillis) {}
