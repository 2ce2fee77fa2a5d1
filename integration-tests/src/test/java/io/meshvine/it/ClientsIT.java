package io.meshvine.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meshvine.it.harness.Admin;
import io.meshvine.it.harness.Mesh;
import io.meshvine.it.wire.Connect;
import io.meshvine.it.wire.Publish;
import io.meshvine.it.wire.RawClient;
import io.meshvine.it.wire.TcpConnection;
import io.meshvine.it.wire.Version;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer.OrderAnnotation;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** What the nodes of a mesh tell operators about clients. */
@TestMethodOrder(OrderAnnotation.class)
class ClientsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Mesh mesh;

    private final List<RawClient> clients = new ArrayList<>();

    @BeforeAll
    static void startMesh() {
        mesh = Mesh.of("clients", 3);
    }

    @AfterAll
    static void stopMesh() {
        mesh.close();
    }

    @AfterEach
    void closeClients() {
        clients.forEach(RawClient::close);
    }

    @Test
    void everyNodeTellsWhereAClientIsAndHowItStands() {
        Instant before = Instant.now().minusSeconds(5);
        RawClient client = connect(1, Connect.as(Version.V5, "told").durable().keepAlive(77));
        client.subscribe("told/#", 1);
        client.subscribe("told/+/other", 2);
        for (int node = 0; node < 3; node++) {
            int asked = node;
            await().atMost(PATIENCE).untilAsserted(() -> {
                JsonNode told = only(asked, "told");
                assertThat(told.at("/node/name").asText()).isEqualTo("n2");
                assertThat(told.path("connected").asBoolean()).isTrue();
                assertThat(Instant.parse(told.path("connectedSince").asText())).isAfter(before);
                assertThat(told.path("address").asText()).startsWith("127.0.0.1:");
                assertThat(told.path("listener").asText()).isEqualTo("mqtt.tcp");
                assertThat(told.path("protocol").asText()).isEqualTo("5.0");
                assertThat(told.path("keepAliveSeconds").asInt()).isEqualTo(77);
                assertThat(told.path("durable").asBoolean()).isTrue();
                assertThat(told.path("subscriptions").asInt()).isEqualTo(2);
                assertThat(told.path("filters").findValuesAsText("filter")).containsExactly("told/#", "told/+/other");
                assertThat(told.path("filters").findValuesAsText("qos")).containsExactly("1", "2");
            });
        }
    }

    @Test
    void aQueueGrowsWhileItsClientIsAwayAndMovesWithIt() {
        RawClient away = connect(0, Connect.as(Version.V3_1_1, "away").durable());
        away.subscribe("away/#", 1);
        away.disconnect();
        RawClient publisher = connect(2, Connect.as(Version.V5, "away-publisher"));
        for (int i = 0; i < 5; i++) {
            publisher.publish(Publish.to("away/" + i).payload("x").qos(1));
        }
        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode told = only(1, "away");
            assertThat(told.at("/node/name").asText()).isEqualTo("n1");
            assertThat(told.path("connected").asBoolean()).isFalse();
            assertThat(told.has("address")).isFalse();
            assertThat(told.path("queuedMessages").asInt()).isEqualTo(5);
            assertThat(told.path("queuedBytes").asInt()).isPositive();
        });

        RawClient again =
                connect(2, Connect.as(Version.V3_1_1, "away").durable().resuming());
        for (int node = 0; node < 3; node++) {
            int asked = node;
            await().atMost(PATIENCE).untilAsserted(() -> {
                JsonNode told = only(asked, "away");
                assertThat(told.at("/node/name").asText()).isEqualTo("n3");
                assertThat(told.path("connected").asBoolean()).isTrue();
                assertThat(told.path("protocol").asText()).isEqualTo("3.1.1");
                assertThat(told.path("queuedMessages").asInt()).isZero();
                assertThat(told.path("inFlight").asInt()).isEqualTo(5);
                assertThat(told.path("alsoAt")).isEmpty();
            });
        }
        again.receive(5);
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(only(0, "away").path("inFlight").asInt()).isZero());
    }

    @Test
    void pagesGoThroughTheClientsOfTheWholeMesh() throws JsonProcessingException {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            String id = "page-%02d".formatted(i);
            connect(i % 3, Connect.as(i % 2 == 0 ? Version.V5 : Version.V3_1_1, id));
            expected.add(id);
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(pages(0, "q=page-*")).containsExactlyElementsOf(expected));
        assertThat(pages(1, "q=age-1&connected=true")).containsExactlyElementsOf(expected.subList(10, 20));
        assertThat(pages(2, "q=page-*&connected=false")).isEmpty();
        assertThat(pages(0, "q=page-*&mesh=false"))
                .hasSize(7)
                .contains("page-00")
                .doesNotContain("page-01");
    }

    @Test
    void nobodyIsTold404UnlessTheClientIsUnknown() {
        assertThat(get(0, "/api/v1/clients/nobody").statusCode()).isEqualTo(404);
        assertThat(get(0, "/api/v1/clients?limit=0").statusCode()).isEqualTo(400);
    }

    /** Ends a node, so it is the last. */
    @Test
    @Order(Integer.MAX_VALUE)
    void aNodeThatIsGoneIsNamedAsMissing() {
        connect(0, Connect.as(Version.V5, "left"));
        connect(2, Connect.as(Version.V5, "gone").durable());
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(pages(0, "q=gone")).containsExactly("gone"));
        mesh.node(2).kill();

        await().atMost(PATIENCE).untilAsserted(() -> {
            JsonNode answer = JSON.readTree(get(0, "/api/v1/clients").body());
            assertThat(answer.path("clients").findValuesAsText("id"))
                    .contains("left")
                    .doesNotContain("gone");
            assertThat(answer.path("missing").findValuesAsText("name")).containsExactly("n3");
        });
        HttpResponse<String> unsure = get(0, "/api/v1/clients/gone");
        assertThat(unsure.statusCode()).isEqualTo(404);
        assertThat(unsure.body()).contains("not all do");
    }

    private RawClient connect(int node, Connect as) {
        try {
            RawClient client = new RawClient(TcpConnection.open(mesh.mqtt(node), PATIENCE), as.version());
            clients.add(client);
            assertThat(client.connect(as).reasonCode()).isZero();
            return client;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HttpResponse<String> get(int node, String path) {
        return Admin.of(mesh.node(node)).get(path);
    }

    private static JsonNode only(int node, String clientId) throws JsonProcessingException {
        JsonNode answer = JSON.readTree(get(node, "/api/v1/clients/" + clientId).body());
        assertThat(answer.path("clients")).hasSize(1);
        assertThat(answer.path("missing")).isEmpty();
        return answer.at("/clients/0");
    }

    private static List<String> pages(int node, String query) throws JsonProcessingException {
        List<String> ids = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode answer = JSON.readTree(
                    get(node, "/api/v1/clients?limit=3&" + query + cursor).body());
            answer.path("clients").forEach(each -> ids.add(each.path("id").asText()));
            cursor = answer.has("cursor") ? "&cursor=" + answer.path("cursor").asText() : null;
        } while (cursor != null);
        return ids;
    }
}
