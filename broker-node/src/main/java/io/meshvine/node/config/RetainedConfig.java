package io.meshvine.node.config;

/**
 * How much the node retains.
 *
 * @param maxMessages most retained messages
 * @param maxBytes most bytes of their topics and payloads
 */
public record RetainedConfig(int maxMessages, long maxBytes) {}
