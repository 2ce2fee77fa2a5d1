/** Assembly and lifecycle of one node. Sees every adapter; imported by nobody. */
@NullMarked
package io.meshvine.node;

import org.jspecify.annotations.NullMarked;
