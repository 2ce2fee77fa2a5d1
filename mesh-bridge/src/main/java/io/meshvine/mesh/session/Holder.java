package io.meshvine.mesh.session;

import java.util.Comparator;

/**
 * A node that holds something of a client.
 *
 * @param whole whether it has the session that the client was connected to, as it then was; if not, only what came there
 *     while the session was on its way
 */
record Holder(Rank rank, boolean whole) {

    /** Whose session goes on comes first, then those whose content goes behind. */
    static final Comparator<Holder> TO_FETCH =
            Comparator.comparing(Holder::whole).thenComparing(Holder::rank).reversed();
}
