package io.meshvine.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Mosquitto's command line tools. */
final class MosquittoClient {

    private MosquittoClient() {}

    /** Runs a tool that has to succeed and returns what it printed; skips the test where the tools are not installed. */
    static String run(String... command) throws IOException, InterruptedException {
        Result result = tryTo(command);
        assertThat(result.exitCode()).as(result.output()).isZero();
        return result.output();
    }

    record Result(int exitCode, String output) {}

    static Result tryTo(String... command) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin", command[0])), command[0] + " is not installed");
        Process process =
                new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS))
                .as("%s ends", command[0])
                .isTrue();
        return new Result(process.exitValue(), output);
    }
}
