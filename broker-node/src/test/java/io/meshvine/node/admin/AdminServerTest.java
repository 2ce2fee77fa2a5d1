package io.meshvine.node.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meshvine.mesh.MeshDiagnosis;
import io.meshvine.mesh.MeshFixtures;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.retained.DivergenceLog;
import io.meshvine.mesh.retained.HybridTimestamp;
import io.meshvine.node.config.Listener;
import io.meshvine.node.config.LoadedConfig.Effective;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AdminServerTest {

    private final CompletableFuture<MeshDiagnosis> diagnosis =
            CompletableFuture.completedFuture(MeshFixtures.healthy());
    private static final DivergenceLog.Report DIVERGED = new DivergenceLog.Report(
            new NodeId(0, 2),
            1_000,
            9_000,
            7,
            List.of(new DivergenceLog.Conflict(
                    "plant/valve",
                    new HybridTimestamp(3_000, 0, new NodeId(0, 2)),
                    new HybridTimestamp(2_000, 0, new NodeId(0, 1)),
                    true)));

    private static final Listener ANY_PORT = new Listener("127.0.0.1", 0);

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private final ObjectMapper json = new ObjectMapper();
    private final Health health = new Health();
    private final AtomicReference<Optional<String>> storage = new AtomicReference<>(Optional.empty());
    private volatile CompletableFuture<MeshStatus> mesh = CompletableFuture.completedFuture(MeshFixtures.status());
    private AdminServer server;

    @BeforeEach
    void start() throws IOException {
        health.readyWhen("storage", storage::get);
        health.aliveWhen("loop", Optional::empty);
        server = new AdminServer(ANY_PORT, sources(), null);
        server.start();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void isReadyWhileEveryCheckIsFine() throws Exception {
        HttpResponse<String> response = get("/health/ready");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(json.readTree(response.body()))
                .isEqualTo(json.readTree("{\"status\":\"ok\",\"checks\":{\"storage\":\"ok\",\"loop\":\"ok\"}}"));
    }

    @Test
    void saysWhyItIsNotReadyAndRecovers() throws Exception {
        storage.set(Optional.of("disk is full"));

        HttpResponse<String> response = get("/health/ready");
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(json.readTree(response.body()).at("/checks/storage").asText())
                .isEqualTo("disk is full");
        assertThat(get("/health/live").statusCode()).isEqualTo(200);

        storage.set(Optional.empty());
        assertThat(get("/health/ready").statusCode()).isEqualTo(200);
    }

    @Test
    void isNotAliveNorReadyWhenAVitalCheckFails() throws Exception {
        health.aliveWhen("bridge", () -> Optional.of("stuck for 30 s"));

        assertThat(get("/health/live").statusCode()).isEqualTo(503);
        assertThat(get("/health/ready").statusCode()).isEqualTo(503);
    }

    @Test
    void aCheckThatThrowsIsAProblem() throws Exception {
        health.readyWhen("broken", () -> {
            throw new IllegalStateException("oops");
        });

        HttpResponse<String> response = get("/health/ready");
        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(response.body()).contains("the check itself failed").contains("oops");
    }

    @Test
    void showsTheMeshWithMembersLinksRoutesAndCounters() throws Exception {
        HttpResponse<String> response = get("/api/v1/mesh");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).hasValue("application/json");
        JsonNode body = json.readTree(response.body());
        assertThat(body.at("/mesh").asText()).isEqualTo("plant");
        assertThat(body.at("/self/id").asText()).isEqualTo(MeshFixtures.SELF.toString());
        assertThat(body.at("/self/version").asText()).isEqualTo("1.2.3");
        assertThat(body.at("/members/0/name").asText()).isEqualTo("b");
        assertThat(body.at("/members/0/addresses/mqtt").asText()).isEqualTo("127.0.0.1:1884");
        assertThat(body.at("/links/0/peer").asText()).isEqualTo(MeshFixtures.PEER.toString());
        assertThat(body.at("/links/0/state").asText()).isEqualTo("connected");
        assertThat(body.at("/links/0/rttMicros").asLong()).isEqualTo(250);
        assertThat(body.at("/links/0/dropped/peer-slow").asLong()).isEqualTo(8);
        assertThat(body.at("/routes/advertised").asInt()).isEqualTo(17);
        assertThat(body.at("/routes/peers/0/filters").asInt()).isEqualTo(42);
        assertThat(body.at("/digests/retained").asText()).isEqualTo("0000000000000001");
        assertThat(body.at("/digests/interest").asText()).isEqualTo("0000000000000002");
        assertThat(body.at("/digests/peers/" + MeshFixtures.PEER).asText()).isEqualTo("ffffffffffffffff");
        assertThat(body.at("/refused/0/reason").asText()).isEqualTo("belongs to mesh other");
        assertThat(body.at("/counters/published/1").asLong()).isEqualTo(5);
    }

    @Test
    void reportsAMeshThatFailedToAnswer() throws Exception {
        mesh = CompletableFuture.failedFuture(new IllegalStateException("closed"));

        HttpResponse<String> response = get("/api/v1/mesh");

        assertThat(response.statusCode()).isEqualTo(503);
        assertThat(json.readTree(response.body()).at("/error").asText()).isEqualTo("the mesh does not answer");
    }

    @Test
    void listsTheClientsOfTheMesh() throws Exception {
        JsonNode body = json.readTree(get("/api/v1/clients").body());

        assertThat(body.path("clients").findValuesAsText("id")).contains("pump-1", "pump-2", "valve");
        JsonNode pump = body.at("/clients/0");
        assertThat(pump.path("id").asText()).isEqualTo("pump-1");
        assertThat(pump.path("user").asText()).isEqualTo("ann");
        assertThat(pump.at("/node/id").asText()).isEqualTo(MeshFixtures.PEER.toString());
        assertThat(pump.at("/node/name").asText()).isEqualTo("b");
        assertThat(pump.path("connected").asBoolean()).isTrue();
        assertThat(pump.path("connectedSince").asText()).isEqualTo("1970-01-01T00:00:01Z");
        assertThat(pump.path("address").asText()).isEqualTo("10.0.0.7:50000");
        assertThat(pump.path("listener").asText()).isEqualTo("mqtt.tls");
        assertThat(pump.path("protocol").asText()).isEqualTo("5.0");
        assertThat(pump.path("keepAliveSeconds").asInt()).isEqualTo(60);
        assertThat(pump.path("sessionExpirySeconds").asInt()).isEqualTo(300);
        assertThat(pump.path("subscriptions").asInt()).isEqualTo(2);
        assertThat(pump.path("queuedMessages").asInt()).isEqualTo(12);
        assertThat(pump.path("queuedBytes").asInt()).isEqualTo(3_456);
        assertThat(pump.path("inFlight").asInt()).isEqualTo(2);
        assertThat(pump.has("filters")).isFalse();
        assertThat(body.path("missing")).isEmpty();
        assertThat(body.has("cursor")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "q=pump, 2",
        "q=pump-2*, 1",
        "q=ump*, 0",
        "q=ump, 2",
        "connected=true, 1",
        "connected=false, 2",
        "mesh=false, 2",
        "limit=2, 2",
        "q=pump&connected=false, 1",
    })
    void findsClients(String query, int found) throws Exception {
        assertThat(json.readTree(get("/api/v1/clients?" + query).body()).path("clients"))
                .hasSize(found);
    }

    @Test
    void goesFromPageToPage() throws Exception {
        JsonNode first = json.readTree(get("/api/v1/clients?limit=2").body());
        JsonNode second = json.readTree(
                get("/api/v1/clients?limit=2&cursor=" + first.path("cursor").asText())
                        .body());

        assertThat(first.at("/clients/1/id").asText()).isEqualTo("pump-2");
        assertThat(second.at("/clients/0/id").asText()).isEqualTo("valve");
        assertThat(second.has("cursor")).isFalse();
    }

    @Test
    void showsOneClientWithItsSubscriptions() throws Exception {
        JsonNode body = json.readTree(get("/api/v1/clients/pump-1").body());

        assertThat(body.path("clients")).hasSize(1);
        assertThat(body.at("/clients/0/filters/0/filter").asText()).isEqualTo("plant/#");
        assertThat(body.at("/clients/0/filters/0/qos").asInt()).isEqualTo(1);
        assertThat(get("/api/v1/clients/pump").statusCode()).isEqualTo(404);
        assertThat(get("/api/v1/clients/pump-1?mesh=false").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"limit=0", "limit=1001", "limit=x", "cursor=%25", "cursor=YQ", "connected=1", "mesh=no"})
    void saysWhatIsWrongWithAQuestionForClients(String query) throws Exception {
        HttpResponse<String> response = get("/api/v1/clients?" + query);

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("expected");
    }

    @Test
    void showsTheConfigurationInEffectWithItsSources() throws Exception {
        JsonNode body = json.readTree(get("/api/v1/config").body());

        assertThat(body.at("/mesh.name/value").asText()).isEqualTo("plant");
        assertThat(body.at("/mesh.name/source").asText()).isEqualTo("MESHVINE_MESH_NAME");
    }

    @Test
    void servesMetricsAsPrometheusReadsThem() throws Exception {
        HttpResponse<String> response = get("/metrics");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type").orElseThrow()).startsWith("text/plain; version=0.0.4");
        assertThat(response.body()).isEqualTo("up 1\n");
    }

    @ParameterizedTest
    @CsvSource({"GET,/nothing,404", "GET,/api/v1,404", "POST,/health/live,405", "DELETE,/api/v1/mesh,405"})
    void refusesInJson(String method, String path, int status) throws Exception {
        HttpResponse<String> response =
                send(HttpRequest.newBuilder().uri(uri(path)).method(method, BodyPublishers.noBody()));

        assertThat(response.statusCode()).isEqualTo(status);
        JsonNode body = json.readTree(response.body());
        assertThat(body.at("/status").asInt()).isEqualTo(status);
        assertThat(body.at("/error").asText()).isNotEmpty();
    }

    @Test
    void tellsNothingOfAnInternalError() throws Exception {
        try (AdminServer failing = new AdminServer(
                ANY_PORT,
                new AdminSources(
                        "1",
                        health,
                        () -> mesh,
                        timeout -> diagnosis,
                        () -> CompletableFuture.completedFuture(List.of()),
                        MeshFixtures::clients,
                        Map::of,
                        List.of(),
                        () -> {
                            throw new IllegalStateException("secret detail");
                        }),
                null)) {
            failing.start();
            HttpResponse<String> response =
                    send(HttpRequest.newBuilder().uri(URI.create("http://127.0.0.1:" + failing.port() + "/metrics")));
            assertThat(response.statusCode()).isEqualTo(500);
            assertThat(response.body()).contains("internal error").doesNotContain("secret");
        }
    }

    @Test
    void saysWhichAddressIsTaken() {
        try (AdminServer second = new AdminServer(new Listener("127.0.0.1", server.port()), sources(), null)) {
            assertThatThrownBy(second::start)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("admin: cannot listen on 127.0.0.1:" + server.port())
                    .hasMessageContaining("set admin.port to another port");
        }
    }

    @Test
    void runsOnFewDaemonThreads() throws Exception {
        get("/health/live");

        List<Thread> own = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("meshvine-admin"))
                .toList();
        assertThat(own).isNotEmpty().hasSizeLessThanOrEqualTo(9).allMatch(Thread::isDaemon);
    }

    @Test
    void tellsWhatWasWrittenOnBothSidesOfASplit() throws Exception {
        String body = get("/api/v1/mesh/divergence").body();

        assertThat(body).contains("\"retainedTopics\" : 7", "\"topic\" : \"plant/valve\"", "\"deleted\" : true");
        assertThat(body)
                .contains("\"apartSince\" : \"1970-01-01T00:00:01Z\"", "\"node\" : \"" + new NodeId(0, 2) + "\"");
    }

    private AdminSources sources() {
        return new AdminSources(
                "1.2.3",
                health,
                () -> mesh,
                timeout -> diagnosis,
                () -> CompletableFuture.completedFuture(List.of(DIVERGED)),
                MeshFixtures::clients,
                () -> Map.of("published", Map.of("1", 5L)),
                List.of(new Effective("mesh.name", "plant", "MESHVINE_MESH_NAME")),
                () -> "up 1\n");
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.port() + path);
    }

    private HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder().uri(uri(path)));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.timeout(Duration.ofSeconds(20)).build(), BodyHandlers.ofString());
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /health/live",
        "GET, /health/ready",
        "GET, /metrics",
        "GET, /api/v1/mesh",
        "GET, /api/v1/mesh/divergence",
        "GET, /api/v1/config",
        "GET, /api/v1/clients",
        "GET, /api/v1/clients/x",
        "POST, /api/v1/mesh/probe",
        "GET, /nowhere",
        "PUT, /metrics",
        "HEAD, /metrics",
        "OPTIONS, /metrics",
        "TRACE, /metrics",
        "GET, /api/v1/../v1/config",
        "GET, //metrics",
        "GET, /%6detrics",
    })
    void everyRouteAsksForCredentialsWhereThereAreAny(String method, String path) throws Exception {
        AdminAccess access = (user, password, address) -> user.equals("ann")
                && new String(password, StandardCharsets.UTF_8).equals("se:cret")
                && address.getAddress().isLoopbackAddress();
        try (AdminServer guarded = new AdminServer(ANY_PORT, sources(), access)) {
            guarded.start();
            assertThat(status(guarded, method, path, null)).isEqualTo(401);
            assertThat(status(guarded, method, path, "ann:wrong")).isEqualTo(401);
            assertThat(status(guarded, method, path, "ann")).isEqualTo(401);
            assertThat(status(guarded, method, path, "ann:se:cret")).isNotEqualTo(401);
        }
    }

    @Test
    void pagesOfOtherSitesChangeNothing() throws Exception {
        URI probe = URI.create("http://127.0.0.1:" + server.port() + "/api/v1/mesh/probe");
        HttpRequest.Builder post = HttpRequest.newBuilder().uri(probe).POST(HttpRequest.BodyPublishers.noBody());
        assertThat(send(post.copy().header("Origin", "https://evil.example")).statusCode())
                .isEqualTo(403);
        assertThat(send(post.copy().header("Origin", "null")).statusCode()).isEqualTo(403);
        assertThat(send(post.copy().header("Origin", "http://127.0.0.1:" + server.port()))
                        .statusCode())
                .isNotEqualTo(403);
        assertThat(send(post.copy()).statusCode()).isNotEqualTo(403);
    }

    /** Written by hand: paths go as they are. */
    private static int status(AdminServer asked, String method, String path, String credentials) throws IOException {
        String authorization = credentials == null
                ? ""
                : "Authorization: Basic "
                        + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)) + "\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), asked.port())) {
            socket.setSoTimeout(10_000);
            String request = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                    + authorization + "Content-Length: 0\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String response = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return Integer.parseInt(response.split(" ", 3)[1]);
        }
    }
}
