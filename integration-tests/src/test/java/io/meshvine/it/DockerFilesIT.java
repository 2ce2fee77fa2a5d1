package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meshvine.it.harness.Admin;
import io.meshvine.it.harness.Mesh;
import io.meshvine.node.config.ConfigLoader;
import io.meshvine.node.config.MeshConfig;
import io.meshvine.node.config.NodeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    void theOtherFilesAreWellFormed() {
        for (String file : List.of(
                "prometheus/prometheus.yml",
                "grafana/provisioning/datasources/prometheus.yaml",
                "grafana/provisioning/dashboards/meshvine.yaml")) {
            assertThatCode(() -> yaml(file)).as(file).doesNotThrowAnyException();
        }
    }

    @Test
    void theDashboardShowsMetricsThatNodesHave() throws IOException {
        JsonNode dashboard = new ObjectMapper()
                .readTree(DOCKER.resolve("grafana/dashboards/meshvine.json").toFile());
        TreeSet<String> metrics = new TreeSet<>();
        Pattern name = Pattern.compile("\\b(meshvine|jvm|process)_[a-z0-9_]+");
        for (JsonNode expression : dashboard.findValues("expr")) {
            Matcher found = name.matcher(expression.asText());
            while (found.find()) {
                metrics.add(found.group());
            }
        }
        assertThat(metrics).hasSizeGreaterThan(10);
        Mesh mesh = Mesh.of("docker", 1);
        try {
            String scraped = Admin.of(mesh.node(0)).get("/metrics").body();
            assertThat(metrics).allSatisfy(metric -> assertThat(scraped).containsPattern("(?m)^" + metric + "[ {]"));
        } finally {
            mesh.close();
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
