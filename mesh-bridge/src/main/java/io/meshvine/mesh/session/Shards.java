package io.meshvine.mesh.session;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A table by client id, in parts: so that going through all of a million clients takes many short turns of the loop
 * instead of a long one. Confined to the bridge loop.
 */
final class Shards<V> {

    /** Into so many parts a table is divided. */
    static final int COUNT = 256;

    private final Map<String, V>[] parts;
    private int size;

    Shards() {
        @SuppressWarnings({"unchecked", "rawtypes"}) // An array of a generic type cannot be made otherwise.
        Map<String, V>[] empty = new Map[COUNT];
        for (int i = 0; i < COUNT; i++) {
            empty[i] = new HashMap<>();
        }
        parts = empty;
    }

    @Nullable
    V get(String clientId) {
        return part(clientId).get(clientId);
    }

    void put(String clientId, V value) {
        if (part(clientId).put(clientId, value) == null) {
            size++;
        }
    }

    @Nullable
    V remove(String clientId) {
        V removed = part(clientId).remove(clientId);
        if (removed != null) {
            size--;
        }
        return removed;
    }

    int size() {
        return size;
    }

    /** One of {@link #COUNT} parts; not to be changed. */
    Map<String, V> part(int number) {
        return parts[number];
    }

    private Map<String, V> part(String clientId) {
        int hash = clientId.hashCode();
        return parts[(hash ^ (hash >>> 16)) & (COUNT - 1)];
    }
}
