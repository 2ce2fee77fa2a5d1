package io.meshvine.mesh.interest;

import io.meshvine.mesh.NodeId;

/**
 * A peer that wants a publish.
 *
 * @param qos the highest QoS it asked for, 0 to 2
 * @param absent whether the peer is away, and durable sessions of it want the publish: at QoS 0 it is not for them, at
 *     QoS 1 and 2 it waits for them. A group never chooses an absent peer while another one has a member
 */
public record PeerInterest(NodeId peer, int qos, boolean absent) {

    /** The interest of a peer that is there. */
    public PeerInterest(NodeId peer, int qos) {
        this(peer, qos, false);
    }
}
