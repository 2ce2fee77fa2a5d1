package io.meshvine.node.front;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Topic aliases used towards one client, at most as many as it takes (MQTT 5, 3.3.2.3.4); the topic unused for longest
 * gives its alias to a new one. Confined to the connection's loop, and to one connection [MQTT-3.3.2-7].
 */
final class OutboundAliases {

    /** No alias stands for the topic. */
    static final int NONE = 0;

    private final int maximum;
    private final Map<String, Integer> aliases;

    OutboundAliases(int maximum) {
        this.maximum = maximum;
        this.aliases = maximum == 0 ? Map.of() : new LinkedHashMap<>(16, 0.75f, true);
    }

    boolean enabled() {
        return maximum > 0;
    }

    /** The alias that the client knows for a topic. */
    int find(String topic) {
        if (maximum == 0) {
            return NONE;
        }
        Integer alias = aliases.get(topic);
        return alias == null ? NONE : alias;
    }

    /** Gives a topic an alias. The packet that tells the client must be sent. */
    int assign(String topic) {
        int alias;
        if (aliases.size() < maximum) {
            alias = aliases.size() + 1;
        } else {
            Iterator<Integer> oldest = aliases.values().iterator();
            alias = oldest.next();
            oldest.remove();
        }
        aliases.put(topic, alias);
        return alias;
    }
}
