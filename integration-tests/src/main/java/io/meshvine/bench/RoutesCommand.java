package io.meshvine.bench;

import io.meshvine.bench.broker.Broker;
import io.meshvine.bench.broker.BrokerSpec;
import io.meshvine.bench.load.Protocol;
import io.meshvine.bench.load.Quantiles;
import io.meshvine.bench.load.RouteProbe;
import io.meshvine.harness.Directories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** How fast subscriptions at one node become routes at another. */
@Command(name = "routes", description = "Subscribes at one node and publishes at another: when is the route there?")
final class RoutesCommand implements Callable<Integer> {
    @Option(
            names = "--broker",
            description = "Subscribes at node to, publishes at node from. Default: ${DEFAULT-VALUE}")
    String broker = "meshvine,nodes=3,from=2,to=0";

    @Option(names = "--subscriptions", description = "Distinct filters. Default: ${DEFAULT-VALUE}")
    int subscriptions = 100_000;

    @Option(names = "--connections", description = "Default: ${DEFAULT-VALUE}")
    int connections = 100;

    @Option(names = "--per-packet", description = "Filters in one SUBSCRIBE. Default: ${DEFAULT-VALUE}")
    int perPacket = 10;

    @Option(
            names = "--more",
            description = "Subscriptions one at a time on top of the others. Default: ${DEFAULT-VALUE}")
    int more = 1_000;

    @Option(names = "--mqtt", description = "3.1.1 or 5. Default: ${DEFAULT-VALUE}")
    String mqtt = "3.1.1";

    @Override
    public Integer call() throws IOException, InterruptedException {
        Report report = new Report(System.out);
        BrokerSpec spec = BrokerSpec.parse(broker);
        Path directory = Files.createTempDirectory("meshvine-bench");
        try (Bench bench = new Bench();
                Broker running = spec.start(directory)) {
            RouteProbe burst = probe(bench, spec, running, connections, subscriptions, perPacket, 10);
            report(report, "burst", burst.execute());
            RouteProbe single = probe(bench, spec, running, 1, more, 1, 1);
            report(report, "one at a time", single.execute());
            single.close();
            burst.close();
        } finally {
            Directories.delete(directory);
        }
        return 0;
    }

    private RouteProbe probe(
            Bench bench, BrokerSpec spec, Broker running, int clients, int filters, int packet, int sampleEvery) {
        RouteProbe.Plan plan = new RouteProbe.Plan(
                Protocol.of(mqtt),
                running.nodes().get(spec.to()).mqtt(),
                running.nodes().get(spec.from()).mqtt(),
                clients,
                filters,
                packet,
                sampleEvery);
        return new RouteProbe(bench.load(), plan);
    }

    private static void report(Report report, String name, RouteProbe.Result result) {
        report.line(Report.format(
                "%s: %d subscriptions in %.1f s; SUBACK ms %s; route visible ms %s (%d samples); "
                        + "publishes right after SUBACK that did not arrive: %d",
                name,
                result.filters(),
                result.seconds(),
                millis(result.subAck()),
                millis(result.visible()),
                result.samples(),
                result.brokenPromises()));
    }

    private static String millis(Quantiles q) {
        return Report.format("p50 %.1f p99 %.1f max %.1f", q.p50() / 1e3, q.p99() / 1e3, q.max() / 1e3);
    }
}
