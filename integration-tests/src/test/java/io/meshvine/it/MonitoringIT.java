package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meshvine.it.harness.Admin;
import io.meshvine.it.harness.Mesh;
import io.meshvine.it.harness.MosquittoTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What operators see of a mesh, and that docs/monitoring.md speaks of things that are there. */
class MonitoringIT {

    /** {@code $SYS/} is renewed every 10 s. */
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private static final Path DOCUMENT = Path.of("..", "docs", "monitoring.md");
    private static final Path DASHBOARD = Path.of("..", "docker", "grafana", "dashboards", "meshvine.json");

    private static Mesh mesh;

    @BeforeAll
    static void start() {
        mesh = Mesh.of("monitoring", 3);
    }

    @AfterAll
    static void stop() {
        if (mesh != null) {
            mesh.close();
        }
    }

    @Test
    void theMeshIsRetainedInTheServersTreeOfEachNode() {
        MosquittoTool.assumeInstalled();
        for (int node = 0; node < 3; node++) {
            int asked = node;
            await().atMost(PATIENCE).untilAsserted(() -> {
                Map<String, String> seen = sys(asked, "$SYS/mesh/#");
                assertThat(seen)
                        .containsEntry("$SYS/mesh/members/count", "3")
                        .containsKeys("$SYS/mesh/routes/advertised", "$SYS/mesh/publishes/forwarded");
                assertThat(valuesBelow(seen, "$SYS/mesh/members/[0-9a-f-]+/name"))
                        .containsExactlyInAnyOrder("n1", "n2", "n3");
                assertThat(valuesBelow(seen, "$SYS/mesh/members/[0-9a-f-]+/state"))
                        .containsExactlyInAnyOrder("self", "connected", "connected");
                assertThat(valuesBelow(seen, "$SYS/mesh/links/[0-9a-f-]+/state"))
                        .containsExactly("connected", "connected");
            });
        }
    }

    @Test
    void readinessAndLivenessNameWhatTheyDependOn() throws IOException {
        JsonNode ready = new ObjectMapper()
                .readTree(Admin.of(mesh.node(0)).get("/health/ready").body());
        assertThat(ready.path("status").asText()).isEqualTo("ok");
        for (String check : List.of("serving", "mesh", "threads", "responsive")) {
            assertThat(ready.path("checks").path(check).asText()).as(check).isEqualTo("ok");
        }
        assertThat(Admin.of(mesh.node(0)).get("/health/live").statusCode()).isEqualTo(200);
    }

    @Test
    void everyMetricOfTheDocumentIsThere() throws IOException {
        String scraped = Admin.of(mesh.node(0)).get("/metrics").body();
        assertThat(named("`((?:meshvine|jvm|netty|process|system)_[a-z0-9_]+)`"))
                .hasSizeGreaterThan(30)
                .allSatisfy(metric -> assertThat(scraped).containsPattern("(?m)^" + metric + "[ {]"));
    }

    @Test
    void theDashboardShowsMetricsThatNodesHave() throws IOException {
        JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
        String expressions = String.join(" ", dashboard.findValuesAsText("expr"));
        List<String> metrics = Pattern.compile("\\b(?:meshvine|jvm|netty|process)_[a-z0-9_]+")
                .matcher(expressions)
                .results()
                .map(MatchResult::group)
                .distinct()
                .toList();
        String scraped = Admin.of(mesh.node(0)).get("/metrics").body();
        assertThat(metrics)
                .hasSizeGreaterThan(15)
                .allSatisfy(metric -> assertThat(scraped).containsPattern("(?m)^" + metric + "[ {]"));
    }

    @Test
    void everyTopicOfTheDocumentIsThere() throws IOException {
        MosquittoTool.assumeInstalled();
        List<String> topics = named("`(\\$SYS/[^`#+]+)`");
        assertThat(topics).hasSizeGreaterThan(30);
        await().atMost(PATIENCE).untilAsserted(() -> {
            String all = String.join("\n", sys(0, "$SYS/#").keySet());
            assertThat(topics).allSatisfy(topic -> assertThat(all).containsPattern("(?m)^" + pattern(topic) + "$"));
        });
    }

    /** {@code <id>} in the document stands for one level. */
    private static String pattern(String topic) {
        return Pattern.quote(topic).replaceAll("<[a-z]+>", "\\\\E[^/\n]+\\\\Q");
    }

    private static List<String> named(String pattern) throws IOException {
        return Pattern.compile(pattern)
                .matcher(Files.readString(DOCUMENT))
                .results()
                .map(result -> result.group(1))
                .distinct()
                .toList();
    }

    private static List<String> valuesBelow(Map<String, String> seen, String pattern) {
        Pattern topic = Pattern.compile(pattern.replace("$", "\\$"));
        return seen.entrySet().stream()
                .filter(entry -> topic.matcher(entry.getKey()).matches())
                .map(Map.Entry::getValue)
                .toList();
    }

    /** The retained messages of a filter at a node, by topic. */
    private static Map<String, String> sys(int node, String filter) throws IOException, InterruptedException {
        String printed = MosquittoTool.run(
                "mosquitto_sub", mesh.mqtt(node), "-t", filter, "--retained-only", "-W", "1", "-F", "%t\t%p");
        return printed.lines()
                .map(line -> line.split("\t", 2))
                .filter(parts -> parts.length == 2)
                .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1], (one, later) -> later, TreeMap::new));
    }
}
