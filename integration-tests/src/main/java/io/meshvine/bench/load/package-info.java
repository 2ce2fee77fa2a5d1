/**
 * Load client: MQTT written straight onto Netty channels, all on one event loop, so that its own cost stays small and even. Imports Netty
 * and HdrHistogram, nothing of the product.
 */
@NullMarked
package io.meshvine.bench.load;

import org.jspecify.annotations.NullMarked;
