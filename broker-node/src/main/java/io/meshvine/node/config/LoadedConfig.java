package io.meshvine.node.config;

import java.util.List;

/**
 * A valid configuration and where each value came from.
 *
 * @param settings every setting in the order of the reference
 */
public record LoadedConfig(NodeConfig config, List<Effective> settings) {

    public LoadedConfig {
        settings = List.copyOf(settings);
    }

    /**
     * A setting in effect.
     *
     * @param value its text, {@code ***} if it is secret
     * @param source {@code default}, {@code file:line} or the name of an environment variable
     */
    public record Effective(String key, String value, String source) {}
}
