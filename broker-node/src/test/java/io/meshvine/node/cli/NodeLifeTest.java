package io.meshvine.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How the process of a node begins and ends: in processes of their own, with a node that only pretends. */
class NodeLifeTest {

    private static final String READY = "ready name=a mqtt=127.0.0.1:1883 ws=off";

    private Process process;
    private BufferedReader output;

    @AfterEach
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Test
    void sigtermDrainsTheNodeAndIsNoFailure() throws Exception {
        start("fine");
        assertThat(output.readLine()).isEqualTo(READY);

        process.toHandle().destroy();

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(output.readLine()).isEqualTo("closed");
        assertThat(process.exitValue()).isZero();
    }

    @Test
    void theEndOfStandardInputStopsTheNode() throws Exception {
        start("fine", "--stop-on-stdin-end");
        assertThat(output.readLine()).isEqualTo(READY);

        process.getOutputStream().close();

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(output.readLine()).isEqualTo("closed");
        assertThat(process.exitValue()).isZero();
    }

    @Test
    void aNodeThatDoesNotDrainIsLeftWithinTenSeconds() throws Exception {
        start("stuck");
        assertThat(output.readLine()).isEqualTo(READY);
        long start = System.nanoTime();

        process.toHandle().destroy();

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isEqualTo(1);
        assertThat(System.nanoTime() - start).isLessThan(TimeUnit.MILLISECONDS.toNanos(10_500));
    }

    @Test
    void standardInputDoesNotMatterToANodeStartedByHand() throws Exception {
        start("fine");
        process.getOutputStream().close();
        assertThat(output.readLine()).isEqualTo(READY);

        assertThat(process.waitFor(300, TimeUnit.MILLISECONDS)).isFalse();
    }

    private void start(String kind, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Pretender.class.getName(),
                kind,
                "node"));
        command.addAll(List.of(options));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    /** The command line with a node that serves nobody. */
    static final class Pretender implements RunningNode {

        private final boolean stuck;

        private Pretender(boolean stuck) {
            this.stuck = stuck;
        }

        public static void main(String[] arguments) {
            boolean stuck = arguments[0].equals("stuck");
            String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
            System.exit(Meshvine.commandLine(config -> new Pretender(stuck), Map.of())
                    .execute(rest));
        }

        @Override
        public String name() {
            return "a";
        }

        @Override
        public Map<String, String> addresses() {
            Map<String, String> addresses = new LinkedHashMap<>();
            addresses.put("mqtt", "127.0.0.1:1883");
            addresses.put("ws", "off");
            return addresses;
        }

        @Override
        public void close() {
            if (stuck) {
                try {
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            System.out.println("closed");
        }
    }
}
