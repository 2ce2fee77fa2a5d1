/**
 * The nodes under fault: real processes, each in its network namespace, and what they say of themselves. Imports
 * {@code .net} and {@code io.meshvine.harness}.
 */
@NullMarked
package io.meshvine.fault.mesh;

import org.jspecify.annotations.NullMarked;
