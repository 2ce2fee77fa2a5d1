package io.meshvine.bench;

import io.meshvine.bench.broker.ProcessUsage;
import io.meshvine.bench.load.LoadLoop;
import io.meshvine.bench.load.LoadPlan;
import io.meshvine.bench.load.LoadResult;
import io.meshvine.bench.load.LoadRun;
import io.meshvine.bench.load.Protocol;
import io.meshvine.bench.load.RetainedFill;
import io.meshvine.harness.ChildProcess;
import io.meshvine.harness.Directories;
import io.meshvine.harness.Durations;
import io.meshvine.harness.NodeAdmin;
import io.meshvine.harness.NodeLaunch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongPredicate;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** What a large number of retained messages costs: a boot after a kill, and a node that joins while traffic goes on. */
@Command(
        name = "retained",
        description = "Fills a node with retained messages: boot after kill -9, and a joining node that gets them while"
                + " the first one serves, also after one of the two was killed half-way.")
final class RetainedCommand implements Callable<Integer> {
    private static final double MEGABYTE = 1024 * 1024;
    private static final double SECOND = 1e9;
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final long PATIENCE_NANOS = Duration.ofMinutes(10).toNanos();

    @Option(names = "--messages", description = "Default: ${DEFAULT-VALUE}")
    int messages = 1_000_000;

    @Option(names = "--payload", description = "Bytes. Default: ${DEFAULT-VALUE}")
    int payloadBytes = 50;

    @Option(names = "--jvm", description = "Options of the nodes. Default: ${DEFAULT-VALUE}")
    String jvm = "-Xmx512m";

    @Option(
            names = "--rate",
            description = "Messages per second of live traffic at the first node. Default: ${DEFAULT-VALUE}")
    int rate = 1_000;

    @Option(
            names = "--window",
            converter = Durations.class,
            description = "Of live traffic, one after the other. Default: 3s")
    Duration window = Duration.ofSeconds(3);

    private final Report report = new Report(System.out);
    private Path directory = Path.of("");
    private int firstPort;
    private int secondPort;
    private int runs;

    /** A node and where it is. */
    private record Node(ChildProcess process, InetSocketAddress mqtt, NodeAdmin admin, double readySeconds) {
        long retained() throws IOException {
            return admin.mesh().at("/counters/retained/messages").asLong();
        }

        String digest() throws IOException {
            return admin.mesh().at("/digests/retained").asText();
        }
    }

    @Override
    public Integer call() throws Exception {
        directory = Files.createTempDirectory("meshvine-bench");
        firstPort = ChildProcess.freePort();
        secondPort = ChildProcess.freePort();
        List<Node> running = new ArrayList<>();
        try (LoadLoop load = new LoadLoop()) {
            Node first = start("n1", running);
            long began = System.nanoTime();
            RetainedFill.fill(first.mqtt, messages, payloadBytes);
            report.line(Report.format("filled with %d messages in %.1f s, %s", messages, since(began), memory(first)));

            first.process.kill();
            first = start("n1", running);
            report.line(Report.format(
                    "boot after kill -9 with %d messages: ready after %.2f s, %s",
                    first.retained(), first.readySeconds, memory(first)));

            LoadResult before = traffic(load, first);
            report.line("live traffic before: " + latency(List.of(before)));
            Node joining = start("n2", running);
            joined("joined", load, first, joining);

            joining.process.kill();
            Directories.delete(directory.resolve("n2"));
            joining = start("n2", running);
            long had = awaitRetained(joining, count -> count >= messages / 2);
            joining.process.kill();
            joining = start("n2", running);
            report.line(Report.format("joiner killed with %d, started again with %d", had, joining.retained()));
            joined("went on after the joiner was killed", load, first, joining);

            joining.process.kill();
            Directories.delete(directory.resolve("n2"));
            joining = start("n2", running);
            had = awaitRetained(joining, count -> count >= messages / 2);
            first.process.kill();
            long alone = joining.retained();
            first = start("n1", running);
            report.line(Report.format(
                    "source killed when the joiner had %d (then %d), ready again after %.2f s",
                    had, alone, first.readySeconds));
            joined("went on after the source was killed", load, first, joining);
            return 0;
        } finally {
            running.forEach(node -> node.process.close());
            Directories.delete(directory);
        }
    }

    private Node start(String name, List<Node> running) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home", ""), "bin", "java").toString());
        command.addAll(List.of(jvm.trim().split(" +", -1)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path", ""), NodeLaunch.MAIN_CLASS, "node"));
        ChildProcess process = new ChildProcess(
                directory,
                name,
                command,
                NodeLaunch.environment(Map.of(
                        "node.name", name,
                        "node.data-dir", directory.resolve(name).toString(),
                        "mqtt.tcp.host", "127.0.0.1",
                        "mqtt.tcp.port", "0",
                        "mqtt.ws.port", "-1",
                        "admin.port", "0",
                        "mesh.discovery", "static",
                        "mesh.seeds", "127.0.0.1:" + firstPort + ",127.0.0.1:" + secondPort,
                        "mesh.bind-port", Integer.toString(name.equals("n1") ? firstPort : secondPort))));
        Map<String, InetSocketAddress> addresses = NodeLaunch.addresses(process.awaitLine(NodeLaunch.READY));
        Node node = new Node(
                process,
                Objects.requireNonNull(addresses.get("mqtt")),
                new NodeAdmin(Objects.requireNonNull(addresses.get("admin")), ANSWER),
                process.age().toNanos() / SECOND);
        running.add(node);
        return node;
    }

    /** Has traffic at the first node until the other one has everything, and tells how that went. */
    private void joined(String what, LoadLoop load, Node first, Node joining) throws Exception {
        long began = System.nanoTime();
        long had = joining.retained();
        CompletableFuture<Double> complete = CompletableFuture.supplyAsync(
                () -> awaitSame(first, joining, began), task -> new Thread(task, "await-same").start());
        List<LoadResult> live = new ArrayList<>();
        do {
            live.add(traffic(load, first));
        } while (!complete.isDone());
        double seconds = complete.join();
        report.line(Report.format(
                "%s: the other %d messages and the same digest after %.1f s (%.0f a second), source %s, joiner %s",
                what, messages - had, seconds, (messages - had) / seconds, memory(first), memory(joining)));
        report.line("  live traffic meanwhile: " + latency(live));
    }

    private double awaitSame(Node first, Node joining, long began) {
        try {
            awaitRetained(joining, count -> count >= messages);
            while (!first.digest().equals(joining.digest())) {
                checkPatience(began);
                ChildProcess.pause();
            }
            return since(began);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long awaitRetained(Node node, LongPredicate enough) throws IOException {
        long began = System.nanoTime();
        long count = node.retained();
        while (!enough.test(count)) {
            checkPatience(began);
            ChildProcess.pause();
            count = node.retained();
        }
        return count;
    }

    private static void checkPatience(long began) {
        if (System.nanoTime() - began > PATIENCE_NANOS) {
            throw new IllegalStateException("it does not come to an end");
        }
    }

    private LoadResult traffic(LoadLoop load, Node at) throws InterruptedException {
        LoadPlan plan = new LoadPlan(
                "live" + ++runs,
                Protocol.V311,
                10,
                1,
                1,
                1,
                false,
                100,
                rate,
                1,
                1_000,
                Duration.ofMillis(200),
                window,
                at.mqtt,
                at.mqtt);
        return new LoadRun(load, plan).execute(new LoadRun.Observer() {
            @Override
            public void windowOpened() {}

            @Override
            public void windowClosed() {}
        });
    }

    private static String latency(List<LoadResult> runs) {
        LoadResult worst = runs.stream()
                .max(Comparator.comparingDouble(run -> run.latency().p99()))
                .orElseThrow();
        double median = Spread.of(
                        runs.stream().mapToDouble(run -> run.latency().p99()).toArray())
                .median();
        long lost = runs.stream().mapToLong(LoadResult::lost).sum();
        return Report.format(
                "%d windows, p99 ms: median %.1f, worst %.1f (max %.1f), %.0f msg/s, lost %d",
                runs.size(),
                median / 1e3,
                worst.latency().p99() / 1e3,
                worst.latency().max() / 1e3,
                runs.stream()
                        .mapToDouble(LoadResult::deliveredPerSecond)
                        .average()
                        .orElse(0),
                lost);
    }

    /** Processor time so far, resident memory, and what of the heap is in use. */
    private static String memory(Node node) throws IOException {
        ProcessUsage usage = ProcessUsage.of(node.process.pid());
        double heap = node.admin
                .get("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("jvm_memory_used_bytes") && line.contains("area=\"heap\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
        return Report.format(
                "%.1f CPU s, %.0f MB resident, %.0f at most, %.0f of heap",
                usage.cpuSeconds(),
                usage.residentBytes() / MEGABYTE,
                usage.peakResidentBytes() / MEGABYTE,
                heap / MEGABYTE);
    }

    private static double since(long nanos) {
        return (System.nanoTime() - nanos) / SECOND;
    }
}
