package io.meshvine.mesh.session;

/** A connection that wants to speak for a client id. One of the two is called, once, on the bridge loop. */
public interface Claimant {

    /**
     * The client is at home here: whatever other nodes in reach had of its session is here now, as durable as it was.
     *
     * @param fence number of this claim; to be kept with the session and given back to the directory
     */
    void granted(long fence);

    /** A later connection of the client at another node has the better claim: this one is to end. */
    void lost();
}
