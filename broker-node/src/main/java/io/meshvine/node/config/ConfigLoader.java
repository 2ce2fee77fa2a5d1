package io.meshvine.node.config;

import io.smallrye.config.ConfigValue;
import io.smallrye.config.ConfigValueConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads a node's configuration: defaults, over them a YAML file, over them the environment. Finds all problems before
 * it gives up. An empty environment variable counts as unset.
 */
public final class ConfigLoader {

    private static final int FILE_ORDINAL = 200;
    private static final int ENVIRONMENT_ORDINAL = 300;

    private ConfigLoader() {}

    /**
     * Loads for this machine.
     *
     * @param file the YAML file, or null for none
     * @param environment all variables of the process
     * @throws ConfigException if anything is wrong
     */
    public static LoadedConfig load(@Nullable Path file, Map<String, String> environment) {
        return load(file, environment, HostFacts.ofThisMachine());
    }

    /** Defaults changed by some keys; neither file nor environment counts. */
    static LoadedConfig of(Map<String, String> settings) {
        List<Entry> entries = settings.entrySet().stream()
                .map(setting -> new Entry(setting.getKey(), setting.getValue(), "given"))
                .toList();
        return build(entries, List.of(), new ArrayList<>(), HostFacts.ofThisMachine());
    }

    static LoadedConfig load(@Nullable Path file, Map<String, String> environment, HostFacts host) {
        List<ConfigProblem> problems = new ArrayList<>();
        Collection<Entry> fromFile = List.of();
        if (file != null) {
            YamlFile yaml = YamlFile.read(file);
            problems.addAll(yaml.problems());
            fromFile = yaml.entries().values();
        }
        return build(fromFile, fromEnvironment(environment, problems), problems, host);
    }

    private static List<Entry> fromEnvironment(Map<String, String> environment, List<ConfigProblem> problems) {
        Map<String, Setting<?>> byVariable =
                Settings.all().stream().collect(Collectors.toMap(Setting::environmentName, Function.identity()));
        List<Entry> entries = new ArrayList<>();
        environment.entrySet().stream()
                .filter(variable -> variable.getKey().startsWith(Setting.ENVIRONMENT_PREFIX))
                .filter(variable -> !variable.getValue().isEmpty())
                .sorted(Map.Entry.comparingByKey())
                .forEach(variable -> {
                    Setting<?> setting = byVariable.get(variable.getKey());
                    if (setting != null) {
                        entries.add(new Entry(setting.key(), variable.getValue().trim(), variable.getKey()));
                    } else if (!UnknownKeys.isServiceLink(variable)) {
                        problems.add(UnknownKeys.inEnvironment(variable.getKey()));
                    }
                });
        return entries;
    }

    private static LoadedConfig build(
            Collection<Entry> file, Collection<Entry> environment, List<ConfigProblem> problems, HostFacts host) {
        Set<String> known = Settings.all().stream().map(Setting::key).collect(Collectors.toSet());
        file.stream()
                .filter(entry -> !known.contains(entry.key()))
                .map(UnknownKeys::inFile)
                .forEach(problems::add);
        SmallRyeConfig layers = new SmallRyeConfigBuilder()
                .withSources(
                        new Layer("file", FILE_ORDINAL, file),
                        new Layer("environment", ENVIRONMENT_ORDINAL, environment))
                .build();
        Map<String, Entry> effective = new LinkedHashMap<>();
        for (Setting<?> setting : Settings.all()) {
            ConfigValue value = layers.getConfigValue(setting.key());
            String text = value.getRawValue();
            if (text != null) {
                effective.put(setting.key(), new Entry(setting.key(), text, value.getConfigSourceName()));
            }
        }
        return new Assembly(effective, problems, host).assemble();
    }

    /** One layer; each value names its own origin as its source. */
    private record Layer(String getName, int getOrdinal, Map<String, ConfigValue> values)
            implements ConfigValueConfigSource {

        Layer(String name, int ordinal, Collection<Entry> entries) {
            this(
                    name,
                    ordinal,
                    entries.stream()
                            .collect(Collectors.toMap(
                                    Entry::key,
                                    entry -> ConfigValue.builder()
                                            .withName(entry.key())
                                            .withValue(entry.value())
                                            .withRawValue(entry.value())
                                            .withConfigSourceName(entry.origin())
                                            .withConfigSourceOrdinal(ordinal)
                                            .build())));
        }

        @Override
        public @Nullable ConfigValue getConfigValue(String key) {
            return values.get(key);
        }

        @Override
        public Map<String, ConfigValue> getConfigValueProperties() {
            return values;
        }

        @Override
        public Set<String> getPropertyNames() {
            return values.keySet();
        }
    }
}
