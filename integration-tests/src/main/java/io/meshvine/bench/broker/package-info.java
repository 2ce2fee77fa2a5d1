/** Brokers under test, each in processes of its own: start, addresses, processor time, memory, stop. Imports the JDK and the JSON parser. */
@NullMarked
package io.meshvine.bench.broker;

import org.jspecify.annotations.NullMarked;
