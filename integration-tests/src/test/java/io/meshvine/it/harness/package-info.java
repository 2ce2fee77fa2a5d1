/**
 * Starts and stops the brokers under test as processes of their own: a mesh of nodes, or Mosquitto as a reference that
 * shows whether a test is right. Imports {@code io.meshvine.it.wire}, JUnit, AssertJ, Awaitility and the JDK.
 */
@NullMarked
package io.meshvine.it.harness;

import org.jspecify.annotations.NullMarked;
