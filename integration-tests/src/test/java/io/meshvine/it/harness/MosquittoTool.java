package io.meshvine.it.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Mosquitto's command line clients, as people run them. */
public final class MosquittoTool {

    private MosquittoTool() {}

    /** Skips a test where Debian's mosquitto-clients are not installed. */
    public static void assumeInstalled() {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/mosquitto_sub")), "Debian's mosquitto-clients are not installed");
    }

    /** Runs a tool to its end and returns what it printed. Bound how long it waits with its option -W. */
    public static String run(String name, InetSocketAddress broker, String... arguments)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of(name, "-h", broker.getHostString(), "-p", Integer.toString(broker.getPort())));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).as("%s ends", name).isTrue();
        return output;
    }
}
