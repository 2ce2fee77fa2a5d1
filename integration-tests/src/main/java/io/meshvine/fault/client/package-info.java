/**
 * MQTT clients that survive faults: they reconnect with their sessions, resend what the standard says, and tell the
 * ledger what they know. All on one thread, the client loop. Imports Netty and {@code .ledger}.
 */
@NullMarked
package io.meshvine.fault.client;

import org.jspecify.annotations.NullMarked;
