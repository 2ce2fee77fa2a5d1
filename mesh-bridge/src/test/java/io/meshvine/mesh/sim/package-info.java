/**
 * A whole mesh in one thread: virtual time, a network that misbehaves on a plan, brokers that only keep books, and checks
 * of what the mesh promises. Everything follows from one seed. Test code; it ships as the module's test-jar. Imports the
 * core, JUnit and AssertJ. Confined to the thread that runs the simulation.
 */
@NullMarked
package io.meshvine.mesh.sim;

import org.jspecify.annotations.NullMarked;
