/**
 * An MQTT client's wire, made by hand: it can send bytes that no client library would, and reads what a server sends
 * with every rule of the standards checked. Independent of the codec that the product uses, so that no fault of that
 * codec is on both sides of a test. Imports the JDK and AssertJ only.
 */
@NullMarked
package io.meshvine.it.wire;

import org.jspecify.annotations.NullMarked;
