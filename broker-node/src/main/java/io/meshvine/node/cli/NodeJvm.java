package io.meshvine.node.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How to start a Java process like this one that runs a node. */
final class NodeJvm {

    /** Set by the launcher: the folder with the libraries, the options for nodes and the archive of loaded classes. */
    private static final String LIBRARIES = "meshvine.lib";

    /** From this version on Java warns of what Netty does, unless it is told that this is meant. */
    private static final int WARNS = 24;

    private NodeJvm() {}

    /** Java, its options and what it is to run; the arguments of the program follow. */
    static List<String> command() {
        return command(
                System.getProperty(LIBRARIES), System.getenv("JAVA_OPTS"), System.getProperty("java.class.path"));
    }

    static List<String> command(@Nullable String libraries, @Nullable String javaOptions, String classPath) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (libraries != null) {
            Path options = Path.of(libraries, "node.jvm");
            Path archive = Path.of(libraries, "meshvine.jsa");
            if (Files.exists(options)) {
                command.add("@" + options);
            }
            if (Files.exists(archive)) {
                command.add("-XX:SharedArchiveFile=" + archive);
            }
            command.add("-D" + LIBRARIES + "=" + libraries);
        }
        if (Runtime.version().feature() >= WARNS) {
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        if (javaOptions != null && !javaOptions.isBlank()) {
            command.addAll(List.of(javaOptions.trim().split("\\s+", -1)));
        }
        if (libraries != null) {
            command.addAll(List.of("-jar", Path.of(libraries, "meshvine.jar").toString()));
        } else {
            if (Runtime.version().feature() >= WARNS) {
                command.add("--enable-native-access=ALL-UNNAMED"); // What the manifest of the jar says otherwise.
            }
            command.addAll(List.of("-cp", classPath, "io.meshvine.node.Main"));
        }
        return command;
    }
}
