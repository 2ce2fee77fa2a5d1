package io.meshvine.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meshvine.node.cli.AdminClient.Answer;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Examines one node's health, and probes every link of the mesh from end to end. */
@Command(
        name = "doctor",
        description = "Check a node, and probe every link of the mesh from end to end.",
        mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {

    private static final String ROW = "%-20s %-20s %-10s %9s  %s%n";
    private static final double MICROS_PER_MILLI = 1_000.0;

    /** Beside the probes' own time. */
    private static final int ANSWER_MILLIS = 3_000;

    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private AdminAddress address = new AdminAddress();

    @Option(
            names = "--timeout",
            paramLabel = "MS",
            defaultValue = "3000",
            description = "How long an answer may take, in milliseconds; default: ${DEFAULT-VALUE}.")
    private int timeoutMillis;

    @Option(names = "--json", description = "Print what was found as JSON.")
    private boolean json;

    DoctorCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        AdminClient client = address.client(environment);
        ObjectMapper mapper = new ObjectMapper();
        JsonNode health = mapper.readTree(client.get("/health/ready").body());
        Answer answer =
                client.post("/api/v1/mesh/probe?timeoutMillis=" + timeoutMillis, 2 * timeoutMillis + ANSWER_MILLIS);
        if (!answer.isOk()) {
            throw new IOException(
                    "the node answers " + answer.status() + ": " + answer.body().trim());
        }
        JsonNode probes = mapper.readTree(answer.body());
        List<String> problems = new ArrayList<>();
        health.path("checks")
                .properties()
                .forEach(check -> note(check.getKey(), check.getValue().asText(), problems));
        probes.path("problems").forEach(problem -> problems.add(problem.asText()));
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            var report = mapper.createObjectNode();
            report.set("health", health);
            report.set("probes", probes);
            report.set("problems", mapper.valueToTree(problems));
            out.println(report.toPrettyString());
        } else {
            print(probes, problems, out);
        }
        out.flush();
        return problems.isEmpty() ? ExitCode.OK : ExitCode.SOFTWARE;
    }

    private static void note(String check, String result, List<String> problems) {
        if (!result.equals("ok")) {
            problems.add("this node is not ready, " + check + ": " + result);
        }
    }

    private static void print(JsonNode probes, List<String> problems, PrintWriter out) {
        if (probes.path("links").isEmpty()) {
            out.println("this node has seen no peers");
        } else {
            out.printf(ROW, "from", "to", "link", "rtt ms", "");
        }
        for (JsonNode link : probes.path("links")) {
            long rtt = link.path("rttMicros").asLong();
            boolean answered = link.path("answered").asBoolean();
            out.printf(
                    ROW,
                    link.path("from").path("name").asText(),
                    link.path("to").path("name").asText(),
                    link.path("state").asText(),
                    answered ? "%.2f".formatted(rtt / MICROS_PER_MILLI) : "-",
                    answered ? "ok" : "NO ANSWER");
        }
        out.println();
        if (problems.isEmpty()) {
            out.println("all is well");
        }
        problems.forEach(problem -> out.println("problem: " + problem));
    }
}
