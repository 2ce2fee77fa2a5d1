/**
 * The node's metrics: the JVM, Netty and whatever the parts of the node count, as Prometheus reads them. Imports
 * Micrometer (nobody else does) and the mesh core's values; counts nothing itself.
 */
@NullMarked
package io.meshvine.node.metrics;

import org.jspecify.annotations.NullMarked;
