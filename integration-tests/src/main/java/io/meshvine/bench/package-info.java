/** Load generation and benchmarks against Meshvine and the brokers people would pick instead. */
@NullMarked
package io.meshvine.bench;

import org.jspecify.annotations.NullMarked;
