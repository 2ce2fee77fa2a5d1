package io.meshvine.bench;

import io.meshvine.bench.broker.Broker;
import io.meshvine.bench.broker.BrokerNode;
import io.meshvine.bench.broker.BrokerSpec;
import io.meshvine.bench.broker.ProcessUsage;
import io.meshvine.harness.Directories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How long a broker takes from nothing to serving. */
@Command(
        name = "start",
        description = "Starts a broker several times: time until each node serves, until the mesh is formed.")
final class StartCommand implements Callable<Integer> {
    private static final double MEGABYTE = 1024 * 1024;

    @Option(names = "--broker", description = "Default: ${DEFAULT-VALUE}")
    String broker = "meshvine";

    @Option(names = "--times", description = "Default: ${DEFAULT-VALUE}")
    int times = 5;

    @Override
    public Integer call() throws IOException {
        Report report = new Report(System.out);
        BrokerSpec spec = BrokerSpec.parse(broker);
        List<Double> ready = new ArrayList<>();
        List<Double> formed = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            Path directory = Files.createTempDirectory("meshvine-bench");
            long start = System.nanoTime();
            try (Broker running = spec.start(directory)) {
                formed.add((System.nanoTime() - start) / 1e9);
                for (BrokerNode node : running.nodes()) {
                    ready.add(node.startTime().toNanos() / 1e9);
                    ProcessUsage usage = ProcessUsage.of(node.pid());
                    report.line(Report.format(
                            "  %s ready after %.2f s, %.2f CPU s, %.0f MB",
                            node.name(),
                            node.startTime().toNanos() / 1e9,
                            usage.cpuSeconds(),
                            usage.residentBytes() / MEGABYTE));
                }
            } finally {
                Directories.delete(directory);
            }
        }
        report.line("node ready s: " + spread(ready) + "; all nodes started, one after the other, and together s: "
                + spread(formed));
        return 0;
    }

    private static String spread(List<Double> seconds) {
        return Spread.of(seconds.stream().mapToDouble(Double::doubleValue).toArray())
                .ratio();
    }
}
