package io.meshvine.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The launcher script, with a Java and a Maven that only say how they were called. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {

    private static final Path SCRIPT = Path.of(System.getProperty("basedir", "."))
            .toAbsolutePath()
            .normalize()
            .resolveSibling("meshvine");

    @TempDir
    Path temporary;

    private final Map<String, String> environment = new LinkedHashMap<>();
    private Path home;

    private record Result(int exitCode, String out, String err) {}

    @BeforeEach
    void installScript() throws IOException {
        home = Files.createDirectories(temporary.resolve("a release"));
        Files.copy(SCRIPT, home.resolve("meshvine"));
        java("17.0.15");
    }

    @Test
    void startsANodeOfAReleaseWithItsOptionsAndTheUsers() throws Exception {
        release();
        environment.put("JAVA_OPTS", "-Xmx1g -Dx=y");

        Result result = run("node", "--config", "a b.yaml");

        assertThat(result.err()).isEmpty();
        assertThat(result.exitCode()).isZero();
        Path lib = home.resolve("lib");
        assertThat(result.out())
                .isEqualTo(String.join(
                        "|",
                        "@" + lib.resolve("node.jvm"),
                        "-Xmx1g",
                        "-Dx=y",
                        "-Dmeshvine.lib=" + lib,
                        "-jar",
                        lib.resolve("meshvine.jar").toString(),
                        "node",
                        "--config",
                        "a b.yaml\n"));
    }

    @Test
    void otherCommandsStartSmallAndQuickly() throws Exception {
        release();
        Files.writeString(home.resolve("lib/meshvine-tool.jsa"), "");
        environment.put("JAVA_OPTS", "-Xmx1g");

        Result result = run("status", "--json");

        assertThat(result.out())
                .startsWith("-XX:TieredStopAtLevel=1|-XX:+UseSerialGC|-Xmx256m|")
                .contains("|-XX:SharedArchiveFile=" + home.resolve("lib/meshvine-tool.jsa") + "|")
                .endsWith("/meshvine.jar|status|--json\n")
                .doesNotContain("-Xmx1g");
    }

    @Test
    void newerJavaIsToldThatUnsafeIsMeantAndKeepsItsArchivesOfClasses() throws Exception {
        release();
        java("25.0.1");

        // Given as an option, the permission for native code would switch them off; it is in the manifest.
        assertThat(run("node").out())
                .contains("|--sun-misc-unsafe-memory-access=allow|")
                .doesNotContain("--enable-native-access");
    }

    @Test
    void worksThroughASymbolicLink() throws Exception {
        release();
        Path link = Files.createSymbolicLink(temporary.resolve("mv"), Path.of("a release", "meshvine"));

        Result result = runScript(link, "--version");

        assertThat(result.out()).contains(home.resolve("lib/meshvine.jar").toString());
    }

    @Test
    void refusesAnOldJavaAndSaysWhatIsNeeded() throws Exception {
        release();
        for (String old : List.of("1.8.0_402", "11.0.2")) {
            java(old);
            Result result = run("demo");
            assertThat(result.exitCode()).isEqualTo(1);
            assertThat(result.err()).contains("but Meshvine needs 17 or newer").contains("JAVA_HOME");
        }
    }

    @Test
    void saysWhatToDoWithoutAnyJava() throws Exception {
        release();
        Files.delete(temporary.resolve("jdk/bin/java"));

        Result result = run("demo");
        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err()).contains("no Java found; install a JDK 17 or newer");

        environment.put("JAVA_HOME", "/nowhere");
        assertThat(run("demo").err()).contains("JAVA_HOME is /nowhere, but there is no bin/java in it");
    }

    @Test
    void anIncompleteReleaseIsNamed() throws Exception {
        assertThat(run("node").err()).contains("lib/meshvine.jar is missing; unpack the whole release");
    }

    @Test
    void buildsACheckoutOnceAndAgainWhenASourceChanged() throws Exception {
        checkout("mkdir -p broker-node/target/dist/lib && : > broker-node/target/dist/lib/meshvine.jar"
                + " && : > broker-node/target/dist/lib/.no-archive");

        assertThat(run("--version").err())
                .contains("Building Meshvine. The first time takes a minute or two")
                .contains("built in");
        Result second = run("--version");
        assertThat(second.err()).isEmpty();
        assertThat(second.out())
                .contains(
                        home.resolve("broker-node/target/dist/lib/meshvine.jar").toString());

        Path source = Files.writeString(home.resolve("broker-node/src/main/New.java"), "");
        Files.setLastModifiedTime(source, FileTime.from(Instant.now().plus(Duration.ofMinutes(1))));
        assertThat(run("--version").err()).contains("Building Meshvine");
    }

    @Test
    void trustsABuildThatWasMadeByHand() throws Exception {
        checkout("exit 1");
        Path jar = home.resolve("broker-node/target/dist/lib/meshvine.jar");
        Files.createDirectories(jar.getParent());
        Files.writeString(jar, "");
        Files.setLastModifiedTime(jar, FileTime.from(Instant.now().plus(Duration.ofMinutes(1))));

        assertThat(run("--version").exitCode()).isZero();
    }

    @Test
    void showsWhyABuildFailed() throws Exception {
        checkout("echo 'cannot find symbol'; exit 1");

        Result result = run("demo");

        assertThat(result.exitCode()).isEqualTo(1);
        assertThat(result.err())
                .contains("cannot find symbol")
                .contains("the build failed; all of its output is in ")
                .contains("meshvine-build.log");
        assertThat(run("demo").err()).contains("Building Meshvine");
    }

    @Test
    void aRuntimeWithoutCompilerCannotBuildACheckout() throws Exception {
        checkout("exit 0");
        Files.delete(temporary.resolve("jdk/bin/javac"));

        assertThat(run("demo").err()).contains("is a runtime only").contains("needs a JDK 17 or newer");
    }

    @Test
    void preparesTheArchiveOfClassesOnceAndDoesWithoutIfThatFails() throws Exception {
        release();
        Files.delete(home.resolve("lib/.no-archive"));

        assertThat(run("node").err()).contains("Preparing for quick starts, once");
        assertThat(home.resolve("lib/.no-archive")).exists();
        assertThat(run("node").err()).isEmpty();
    }

    private void release() throws IOException {
        Path lib = Files.createDirectories(home.resolve("lib"));
        Files.writeString(lib.resolve("meshvine.jar"), "");
        Files.writeString(lib.resolve(".no-archive"), "");
    }

    private void checkout(String maven) throws IOException {
        for (String folder : List.of("mesh-bridge/src/main", "broker-node/src/main")) {
            Files.createDirectories(home.resolve(folder));
        }
        for (String file : List.of("pom.xml", "mesh-bridge/pom.xml", "broker-node/pom.xml")) {
            Files.writeString(home.resolve(file), "");
        }
        executable(home.resolve("mvnw"), maven);
    }

    private void java(String version) throws IOException {
        Path bin = Files.createDirectories(temporary.resolve("jdk/bin"));
        executable(
                bin.resolve("java"),
                "if [ \"$1\" = -version ]; then echo 'openjdk version \"" + version + "\" 2025-01-01' >&2; exit 0; fi\n"
                        + "IFS='|'; echo \"$*\"");
        executable(bin.resolve("javac"), "exit 0");
    }

    private static void executable(Path file, String commands) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + commands + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private Result run(String... arguments) throws Exception {
        return runScript(home.resolve("meshvine"), arguments);
    }

    private Result runScript(Path script, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("/bin/sh", script.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(temporary.toFile());
        Path err = temporary.resolve("err");
        builder.redirectError(err.toFile());
        builder.environment().clear();
        builder.environment().put("PATH", temporary.resolve("jdk/bin") + ":" + tools());
        builder.environment().putAll(environment);
        Process process = builder.start();
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), out, Files.readString(err));
    }

    /** A folder with what the script needs besides Java, so that this machine's Java is not found. */
    private String tools() throws IOException {
        Path tools = temporary.resolve("tools");
        if (!Files.exists(tools)) {
            Files.createDirectories(tools);
            for (String tool : List.of(
                    "sh",
                    "sed",
                    "head",
                    "tail",
                    "find",
                    "dirname",
                    "readlink",
                    "mkdir",
                    "rm",
                    "mv",
                    "cp",
                    "date",
                    "sleep",
                    "mktemp",
                    "env",
                    "cat")) {
                Path found = List.of(Path.of("/usr/bin", tool), Path.of("/bin", tool)).stream()
                        .filter(Files::exists)
                        .findFirst()
                        .orElseThrow();
                executable(tools.resolve(tool), "exec " + found + " \"$@\"");
            }
        }
        return tools.toString();
    }
}
