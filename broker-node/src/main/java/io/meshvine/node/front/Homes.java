package io.meshvine.node.front;

/**
 * Port: where clients are at home in the mesh. A client that connects here is claimed first; what other nodes have of its
 * session is here when that is granted. Any thread.
 */
public interface Homes {

    /** The answer to a claim: one of the two is called, once, on any thread. */
    interface Claimant {

        /**
         * The client id is this node's.
         *
         * @param fence number of the claim, to be kept with the session
         */
        void granted(long fence);

        /** A later connection at another node has the better claim. */
        void lost();
    }

    /**
     * Claims a client id, one connection at a time for each.
     *
     * @param clean whether the session begins anew
     * @param durable whether it is to outlive the connection
     */
    void claim(String clientId, boolean clean, boolean durable, Claimant claimant);

    /**
     * The connection is over.
     *
     * @param kept whether the session goes on
     */
    void left(String clientId, long fence, boolean kept);

    /** Outside any mesh: all clients are at home here. */
    static Homes alone() {
        return new Homes() {
            @Override
            public void claim(String clientId, boolean clean, boolean durable, Claimant claimant) {
                claimant.granted(0);
            }

            @Override
            public void left(String clientId, long fence, boolean kept) {
                // nobody to tell
            }
        };
    }
}
