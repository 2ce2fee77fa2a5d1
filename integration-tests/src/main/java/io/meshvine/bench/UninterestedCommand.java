package io.meshvine.bench;

import io.meshvine.bench.Bench.WindowSampler;
import io.meshvine.bench.Run.NodeUsage;
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
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Processor time of nodes that want nothing of the traffic on another node. */
@Command(name = "uninterested", description = "Traffic on one node only: what do the others pay for it?")
final class UninterestedCommand implements Callable<Integer> {
    @Option(names = "--broker", description = "Default: ${DEFAULT-VALUE}")
    String broker = "meshvine,nodes=3";

    @Option(names = "--scenario", description = "Default: ${DEFAULT-VALUE}")
    String scenario = "qos1-10x10";

    @Option(names = "--pairs", description = "Silence and traffic in alternation. Default: ${DEFAULT-VALUE}")
    int pairs = 3;

    @Option(names = "--measure", converter = Durations.class, description = "Default: 6s")
    Duration measure = Duration.ofSeconds(6);

    @Override
    public Integer call() throws IOException, InterruptedException {
        Report report = new Report(System.out);
        BrokerSpec spec = BrokerSpec.parse(broker);
        Settings settings = new Settings(Protocol.V311, false, 100, 500, Duration.ofSeconds(1), measure);
        Path directory = Files.createTempDirectory("meshvine-bench");
        List<List<NodeUsage>> silence = new ArrayList<>();
        List<List<NodeUsage>> traffic = new ArrayList<>();
        try (Bench bench = new Bench();
                Broker running = spec.start(directory)) {
            report.run("(first)", bench.run(Scenario.of(scenario), settings, spec, running));
            for (int i = 1; i <= pairs; i++) {
                WindowSampler sampler = new WindowSampler(running.nodes());
                sampler.windowOpened();
                TimeUnit.NANOSECONDS.sleep(measure.toNanos());
                sampler.windowClosed();
                silence.add(sampler.usage());
                report.line("  silence " + cores(sampler.usage()));
                Run run = bench.run(Scenario.of(scenario), settings, spec, running);
                traffic.add(run.nodes());
                report.line(Report.format(
                        "  traffic %s  %.0f msg/s",
                        cores(run.nodes()), run.load().deliveredPerSecond()));
            }
        } finally {
            Directories.delete(directory);
        }
        for (int node = 0; node < silence.get(0).size(); node++) {
            int at = node;
            report.line(Report.format(
                    "%s: median %.4f cores in silence, %.4f while %s runs on node %d",
                    silence.get(0).get(node).node(),
                    Spread.of(silence.stream()
                                    .mapToDouble(u -> u.get(at).cores())
                                    .toArray())
                            .median(),
                    Spread.of(traffic.stream()
                                    .mapToDouble(u -> u.get(at).cores())
                                    .toArray())
                            .median(),
                    scenario,
                    spec.from()));
        }
        return 0;
    }

    private static String cores(List<NodeUsage> usage) {
        return usage.stream()
                .map(node -> Report.format("%s %.4f", node.node(), node.cores()))
                .collect(Collectors.joining(", ", "cores: ", ""));
    }
}
