package io.meshvine.node.cli;

import io.meshvine.node.config.ConfigLoader;
import io.meshvine.node.config.LoadedConfig;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that names the configuration file. */
final class ConfigFile {

    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "YAML file with settings; without it defaults and the environment count.")
    private @Nullable Path file;

    LoadedConfig load(Map<String, String> environment) {
        return ConfigLoader.load(file, environment);
    }
}
