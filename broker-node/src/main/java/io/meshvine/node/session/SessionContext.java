package io.meshvine.node.session;

import java.util.function.LongSupplier;

/**
 * What all sessions of a node share.
 *
 * @param journal where durable sessions are kept
 * @param wallMillis wall-clock time in milliseconds since 1970; any thread
 */
record SessionContext(
        SessionLimits limits,
        SessionCounters counters,
        Journal journal,
        LongSupplier wallMillis,
        GroupFailover failover) {}
