/**
 * What clients sent, what was acknowledged to them, what they got: and from that what was lost, repeated or reordered.
 * Pure bookkeeping with time as an argument; imports the JDK alone.
 */
@NullMarked
package io.meshvine.fault.ledger;

import org.jspecify.annotations.NullMarked;
