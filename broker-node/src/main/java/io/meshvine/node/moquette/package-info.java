/**
 * Moquette as the engine of connections. May import {@code .session}, Netty and Moquette; together with
 * {@link io.moquette.broker.MoquetteSeam} the only place that knows Moquette.
 */
@NullMarked
package io.meshvine.node.moquette;

import org.jspecify.annotations.NullMarked;
