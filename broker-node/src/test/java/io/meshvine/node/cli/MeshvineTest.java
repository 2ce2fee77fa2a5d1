package io.meshvine.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.node.config.ListenException;
import io.meshvine.node.config.Listener;
import io.meshvine.node.config.LoadedConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class MeshvineTest {

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final Map<String, String> environment = new HashMap<>();
    private NodeStarter starter = config -> {
        throw new AssertionError("no node is to be started");
    };

    @Test
    void helpNamesEveryCommandAndTheExitCodes() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString())
                .contains("Usage: meshvine")
                .contains("demo", "node", "check-config", "status", "health", "generate-completion")
                .contains("0   fine", "1   failed", "2   wrong usage or configuration")
                .contains("MESHVINE_MQTT_TCP_PORT");
    }

    @ParameterizedTest
    @ValueSource(strings = {"node", "demo", "status", "health", "check-config", "user"})
    void everyCommandHasHelp(String command) {
        assertThat(run(command, "--help")).isZero();
        assertThat(out.toString()).contains("Usage: meshvine " + command);
    }

    @Test
    void versionSaysWhatRunsOnWhat() {
        assertThat(run("--version")).isZero();
        assertThat(out.toString()).startsWith("meshvine ").contains("Java " + System.getProperty("java.version"));
    }

    @Test
    void wrongUsageIsExitCode2AndSaysWhatIsMeant() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("Missing command").contains("Usage: meshvine");
        assertThat(run("demmo")).isEqualTo(2);
        assertThat(err.toString()).contains("demo");
        assertThat(run("node", "--confg", "x")).isEqualTo(2);
        assertThat(run("demo", "--nodes", "three")).isEqualTo(2);
        assertThat(run("demo", "--nodes", "0")).isEqualTo(2);
    }

    @Test
    void configurationErrorsAreExitCode2AndAllSaid() throws IOException {
        Path file = Files.writeString(folder.resolve("bad.yaml"), "mqtt: {tcp: {port: x}}\nnode: {nam: y}\n");

        assertThat(run("node", "--config", file.toString())).isEqualTo(2);

        assertThat(err.toString())
                .contains("configuration has 2 problems")
                .contains("mqtt.tcp.port=x (" + file + ":1)")
                .contains("did you mean node.name?");
        assertThat(out.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"check-config", "--check-config", "node --check-config"})
    void checkConfigShowsValuesWithTheirSourcesAndStartsNothing(String words) throws IOException {
        Path file = Files.writeString(folder.resolve("good.yaml"), "node: {name: a}\n");
        environment.put("MESHVINE_MESH_NAME", "plant");

        assertThat(run((words + " --config " + file).split(" ", -1))).isZero();

        assertThat(out.toString())
                .containsPattern("node.name: +a +# " + file + ":1")
                .containsPattern("mesh.name: +plant +# MESHVINE_MESH_NAME")
                .containsPattern("mqtt.tcp.port: +1883 +# default")
                .endsWith("configuration is valid\n");
    }

    @Test
    void checkConfigReportsProblems() {
        environment.put("MESHVINE_MQTT_TCP_PORT", "70000");

        assertThat(run("check-config")).isEqualTo(2);
        assertThat(err.toString()).contains("mqtt.tcp.port=70000 (MESHVINE_MQTT_TCP_PORT): expected a port");
    }

    @Test
    void aNodeThatCannotStartIsExitCode1AndSaysWhatToDo() {
        starter = config -> {
            throw new ListenException(
                    "mqtt.tcp", new Listener("127.0.0.1", 1883), new BindException("Address already in use"));
        };

        assertThat(run("node")).isEqualTo(1);

        assertThat(err.toString())
                .isEqualTo(
                        "meshvine: mqtt.tcp: cannot listen on 127.0.0.1:1883 (Address already in use); stop what uses"
                                + " that address, or set mqtt.tcp.port to another port (0 takes any free one)\n");
    }

    @Test
    void aFaultOfTheProgramIsCalledThat() {
        starter = config -> {
            throw new IllegalStateException("oops");
        };

        assertThat(run("node")).isEqualTo(1);
        assertThat(err.toString()).isEqualTo("meshvine: internal error: java.lang.IllegalStateException: oops\n");
    }

    @Test
    void aNodeGetsTheConfigurationOfFileAndEnvironment() throws IOException {
        Path file = Files.writeString(folder.resolve("good.yaml"), "node: {name: a}\n");
        environment.put("MESHVINE_MQTT_TCP_PORT", "0");
        LoadedConfig[] seen = new LoadedConfig[1];
        starter = config -> {
            seen[0] = config;
            throw new IOException("enough seen");
        };

        assertThat(run("node", "-c", file.toString())).isEqualTo(1);

        assertThat(seen[0].config().name()).isEqualTo("a");
        assertThat(seen[0].config().mqtt().tcp().port()).isZero();
    }

    @Test
    void completesForShells() {
        assertThat(run("generate-completion")).isZero();
        assertThat(out.toString()).contains("complete -F").contains("meshvine").contains("--base-port");
    }

    private int run(String... arguments) {
        CommandLine command = Meshvine.commandLine(config -> starter.start(config), environment);
        command.setOut(new PrintWriter(out, true));
        command.setErr(new PrintWriter(err, true));
        return command.execute(arguments);
    }
}
