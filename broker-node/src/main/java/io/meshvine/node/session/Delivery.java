package io.meshvine.node.session;

import io.meshvine.mesh.GroupKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way to one client; may be shared by several sessions when it says the same to all of them.
 *
 * @param message what is delivered
 * @param qos QoS of this delivery: the lower of the publisher's and the granted one
 * @param retain RETAIN flag of the outgoing packet (MQTT 5, 3.3.1.3)
 * @param subscriptionIds identifiers of all subscriptions that matched, repeats included [MQTT-3.3.4-4]; not to be
 *     changed
 * @param group the shared subscription that chose this client, or null for ordinary subscriptions
 */
public record Delivery(
        Message message,
        int qos,
        boolean retain,
        int[] subscriptionIds,
        @Nullable GroupKey group) {

    /** No subscription carried an identifier. */
    public static final int[] NO_IDS = {};

    public Delivery {
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("QoS must be 0 to 2: " + qos);
        }
    }

    /** Those of all messages that its message stands for, one by one. */
    List<Delivery> each() {
        return message.each().stream()
                .map(one -> new Delivery(one, qos, retain, subscriptionIds, group))
                .toList();
    }

    /** A delivery for ordinary subscriptions. */
    public Delivery(Message message, int qos, boolean retain, int[] subscriptionIds) {
        this(message, qos, retain, subscriptionIds, null);
    }
}
