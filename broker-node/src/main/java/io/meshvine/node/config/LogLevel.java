package io.meshvine.node.config;

/** Severities of log lines, the least severe first. */
public enum LogLevel {
    TRACE,
    DEBUG,
    INFO,
    WARN,
    ERROR
}
