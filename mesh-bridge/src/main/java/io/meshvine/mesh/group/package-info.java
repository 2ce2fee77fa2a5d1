/**
 * Shared subscriptions over the whole mesh: where members are connected, and what was given to another node's members
 * and is not acknowledged yet. Imports the core, {@code .lane} and {@code .wire}. Confined to the bridge loop unless it
 * says otherwise.
 */
@NullMarked
package io.meshvine.mesh.group;

import org.jspecify.annotations.NullMarked;
