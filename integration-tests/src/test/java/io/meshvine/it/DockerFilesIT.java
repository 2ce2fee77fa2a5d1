package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.meshvine.node.config.ConfigLoader;
import io.meshvine.node.config.MeshConfig;
import io.meshvine.node.config.NodeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** What can be said of {@code docker/} without an engine: it is well-formed and speaks of things that exist. */
class DockerFilesIT {

    private static final Path DOCKER = Path.of("..", "docker");

    @Test
    void everyNodeOfTheComposeFileHasAValidConfigurationAndFindsTheOthersByDns() throws IOException {
        Map<String, Map<String, Object>> services = map(yaml("compose.yaml").get("services"));
        List<String> nodes = services.keySet().stream()
                .filter(name -> name.startsWith("node-"))
                .toList();
        assertThat(nodes).hasSize(3);
        for (String name : nodes) {
            Map<String, String> environment = new HashMap<>();
            map(services.get(name).get("environment"))
                    .forEach((key, value) -> environment.put(key, String.valueOf(value)));
            environment.put("MESHVINE_NODE_DATA_DIR", "/var/lib/meshvine");
            NodeConfig config = ConfigLoader.load(null, environment).config();
            assertThat(config.name()).isEqualTo(name);
            assertThat(config.mesh().discovery()).isEqualTo(MeshConfig.Discovery.DNS);
            Map<String, Object> network =
                    map(map(services.get(name).get("networks")).get("mesh"));
            assertThat(network.get("aliases")).isEqualTo(List.of(config.mesh().dnsQuery()));
            assertThat(config.mqtt().tcp().host()).isEqualTo("0.0.0.0");
        }
    }

    @Test
    void theImageRunsAsNobodySpecialOnJava25AndKnowsWhetherItIsWell() throws IOException {
        String file = Files.readString(DOCKER.resolve("Dockerfile")).replace("\\\n", " ");
        List<String> lines = file.lines()
                .filter(line -> !line.startsWith("#") && !line.isBlank())
                .toList();
        assertThat(lines)
                .filteredOn(line -> line.startsWith("FROM "))
                .hasSize(2)
                .noneMatch(line -> line.contains(":latest"));
        List<String> image = lines.subList(
                lines.lastIndexOf(lines.stream()
                        .filter(line -> line.startsWith("FROM "))
                        .reduce((first, last) -> last)
                        .orElseThrow()),
                lines.size());
        assertThat(image.get(0)).isEqualTo("FROM eclipse-temurin:25-jre");
        assertThat(image)
                .contains("USER 10001:10001", "VOLUME /var/lib/meshvine", "STOPSIGNAL SIGTERM", "CMD [\"node\"]")
                .contains("ENTRYPOINT [\"/opt/meshvine/meshvine\"]")
                .anyMatch(line -> line.startsWith("HEALTHCHECK ")
                        && line.endsWith("CMD [\"/opt/meshvine/meshvine\", \"health\"]"));
    }

    @Test
    void theOtherFilesAreWellFormed() {
        for (String file : List.of(
                "prometheus/prometheus.yml",
                "grafana/provisioning/datasources/prometheus.yaml",
                "grafana/provisioning/dashboards/meshvine.yaml")) {
            assertThatCode(() -> yaml(file)).as(file).doesNotThrowAnyException();
        }
    }

    private static Map<String, Object> yaml(String file) throws IOException {
        return map(new Yaml().load(Files.readString(DOCKER.resolve(file))));
    }

    @SuppressWarnings("unchecked") // What a YAML mapping with plain keys is.
    private static <V> Map<String, V> map(Object mapping) {
        return (Map<String, V>) mapping;
    }
}
