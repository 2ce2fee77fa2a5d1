package io.meshvine.node.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * Everything a node is told from outside. Immutable and valid: the loader hands out no other.
 *
 * @param name display name, unique by custom only
 * @param dataDir folder that belongs to this node alone
 * @param drain how long a stopping node gives its clients
 * @param logLevel least severity that is logged
 */
public record NodeConfig(
        String name,
        Path dataDir,
        MqttConfig mqtt,
        SessionConfig session,
        RetainedConfig retained,
        WillConfig will,
        SharedConfig shared,
        MeshConfig mesh,
        StorageConfig storage,
        Listener admin,
        SecurityConfig security,
        Duration drain,
        LogLevel logLevel) {

    /**
     * The defaults, changed by some keys, as in a configuration file: {@code NodeConfig.of(Map.of("mqtt.tcp.port", "0"))}.
     *
     * @throws ConfigException if a key or value is wrong
     */
    public static NodeConfig of(Map<String, String> settings) {
        return ConfigLoader.of(settings).config();
    }
}
