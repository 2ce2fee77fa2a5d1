/** Retained messages, replicated to every node: last writer wins by hybrid logical clock, deletes are tombstones. */
@NullMarked
package io.meshvine.mesh.retained;

import org.jspecify.annotations.NullMarked;
