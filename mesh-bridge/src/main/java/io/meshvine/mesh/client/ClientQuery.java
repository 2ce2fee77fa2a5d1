package io.meshvine.mesh.client;

/**
 * Which clients are asked for.
 *
 * @param match how {@code text} is compared with client ids; with {@link Match#EXACT} filters are told too
 * @param state with a connection, without, or both
 * @param after only clients behind this one are told
 * @param limit the most that are told
 */
public record ClientQuery(Match match, String text, State state, ClientName after, int limit) {

    /** Largest limit. */
    public static final int MAX_LIMIT = 1_000;

    public ClientQuery {
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new IllegalArgumentException("limit must be 1 to " + MAX_LIMIT + ": " + limit);
        }
    }

    /** How a client id is compared. */
    public enum Match {
        CONTAINS,
        PREFIX,
        EXACT
    }

    /** Whether a client has a connection. */
    public enum State {
        ANY,
        CONNECTED,
        DISCONNECTED
    }

    /** Whether a client is asked for. */
    public boolean matches(ClientName name, boolean connected) {
        boolean wanted =
                switch (state) {
                    case ANY -> true;
                    case CONNECTED -> connected;
                    case DISCONNECTED -> !connected;
                };
        return wanted
                && switch (match) {
                    case CONTAINS -> name.clientId().contains(text);
                    case PREFIX -> name.clientId().startsWith(text);
                    case EXACT -> name.clientId().equals(text);
                }
                && name.compareTo(after) > 0;
    }
}
