package io.meshvine.mesh.client;

import java.util.Comparator;

/**
 * Who a client is: two users with the same client id are two clients. Ordered by client id, then user.
 *
 * @param user name that was proven, "" for an anonymous client
 */
public record ClientName(String clientId, String user) implements Comparable<ClientName> {

    /** Before all clients. */
    public static final ClientName FIRST = new ClientName("", "");

    private static final Comparator<ClientName> ORDER =
            Comparator.comparing(ClientName::clientId).thenComparing(ClientName::user);

    @Override
    public int compareTo(ClientName other) {
        return ORDER.compare(this, other);
    }
}
