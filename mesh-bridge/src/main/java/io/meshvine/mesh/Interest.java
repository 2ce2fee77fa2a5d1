package io.meshvine.mesh;

/**
 * What a node asks of its peers: the publishes that match a filter, at most at a QoS. With a group it is a shared
 * subscription: one member of the group, mesh-wide, gets each publish (MQTT 5, 4.8.2).
 *
 * @param group share name, or "" for an ordinary subscription
 * @param filter topic filter without the {@code $share/name/} prefix
 * @param qos the highest QoS granted to any local subscription of that filter, 0 to 2
 */
public record Interest(String group, String filter, int qos) {

    /** The group of an ordinary subscription. */
    public static final String NO_GROUP = "";

    public Interest {
        if (filter.isEmpty()) {
            throw new IllegalArgumentException("topic filter must not be empty");
        }
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("QoS must be 0 to 2: " + qos);
        }
    }

    /** Whether this is a shared subscription. */
    public boolean isShared() {
        return !group.isEmpty();
    }
}
