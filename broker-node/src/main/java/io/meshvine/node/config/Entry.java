package io.meshvine.node.config;

/**
 * A key as somebody wrote it.
 *
 * @param origin where: {@code file:line} or the name of an environment variable
 */
record Entry(String key, String value, String origin) {}
