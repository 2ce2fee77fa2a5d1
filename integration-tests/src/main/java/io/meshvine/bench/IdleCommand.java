package io.meshvine.bench;

import io.meshvine.bench.Bench.WindowSampler;
import io.meshvine.bench.Run.NodeUsage;
import io.meshvine.bench.Scenario.Settings;
import io.meshvine.bench.broker.Broker;
import io.meshvine.bench.broker.BrokerNode;
import io.meshvine.bench.broker.BrokerSpec;
import io.meshvine.bench.broker.ProcessUsage;
import io.meshvine.bench.load.IdleConnections;
import io.meshvine.bench.load.Protocol;
import io.meshvine.harness.Directories;
import io.meshvine.harness.Durations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Memory and processor time of many idle connections, and what traffic feels of them. */
@Command(name = "idle", description = "Opens many idle connections to one node: memory, processor, liveness.")
final class IdleCommand implements Callable<Integer> {
    private static final double MEGABYTE = 1024 * 1024;

    @Option(names = "--broker", description = "Default: ${DEFAULT-VALUE}")
    String broker = "meshvine,jvm=-Xmx512m";

    @Option(names = "--connections", description = "Default: ${DEFAULT-VALUE}")
    int connections = 10_000;

    @Option(names = "--hold", converter = Durations.class, description = "How long they idle. Default: 5s")
    Duration hold = Duration.ofSeconds(5);

    @Option(names = "--mqtt", description = "3.1.1 or 5. Default: ${DEFAULT-VALUE}")
    String mqtt = "3.1.1";

    @Override
    public Integer call() throws IOException, InterruptedException {
        Report report = new Report(System.out);
        BrokerSpec spec = BrokerSpec.parse(broker);
        Protocol protocol = Protocol.of(mqtt);
        Path directory = Files.createTempDirectory("meshvine-bench");
        try (Bench bench = new Bench();
                Broker running = spec.start(directory);
                IdleConnections idle = new IdleConnections(
                        bench.load(), protocol, running.nodes().get(spec.to()).mqtt())) {
            BrokerNode node = running.nodes().get(spec.to());
            ProcessUsage before = ProcessUsage.of(node.pid());
            long start = System.nanoTime();
            idle.open(connections);
            double seconds = (System.nanoTime() - start) / 1e9;
            WindowSampler sampler = new WindowSampler(List.of(node));
            sampler.windowOpened();
            TimeUnit.NANOSECONDS.sleep(hold.toNanos());
            sampler.windowClosed();
            long answering = idle.answering();
            NodeUsage usage = sampler.usage().get(0);
            report.line(Report.format(
                    "%d connections in %.1f s, %d answer a ping; memory %.0f MB before, %.0f MB after (%.1f KB each),"
                            + " %.3f cores idle",
                    connections,
                    seconds,
                    answering,
                    before.residentBytes() / MEGABYTE,
                    usage.residentBytes() / MEGABYTE,
                    (usage.residentBytes() - before.residentBytes()) / 1024.0 / connections,
                    usage.cores()));
            Settings settings = new Settings(protocol, false, 100, 500, Duration.ofSeconds(2), Duration.ofSeconds(4));
            report.run("beside", bench.run(Scenario.LATENCY_QOS1, settings, spec, running));
            return answering == connections ? 0 : 1;
        } finally {
            Directories.delete(directory);
        }
    }
}
