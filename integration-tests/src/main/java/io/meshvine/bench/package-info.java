/**
 * Benchmarks against Meshvine and the brokers people would pick instead: scenarios, alternation, tables. May import
 * {@code .load} and {@code .broker}.
 */
@NullMarked
package io.meshvine.bench;

import org.jspecify.annotations.NullMarked;
