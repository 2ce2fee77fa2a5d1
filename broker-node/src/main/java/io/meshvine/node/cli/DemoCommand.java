package io.meshvine.node.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Starts a mesh on this host, each node a process of its own, and proves that it forwards. */
@Command(
        name = "demo",
        description = {
            "Start a mesh on this host and prove that it works.",
            "",
            "Each node is a process of its own with its own data folder. The mesh stays up until Ctrl-C."
        },
        mixinStandardHelpOptions = true,
        showDefaultValues = true)
final class DemoCommand implements Callable<Integer> {

    private static final String ROW = "  %-8s  %-16s  %-28s  %-22s  %s%n";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Option(names = "--nodes", paramLabel = "N", defaultValue = "3", description = "How many nodes, 1 to 50.")
    private int count;

    @Option(names = "--check", description = "Exit after the proof.")
    private boolean check;

    @Option(
            names = "--base-port",
            paramLabel = "P",
            defaultValue = "" + DemoPlan.DEFAULT_BASE_PORT,
            description = "MQTT port of node 1, the others follow; 0 takes any free ports.")
    private int basePort;

    @Option(
            names = "--data-dir",
            paramLabel = "D",
            defaultValue = "data/demo",
            description = "Folder for data, settings and logs of the nodes.")
    private Path folder = Path.of("data", "demo");

    @Override
    public Integer call() throws DemoException, InterruptedException {
        if (count < 1 || count > DemoPlan.MAX_NODES) {
            throw new ParameterException(
                    spec.commandLine(), "--nodes " + count + ": expected 1 to " + DemoPlan.MAX_NODES);
        }
        long start = System.nanoTime();
        PrintWriter out = spec.commandLine().getOut();
        DemoMesh mesh = new DemoMesh(DemoPlan.of(count, basePort, folder));
        Thread hook = new Thread(mesh::close, "meshvine-demo-shutdown");
        Runtime.getRuntime().addShutdownHook(hook);
        try (mesh) {
            say(out, "Starting " + nodes(count) + ", data and logs in " + folder + " ...");
            List<ReadyLine> lines = mesh.start();
            say(out, "Ready after " + seconds(start) + "; waiting for the mesh to form ...");
            mesh.awaitFormed(lines);
            printTable(out, lines, mesh.nodes());
            prove(out, lines);
            say(out, "Up and proven in " + seconds(start) + ".");
            if (!check) {
                printHints(out, lines);
                awaitEnd(out, mesh);
            }
        }
        return ExitCode.OK;
    }

    private void prove(PrintWriter out, List<ReadyLine> lines) throws DemoException, InterruptedException {
        ReadyLine in = lines.get(0);
        ReadyLine last = lines.get(lines.size() - 1);
        DemoProof proof = DemoProof.run(in.address("mqtt"), last.address("mqtt"));
        say(
                out,
                String.format(
                        Locale.ROOT,
                        "Proof: subscribed at %s, published at %s: the message arrived after %s (median of %d more: %s).",
                        last.address("name"),
                        in.address("name"),
                        millis(proof.first()),
                        proof.messages() - 1,
                        millis(proof.median())));
    }

    private static void printTable(PrintWriter out, List<ReadyLine> lines, List<NodeProcess> processes) {
        out.println();
        out.printf(ROW, "node", "MQTT", "WebSocket", "admin", "pid");
        for (int i = 0; i < lines.size(); i++) {
            ReadyLine line = lines.get(i);
            out.printf(
                    ROW,
                    line.address("name"),
                    line.address("mqtt"),
                    "ws://" + line.address("ws") + "/mqtt",
                    "http://" + line.address("admin"),
                    processes.get(i).pid());
        }
        out.println();
        out.flush();
    }

    private static void printHints(PrintWriter out, List<ReadyLine> lines) {
        String port = lines.get(0).address("mqtt").replaceAll(".*:", "");
        String lastPort = lines.get(lines.size() - 1).address("mqtt").replaceAll(".*:", "");
        out.println("Try it with any MQTT client, for example:");
        out.println("  mosquitto_sub -p " + lastPort + " -t 'plant/#' -v");
        out.println("  mosquitto_pub -p " + port + " -t plant/line-1/temperature -m 21.5");
        out.println("  ./meshvine status --admin http://" + lines.get(0).address("admin"));
        out.println("Ctrl-C stops the mesh.");
        out.flush();
    }

    /** Until a signal ends this process, or no node is left. */
    private static void awaitEnd(PrintWriter out, DemoMesh mesh) throws DemoException {
        CompletableFuture<?>[] ends = mesh.nodes().stream()
                .map(node -> node.ended().thenAccept(process -> sayEnd(out, mesh, node, process.exitValue())))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(ends).join();
        if (!mesh.isClosing()) {
            throw new DemoException("no node is left");
        }
    }

    private static void sayEnd(PrintWriter out, DemoMesh mesh, NodeProcess node, int exitCode) {
        if (!mesh.isClosing()) {
            say(out, node.name() + " has stopped (exit code " + exitCode + ")");
        }
    }

    private static synchronized void say(PrintWriter out, String line) {
        out.println(line);
        out.flush();
    }

    private static String nodes(int count) {
        return count == 1 ? "1 node" : count + " nodes";
    }

    private static String seconds(long startNanos) {
        return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - startNanos) / 1e9);
    }

    private static String millis(Duration duration) {
        return String.format(Locale.ROOT, "%.1f ms", duration.toNanos() / 1e6);
    }
}
