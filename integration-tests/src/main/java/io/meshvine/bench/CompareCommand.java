package io.meshvine.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.meshvine.bench.Comparison.Pair;
import io.meshvine.bench.Scenario.Settings;
import io.meshvine.bench.broker.Broker;
import io.meshvine.bench.broker.BrokerSpec;
import io.meshvine.bench.load.Protocol;
import io.meshvine.harness.Directories;
import io.meshvine.harness.Durations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Compares two brokers in alternation. */
@Command(name = "compare", description = "Runs two brokers in alternation, A B A B, and prints ratios.")
final class CompareCommand implements Callable<Integer> {
    @Option(names = "--a", description = "Broker A, the yardstick. Default: ${DEFAULT-VALUE}")
    String a = "mosquitto";

    @Option(names = "--b", description = "Broker B. Default: ${DEFAULT-VALUE}")
    String b = "meshvine";

    @Option(names = "--scenario", split = ",", description = "Scenarios. Default: ${DEFAULT-VALUE}")
    List<String> scenarios = List.of("qos0-1x1", "qos0-10x10", "qos1-10x10", "fanout-1x50");

    @Option(names = "--pairs", description = "Measured pairs per scenario. Default: ${DEFAULT-VALUE}")
    int pairs = 3;

    @Option(names = "--measure", converter = Durations.class, description = "Measured window. Default: 6s")
    Duration measure = Duration.ofSeconds(6);

    @Option(names = "--warm-up", converter = Durations.class, description = "Traffic before each window. Default: 1s")
    Duration warmUp = Duration.ofSeconds(1);

    @Option(
            names = "--first",
            converter = Durations.class,
            description = "Unmeasured first run of each broker, for its compiler. Default: 6s")
    Duration first = Duration.ofSeconds(6);

    @Option(names = "--window", description = "Messages on their way to one subscriber. Default: ${DEFAULT-VALUE}")
    int window = 500;

    @Option(names = "--payload", description = "Bytes of payload. Default: ${DEFAULT-VALUE}")
    int payload = 100;

    @Option(names = "--durable", description = "Subscribers have sessions that outlive their connections.")
    boolean durable;

    @Option(names = "--mqtt", description = "3.1.1 or 5. Default: ${DEFAULT-VALUE}")
    String mqtt = "3.1.1";

    @Option(names = "--json", description = "Also writes all results to this file.")
    @Nullable
    Path json;

    @Override
    public Integer call() throws IOException, InterruptedException {
        Report report = new Report(System.out);
        BrokerSpec specA = BrokerSpec.parse(a);
        BrokerSpec specB = BrokerSpec.parse(b);
        Settings settings = new Settings(Protocol.of(mqtt), durable, payload, window, warmUp, measure);
        List<Scenario> chosen = scenarios.stream().map(Scenario::of).toList();
        Path directory = Files.createTempDirectory("meshvine-bench");
        List<Comparison> comparisons = new ArrayList<>();
        try (Bench bench = new Bench();
                Broker brokerA = specA.start(directory.resolve("a"));
                Broker brokerB = start(specA, brokerA, specB, directory)) {
            for (Scenario scenario : chosen) {
                report.line(scenario.label() + " MQTT " + mqtt + ", " + payload + " bytes, window " + window
                        + (durable ? ", durable sessions" : ""));
                if (!first.isZero()) {
                    report.run("(A)", bench.run(scenario, settings.withMeasure(first), specA, brokerA));
                    report.run("(B)", bench.run(scenario, settings.withMeasure(first), specB, brokerB));
                }
                List<Pair> measured = new ArrayList<>();
                for (int i = 1; i <= pairs; i++) {
                    Run runA = bench.run(scenario, settings, specA, brokerA);
                    report.run("A" + i, runA);
                    Run runB = bench.run(scenario, settings, specB, brokerB);
                    report.run("B" + i, runB);
                    measured.add(new Pair(runA, runB));
                }
                comparisons.add(new Comparison(scenario.label(), scenario.measuresLatency(), measured));
            }
        } finally {
            Directories.delete(directory);
        }
        report.table(a, b, comparisons);
        if (json != null) {
            new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(json.toFile(), comparisons);
        }
        return 0;
    }

    /** Two specs that differ only in the nodes that clients use share their processes. */
    private static Broker start(BrokerSpec specA, Broker brokerA, BrokerSpec specB, Path directory) {
        if (specA.sharesProcessesWith(specB) && !specA.text().equals(specB.text())) {
            return new SharedBroker(specB.text(), brokerA);
        }
        return specB.start(directory.resolve("b"));
    }

    private record SharedBroker(String name, Broker owner) implements Broker {
        @Override
        public List<io.meshvine.bench.broker.BrokerNode> nodes() {
            return owner.nodes();
        }

        @Override
        public void close() {}
    }
}
