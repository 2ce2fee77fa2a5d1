/**
 * Which clients the nodes of the mesh have, for operators who ask any one of them. Imports the core, {@code .lane} and
 * {@code .wire}. Confined to the bridge loop unless it says otherwise.
 */
@NullMarked
package io.meshvine.mesh.client;

import org.jspecify.annotations.NullMarked;
