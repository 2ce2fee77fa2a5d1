/**
 * What parts of a node say to their like at the peers: ordered messages, each once, for as long as a link holds. Imports
 * the core, {@code .link} and {@code .wire}. Confined to the bridge loop.
 */
@NullMarked
package io.meshvine.mesh.lane;

import org.jspecify.annotations.NullMarked;
