package io.meshvine.node.session;

/**
 * A subscription of one client, as it was granted.
 *
 * @param filter topic filter as the client wrote it, with its {@code $share/name/} prefix if shared
 * @param qos highest QoS granted, 0 to 2
 * @param noLocal whether the client's own publishes are left out; never set on a shared one [MQTT-3.8.3-4]
 * @param retainAsPublished whether the RETAIN flag is passed on as the publisher set it [MQTT-3.3.1-13]
 * @param retainHandling 0: retained messages are sent on each subscribe, 1: only on a new subscription, 2: never
 * @param identifier subscription identifier, or {@link #NO_IDENTIFIER}
 */
public record Subscription(
        String filter, int qos, boolean noLocal, boolean retainAsPublished, int retainHandling, int identifier) {

    /** The client gave no subscription identifier. */
    public static final int NO_IDENTIFIER = 0;

    /** Largest variable byte integer (MQTT 5, 1.5.5). */
    public static final int MAX_IDENTIFIER = 268_435_455;

    public Subscription {
        if (filter.isEmpty()) {
            throw new IllegalArgumentException("topic filter must not be empty");
        }
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("QoS must be 0 to 2: " + qos);
        }
        if (retainHandling < 0 || retainHandling > 2) {
            throw new IllegalArgumentException("retain handling must be 0 to 2: " + retainHandling);
        }
        if (identifier < NO_IDENTIFIER || identifier > MAX_IDENTIFIER) {
            throw new IllegalArgumentException("subscription identifier out of range: " + identifier);
        }
    }

    /** A subscription as MQTT 3.1.1 knows it. */
    public static Subscription of(String filter, int qos) {
        return new Subscription(filter, qos, false, false, 0, NO_IDENTIFIER);
    }
}
