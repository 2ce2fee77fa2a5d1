package io.meshvine.mesh;

/**
 * What a node asks of its peers: the publishes that match a filter, at most at a QoS. With a group it is a shared
 * subscription: one member of the group, mesh-wide, gets each publish (MQTT 5, 4.8.2).
 *
 * @param group share name, or "" for an ordinary subscription
 * @param filter topic filter without the {@code $share/name/} prefix
 * @param qos the highest QoS granted to any local subscription of that filter, 0 to 2
 * @param durable whether a session that outlives its connection stands behind it: then the peers keep publishes for it
 *     while the node is away. At QoS 0 nothing is ever kept, so that it counts as false there
 */
public record Interest(String group, String filter, int qos, boolean durable) {

    /** The group of an ordinary subscription. */
    public static final String NO_GROUP = "";

    private static final int DURABLE = 4;

    public Interest {
        if (filter.isEmpty()) {
            throw new IllegalArgumentException("topic filter must not be empty");
        }
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("QoS must be 0 to 2: " + qos);
        }
        durable &= qos > 0;
    }

    /** An interest that ends with the node's life. */
    public Interest(String group, String filter, int qos) {
        this(group, filter, qos, false);
    }

    /** Whether this is a shared subscription. */
    public boolean isShared() {
        return !group.isEmpty();
    }

    /** QoS and durability in one small number, as hashes and frames have it. */
    public int level() {
        return qos + (durable ? DURABLE : 0);
    }

    /** The interest of a {@link #level()}. */
    public static Interest ofLevel(String group, String filter, int level) {
        return new Interest(group, filter, level & (DURABLE - 1), level >= DURABLE);
    }
}
