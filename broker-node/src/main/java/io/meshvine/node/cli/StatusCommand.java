package io.meshvine.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meshvine.node.cli.AdminClient.Answer;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows the mesh as one node sees it. */
@Command(name = "status", description = "Show the mesh as a node sees it.", mixinStandardHelpOptions = true)
final class StatusCommand implements Callable<Integer> {

    private static final String ROW = "%-20s %-10s %9s %10s %10s %8s %8s  %s%n";
    private static final double MICROS_PER_MILLI = 1_000.0;

    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private AdminAddress address = new AdminAddress();

    @Option(names = "--json", description = "Print the node's answer as it is.")
    private boolean json;

    StatusCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        Answer answer = address.client(environment).get("/api/v1/mesh");
        if (!answer.isOk()) {
            throw new IOException(
                    "the node answers " + answer.status() + ": " + answer.body().trim());
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.print(answer.body());
        } else {
            print(new ObjectMapper().readTree(answer.body()), out);
        }
        out.flush();
        return ExitCode.OK;
    }

    private static void print(JsonNode mesh, PrintWriter out) {
        JsonNode self = mesh.path("self");
        out.printf("mesh     %s%n", mesh.path("mesh").asText());
        out.printf(
                "node     %s, id %s, epoch %s, version %s%n",
                self.path("name").asText(),
                self.path("id").asText(),
                self.path("epoch").asText(),
                self.path("version").asText());
        self.path("addresses")
                .properties()
                .forEach(entry ->
                        out.printf("%-8s %s%n", entry.getKey(), entry.getValue().asText()));
        out.printf(
                "routes   asks its peers for %d topic filters%n%n",
                mesh.path("routes").path("advertised").asInt());
        Map<String, Integer> filters = new HashMap<>();
        mesh.path("routes")
                .path("peers")
                .forEach(route -> filters.put(
                        route.path("peer").asText(), route.path("filters").asInt()));
        Map<String, String> mqtt = new HashMap<>();
        mesh.path("members")
                .forEach(member -> mqtt.put(
                        member.path("id").asText(),
                        member.path("addresses").path("mqtt").asText()));
        if (mesh.path("links").isEmpty()) {
            out.println("no peers seen yet");
        } else {
            out.printf(ROW, "peer", "state", "rtt ms", "sent", "received", "unacked", "filters", "mqtt");
        }
        for (JsonNode link : mesh.path("links")) {
            String peer = link.path("peer").asText();
            long rtt = link.path("rttMicros").asLong();
            out.printf(
                    ROW,
                    link.path("name").asText(),
                    link.path("state").asText(),
                    rtt < 0 ? "-" : "%.2f".formatted(rtt / MICROS_PER_MILLI),
                    link.path("sentPublishes").asText(),
                    link.path("receivedPublishes").asText(),
                    link.path("unackedPublishes").asText(),
                    filters.getOrDefault(peer, 0),
                    mqtt.getOrDefault(peer, ""));
        }
        mesh.path("refused")
                .forEach(refusal ->
                        out.printf("refused: %s%n", refusal.path("reason").asText()));
    }
}
