package io.meshvine.mesh.interest;

import io.meshvine.mesh.NodeId;

/**
 * A peer that wants a publish.
 *
 * @param qos the highest QoS it asked for, 0 to 2
 */
public record PeerInterest(NodeId peer, int qos) {}
