/**
 * From a publish to everybody who wants it: local sessions, peers of the mesh, the retained map; and what publishes by
 * itself: wills and {@code $SYS}. Imports {@code io.meshvine.node.session} and the mesh core; no channel, no engine.
 */
@NullMarked
package io.meshvine.node.routing;

import org.jspecify.annotations.NullMarked;
