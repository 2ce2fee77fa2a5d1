/** JMH benchmarks of single parts. May import what they measure; imported by nobody. */
@NullMarked
package io.meshvine.bench.micro;

import org.jspecify.annotations.NullMarked;
