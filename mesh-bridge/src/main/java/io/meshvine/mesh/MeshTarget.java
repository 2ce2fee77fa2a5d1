package io.meshvine.mesh;

import java.util.List;

/**
 * One peer that a publish goes to, and for whom there.
 *
 * @param peer the destination
 * @param subscribers whether it is for the peer's ordinary subscribers
 * @param qos the highest QoS wanted there; the link uses the lower of this and the publish's own
 * @param groups shared subscriptions of which this peer serves one member for this publish
 */
public record MeshTarget(NodeId peer, boolean subscribers, int qos, List<GroupKey> groups) {}
