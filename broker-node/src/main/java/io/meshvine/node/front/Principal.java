package io.meshvine.node.front;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who somebody was proven to be.
 *
 * @param name user name, null for an anonymous client
 * @param groups groups that the proof names, beside those that the rules know
 * @param grants topics that the proof grants, beside those of the rules
 * @param validUntilMillis when the proof expires: wall-clock milliseconds since 1970, or {@link #FOREVER}
 * @param proof what it was proven with, for the authenticator to tell whether it still holds; null for nothing
 */
public record Principal(
        @Nullable String name,
        Set<String> groups,
        List<TopicGrant> grants,
        long validUntilMillis,
        @Nullable Object proof) {

    /** Somebody who proved nothing. */
    public static final Principal ANONYMOUS = new Principal(null, Set.of(), List.of(), Long.MAX_VALUE, null);

    private static final char BETWEEN = '\0';

    /** The proof does not expire. */
    public static final long FOREVER = Long.MAX_VALUE;

    public Principal {
        groups = Set.copyOf(groups);
        grants = List.copyOf(grants);
    }

    /** Somebody with a name, for as long as the proof holds. */
    public static Principal named(String name, @Nullable Object proof) {
        return new Principal(name, Set.of(), List.of(), FOREVER, proof);
    }

    /** Topics that somebody may use. */
    public record TopicGrant(String filter, boolean read, boolean write) {}

    /**
     * Under which name a client's session, will and connection are known to the mesh: its client id, behind the user's name
     * where there is one, so that nobody gets at those of another user. No string of MQTT has the character in between
     * [MQTT-1.5.4-2].
     */
    public String key(String clientId) {
        return name == null ? clientId : name + BETWEEN + clientId;
    }

    /** The user in a {@link #key}; without anything that only a proof would say. */
    public static Principal ofKey(String key) {
        int end = key.indexOf(BETWEEN);
        return end < 0 ? ANONYMOUS : named(key.substring(0, end), null);
    }

    /** The client id in a {@link #key}. */
    public static String clientIdOfKey(String key) {
        return key.substring(key.indexOf(BETWEEN) + 1);
    }

    @Override
    public String toString() {
        return "Principal[" + (name == null ? "anonymous" : name) + "]";
    }
}
