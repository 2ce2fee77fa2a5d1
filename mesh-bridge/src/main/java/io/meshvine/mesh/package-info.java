/**
 * The core of the mesh and its ports. Imports the JDK, jspecify and slf4j only: no broker, no transport, no storage
 * engine, no system clock. {@code MeshBridge} owns all mesh state on one loop.
 */
@NullMarked
package io.meshvine.mesh;

import org.jspecify.annotations.NullMarked;
