package io.meshvine.mesh.will;

import io.meshvine.mesh.NodeId;

/**
 * One will, mesh-wide.
 *
 * @param owner the node to which its client connected
 * @param epoch the life of that node
 * @param version counts the wills of that life
 */
record WillKey(NodeId owner, long epoch, String clientId, long version) {}
