package io.meshvine.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.meshvine.it.harness.NodeProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Short fault runs, by the command that people use, where the system lets this user have namespaces. */
class FaultIT {
    private static final Path COMMAND = Path.of("faults").toAbsolutePath();
    private static final long LIMIT_SECONDS = 300;

    /** What the command exits with if it cannot have namespaces. */
    private static final int NO_NAMESPACES = 2;

    @Test
    void nodesAndClientsComeThroughShortFaults() throws Exception {
        assumeTrue(run("--list").exit() != NO_NAMESPACES, "no network namespaces: run as root");

        Result result = run("freeze-5s", "split-2-1-10s", "--rate", "20", "--untimed");

        assertThat(result.exit()).as(result.output()).isZero();
    }

    private record Result(int exit, String output) {}

    private static Result run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(COMMAND.toString()));
        command.addAll(List.of(arguments));
        Path output = Files.createTempFile(Path.of("target"), "faults", ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("FAULTS_CLASS_PATH", NodeProcess.nodeClassPath());
        Process process = builder.start();
        try {
            assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
                    .as("ends")
                    .isTrue();
            return new Result(process.exitValue(), Files.readString(output));
        } finally {
            process.destroy();
        }
    }
}
