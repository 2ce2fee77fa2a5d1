/**
 * What integration tests, benchmarks and fault runs share: processes and their folders, how a node is configured and
 * asked. Imports the JDK, Jackson and picocli.
 */
@NullMarked
package io.meshvine.harness;

import org.jspecify.annotations.NullMarked;
