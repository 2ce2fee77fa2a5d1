/**
 * The mesh over JGroups: discovery, membership, connections between nodes. The only package that imports
 * {@code org.jgroups}; of the core it imports the ports only. JGroups tells who can be reached and carries bytes; what
 * was delivered, and to whom, the links above decide.
 */
@NullMarked
package io.meshvine.mesh.jgroups;

import org.jspecify.annotations.NullMarked;
