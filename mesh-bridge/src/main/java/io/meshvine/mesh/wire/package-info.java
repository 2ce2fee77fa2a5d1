/**
 * The versioned frame codec and the only decoder of peer bytes: every length is checked before anything is allocated.
 * Pure: imports the core's values only.
 */
@NullMarked
package io.meshvine.mesh.wire;

import org.jspecify.annotations.NullMarked;
