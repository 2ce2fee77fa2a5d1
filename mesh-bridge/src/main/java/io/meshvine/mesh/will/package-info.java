/**
 * Wills that outlive their node: what a node's clients want published is leased to two peers, of whom one publishes it
 * when the node is gone. Imports the core, {@code .lane}, {@code .wire} and the choice of nodes from {@code .session}.
 * Confined to the bridge loop unless it says otherwise.
 */
@NullMarked
package io.meshvine.mesh.will;

import org.jspecify.annotations.NullMarked;
