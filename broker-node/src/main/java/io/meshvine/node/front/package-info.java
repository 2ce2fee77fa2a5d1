/**
 * The node's face to MQTT clients: listeners, the pipeline of a connection, WebSocket, and the front handler that
 * validates, limits, acknowledges and takes over. May import {@code .session}, {@code .routing}, {@code .config}, the mesh core's topic
 * rules and Netty; never the broker engine, which comes as a {@link io.meshvine.node.front.Engine}.
 */
@NullMarked
package io.meshvine.node.front;

import org.jspecify.annotations.NullMarked;
