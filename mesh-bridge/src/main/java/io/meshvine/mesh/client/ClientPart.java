package io.meshvine.mesh.client;

import java.util.List;

/**
 * What one node answers.
 *
 * @param clients the first that were asked for, in order of their names
 * @param more whether there are others behind the last one
 */
public record ClientPart(List<ClientReport> clients, boolean more) {

    public ClientPart {
        clients = List.copyOf(clients);
    }
}
