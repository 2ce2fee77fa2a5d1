package io.meshvine.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.MeshDiagnosis;
import io.meshvine.mesh.MeshDiagnosis.Finding;
import io.meshvine.mesh.MeshFixtures;
import io.meshvine.mesh.MeshStatus.LinkState;
import io.meshvine.node.admin.AdminServer;
import io.meshvine.node.admin.AdminSources;
import io.meshvine.node.admin.Health;
import io.meshvine.node.config.Listener;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands that ask a running node. */
class AskNodeTest {

    private final AtomicReference<Optional<String>> problem = new AtomicReference<>(Optional.empty());
    private final Map<String, String> environment = new HashMap<>();
    private final AtomicReference<MeshDiagnosis> diagnosis = new AtomicReference<>(MeshFixtures.healthy());
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private AdminServer server;
    private int port;

    @BeforeEach
    void start() throws IOException {
        Health health = new Health();
        health.readyWhen("storage", problem::get);
        server = new AdminServer(
                new Listener("127.0.0.1", 0),
                new AdminSources(
                        "1.2.3",
                        health,
                        () -> CompletableFuture.completedFuture(MeshFixtures.status()),
                        timeout -> CompletableFuture.completedFuture(diagnosis.get()),
                        () -> CompletableFuture.completedFuture(List.of()),
                        MeshFixtures::clients,
                        Map::of,
                        List.of(),
                        () -> ""),
                null);
        server.start();
        port = server.port();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void healthIsTheExitCode() {
        assertThat(run("health", "--admin", url())).isZero();

        problem.set(Optional.of("disk is full"));
        assertThat(run("health", "--admin", url())).isEqualTo(1);
        assertThat(out.toString()).contains("disk is full");
    }

    @Test
    void healthFindsTheNodeByItsConfiguration() {
        environment.put("MESHVINE_ADMIN_HOST", "0.0.0.0");
        environment.put("MESHVINE_SECURITY_ALLOW_ANONYMOUS", "true");
        environment.put("MESHVINE_ADMIN_PORT", Integer.toString(server.port()));

        assertThat(run("health")).isZero();
    }

    @Test
    void credentialsComeFromAFile(@TempDir Path folder) throws IOException {
        Path credentials = Files.writeString(folder.resolve("credentials"), "ann:se:cret\n");
        AdminSources sources = new AdminSources(
                "1",
                new Health(),
                () -> CompletableFuture.completedFuture(MeshFixtures.status()),
                timeout -> CompletableFuture.completedFuture(diagnosis.get()),
                () -> CompletableFuture.completedFuture(List.of()),
                MeshFixtures::clients,
                Map::of,
                List.of(),
                () -> "");
        try (AdminServer guarded = new AdminServer(
                new Listener("127.0.0.1", 0),
                sources,
                (user, password, address) ->
                        user.equals("ann") && new String(password, StandardCharsets.UTF_8).equals("se:cret"))) {
            guarded.start();
            String url = "http://127.0.0.1:" + guarded.port();
            assertThat(run("health", "--admin", url, "--admin-credentials", credentials.toString()))
                    .isZero();
            assertThat(run("health", "--admin", url)).isEqualTo(1);
            assertThat(err.toString()).contains("wants other credentials").contains("--admin-credentials");
        }
    }

    @Test
    void doctorIsContentWhenAllLinksAnswer() {
        assertThat(run("doctor", "--admin", url())).isZero();
        assertThat(out.toString())
                .containsPattern("a +b +connected +0.40 +ok")
                .containsPattern("b +a +connected +0.50 +ok")
                .contains("all is well");
    }

    @Test
    void doctorNamesALinkThatIsUpAndCarriesNothing() {
        diagnosis.set(new MeshDiagnosis(
                List.of(
                        new Finding(MeshFixtures.SELF, MeshFixtures.PEER, LinkState.CONNECTED, 400),
                        new Finding(
                                MeshFixtures.PEER, MeshFixtures.SELF, LinkState.CONNECTED, MeshDiagnosis.NO_ANSWER)),
                List.of()));
        assertThat(run("doctor", "--admin", url())).isEqualTo(1);
        assertThat(out.toString())
                .containsPattern("b +a +connected +- +NO ANSWER")
                .contains("problem: b to a: the link is up, but no answer comes");
    }

    @Test
    void doctorNamesNodesThatAreAwayOrSilentAndWhatIsWrongWithThisOne() {
        problem.set(Optional.of("disk is full"));
        diagnosis.set(new MeshDiagnosis(
                List.of(new Finding(MeshFixtures.SELF, MeshFixtures.PEER, LinkState.ABSENT, MeshDiagnosis.NO_ANSWER)),
                List.of(MeshFixtures.PEER)));
        assertThat(run("doctor", "--admin", url(), "--json")).isEqualTo(1);
        assertThat(out.toString())
                .contains("this node is not ready, storage: disk is full")
                .contains("b is away")
                .contains("b did not report on its links");
    }

    @Test
    void doctorSaysWhichTimeoutsItTakes() {
        assertThat(run("doctor", "--admin", url(), "--timeout", "20000")).isEqualTo(1);
        assertThat(err.toString()).contains("1 to 10000 expected");
    }

    @Test
    void statusShowsPeersAndTheirLinks() {
        assertThat(run("status", "--admin", url())).isZero();
        assertThat(out.toString())
                .contains("mesh     plant")
                .contains("node     a, id " + MeshFixtures.SELF + ", epoch 7, version 1.2.3")
                .contains("asks its peers for 17 topic filters")
                .containsPattern("b +connected +0.25 +10 +20 +5 +42  127.0.0.1:1884")
                .contains("refused: belongs to mesh other");
    }

    @Test
    void statusAsJsonIsWhatTheNodeSaid() {
        assertThat(run("status", "--json", "--admin", url())).isZero();
        assertThat(out.toString()).startsWith("{").contains("\"mesh\" : \"plant\"");
    }

    @Test
    void clientsShowsWhereTheyAre() {
        assertThat(run("clients", "--admin", url())).isZero();
        assertThat(out.toString())
                .containsPattern("pump-1 \\(ann\\) +b +connected +5.0 +10.0.0.7:50000 +60 +2 +12 +3456 +2")
                .containsPattern("pump-2 +a +away +- +- +-")
                .contains("valve");
    }

    @Test
    void clientsFindsSomeAndSaysHowToGoOn() {
        assertThat(run("clients", "--admin", url(), "--search", "pump*", "--no-connected"))
                .isZero();
        assertThat(out.toString()).contains("pump-2").doesNotContain("pump-1", "valve", "--cursor");
        assertThat(run("clients", "--admin", url(), "--limit", "1")).isZero();
        assertThat(out.toString()).contains("there are more: --cursor ");
        String cursor = out.toString().replaceAll("(?s).*--cursor (\\S+).*", "$1");
        assertThat(run("clients", "--admin", url(), "--here", "--cursor", cursor))
                .isZero();
        assertThat(out.toString()).contains("valve");
        assertThat(run("clients", "--admin", url(), "--limit", "1001")).isEqualTo(1);
        assertThat(err.toString()).contains("1 to 1000 expected");
    }

    @Test
    void clientsShowsOneWithItsSubscriptions() {
        assertThat(run("clients", "pump-1", "--admin", url())).isZero();
        assertThat(out.toString())
                .contains("client         pump-1 (ann)", "b, id " + MeshFixtures.PEER)
                .contains("connected since 1970-01-01T00:00:01Z from 10.0.0.7:50000 by mqtt.tls, MQTT 5.0")
                .contains("12 messages, 3456 bytes, 2 in flight", "  qos 1        plant/#", "1 more are not shown");
        assertThat(run("clients", "no one", "--admin", url())).isEqualTo(1);
        assertThat(err.toString()).contains("no client no one");
        assertThat(run("clients", "--json", "--admin", url())).isZero();
        assertThat(out.toString()).contains("\"id\" : \"valve\"");
    }

    @Test
    void saysWhatToDoWhenNobodyAnswers() {
        server.close();

        assertThat(run("status", "--admin", url())).isEqualTo(1);
        assertThat(err.toString()).contains("no answer from " + url()).contains("--admin URL");
        assertThat(run("health", "--admin", url())).isEqualTo(1);
    }

    @Test
    void saysThatAnAddressIsNeededWhereTheConfigurationHasNone() {
        environment.put("MESHVINE_ADMIN_PORT", "0");

        assertThat(run("status")).isEqualTo(1);
        assertThat(err.toString()).contains("admin.port=0").contains("--admin URL");
        assertThat(run("status", "--admin", "localhost:8080")).isEqualTo(1);
        assertThat(err.toString()).contains("expected an address as http://127.0.0.1:8080");
    }

    private String url() {
        return "http://127.0.0.1:" + port;
    }

    private int run(String... arguments) {
        CommandLine command = Meshvine.commandLine(
                config -> {
                    throw new AssertionError("no node is to be started");
                },
                environment);
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return command.execute(arguments);
    }
}
