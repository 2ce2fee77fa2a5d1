/**
 * Sessions: what a client subscribed to, what waits for it and what it has not acknowledged yet. Imports Netty buffers
 * and MQTT property values and the mesh core; no channel, no engine, no other package of the node.
 */
@NullMarked
package io.meshvine.node.session;

import org.jspecify.annotations.NullMarked;
