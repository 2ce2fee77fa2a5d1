/**
 * Faults against a mesh of real processes, with a ledger of what was acknowledged: scenarios, their bars, the command.
 * Imports {@code .client}, {@code .mesh}, {@code .net} and {@code .ledger}.
 */
@NullMarked
package io.meshvine.fault;

import org.jspecify.annotations.NullMarked;
