package io.meshvine.node.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.meshvine.node.cli.AdminClient.Answer;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.HttpURLConnection;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows the clients of the mesh and where they are, or one of them with its subscriptions. */
@Command(
        name = "clients",
        description = "Show the clients of the mesh and where they are.",
        mixinStandardHelpOptions = true)
final class ClientsCommand implements Callable<Integer> {

    private static final String ROW = "%-24s %-12s %-9s %-5s %-22s %6s %6s %8s %10s %9s%n";
    private static final String LINE = "%-14s %s%n";

    private final Map<String, String> environment;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private AdminAddress address = new AdminAddress();

    @Parameters(
            arity = "0..1",
            paramLabel = "ID",
            description = "Show the client with that id, with its subscriptions.")
    private @Nullable String clientId;

    @Option(
            names = "--search",
            paramLabel = "TEXT",
            description = "Only client ids that contain this, or begin with it where it ends with *.")
    private String search = "";

    @Option(names = "--connected", negatable = true, description = "Only clients with a connection, or without one.")
    private @Nullable Boolean connected;

    @Option(names = "--here", description = "Only clients of the node that is asked.")
    private boolean here;

    @Option(names = "--limit", paramLabel = "N", description = "The most to show, 1 to 1000; default: 100.")
    private int limit = 100;

    @Option(names = "--cursor", paramLabel = "CURSOR", description = "Go on behind an earlier answer.")
    private @Nullable String cursor;

    @Option(names = "--json", description = "Print the node's answer as it is.")
    private boolean json;

    ClientsCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        Answer answer = address.client(environment).get(path());
        PrintWriter out = spec.commandLine().getOut();
        if (!answer.isOk()) {
            throw new IOException(refusal(answer));
        }
        if (json) {
            out.print(answer.body());
        } else if (clientId == null) {
            table(new ObjectMapper().readTree(answer.body()), out);
        } else {
            details(new ObjectMapper().readTree(answer.body()), out);
        }
        out.flush();
        return ExitCode.OK;
    }

    private static String refusal(Answer answer) throws IOException {
        if (answer.status() == HttpURLConnection.HTTP_NOT_FOUND
                || answer.status() == HttpURLConnection.HTTP_BAD_REQUEST) {
            return new ObjectMapper().readTree(answer.body()).path("error").asText();
        }
        return "the node answers " + answer.status() + ": " + answer.body().trim();
    }

    private String path() {
        List<String> parameters = new ArrayList<>();
        if (here) {
            parameters.add("mesh=false");
        }
        if (clientId != null) {
            return "/api/v1/clients/" + encode(clientId) + query(parameters);
        }
        parameters.add("limit=" + limit);
        if (!search.isEmpty()) {
            parameters.add("q=" + encode(search));
        }
        if (connected != null) {
            parameters.add("connected=" + connected);
        }
        if (cursor != null) {
            parameters.add("cursor=" + encode(cursor));
        }
        return "/api/v1/clients" + query(parameters);
    }

    private static String query(List<String> parameters) {
        return parameters.isEmpty() ? "" : "?" + String.join("&", parameters);
    }

    /** As RFC 3986 wants it: what the JDK makes is for forms. */
    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static void table(JsonNode answer, PrintWriter out) {
        if (answer.path("clients").isEmpty()) {
            out.println("no clients");
        } else {
            out.printf(
                    ROW, "client", "node", "state", "mqtt", "address", "keep", "subs", "queued", "bytes", "in flight");
        }
        for (JsonNode client : answer.path("clients")) {
            out.printf(
                    ROW,
                    name(client),
                    client.path("node").path("name").asText(),
                    client.path("connected").asBoolean() ? "connected" : "away",
                    client.path("protocol").asText("-"),
                    client.path("address").asText("-"),
                    client.path("keepAliveSeconds").asText("-"),
                    client.path("subscriptions").asText(),
                    client.path("queuedMessages").asText(),
                    client.path("queuedBytes").asText(),
                    client.path("inFlight").asText());
        }
        if (answer.has("cursor")) {
            out.printf("there are more: --cursor %s%n", answer.path("cursor").asText());
        }
        missing(answer, out);
    }

    private static String name(JsonNode client) {
        String user = client.path("user").asText();
        return printable(client.path("id").asText()) + (user.isEmpty() ? "" : " (" + printable(user) + ")");
    }

    /** Client ids come from clients: nothing in them is to steer a terminal. */
    private static String printable(String text) {
        return text.replaceAll("[\\p{Cntrl}\\p{Cf}]", "?");
    }

    private static void details(JsonNode answer, PrintWriter out) {
        for (JsonNode client : answer.path("clients")) {
            out.printf(LINE, "client", name(client));
            out.printf(
                    LINE,
                    "node",
                    client.path("node").path("name").asText() + ", id "
                            + client.path("node").path("id").asText());
            out.printf(LINE, "state", state(client));
            out.printf(
                    LINE,
                    "session",
                    (client.path("durable").asBoolean() ? "outlives its connection" : "ends with its connection")
                            + ", expiry " + client.path("sessionExpirySeconds").asText() + " s");
            out.printf(
                    LINE,
                    "queue",
                    client.path("queuedMessages").asText() + " messages, "
                            + client.path("queuedBytes").asText() + " bytes, "
                            + client.path("inFlight").asText() + " in flight");
            if (!client.path("alsoAt").isEmpty()) {
                out.printf(LINE, "also at", names(client.path("alsoAt")));
            }
            out.printf(LINE, "subscriptions", client.path("subscriptions").asText());
            client.path("filters")
                    .forEach(each -> out.printf(
                            LINE,
                            "  qos " + each.path("qos").asText(),
                            printable(each.path("filter").asText())));
            int untold = client.path("subscriptions").asInt()
                    - client.path("filters").size();
            if (untold > 0) {
                out.printf("%d more are not shown%n", untold);
            }
        }
        missing(answer, out);
    }

    private static String state(JsonNode client) {
        if (!client.path("connected").asBoolean()) {
            return "away";
        }
        return "connected since " + client.path("connectedSince").asText() + " from "
                + client.path("address").asText() + " by "
                + client.path("listener").asText() + ", MQTT "
                + client.path("protocol").asText() + ", keep alive "
                + client.path("keepAliveSeconds").asText() + " s";
    }

    private static void missing(JsonNode answer, PrintWriter out) {
        if (!answer.path("missing").isEmpty()) {
            out.printf("not all: nothing was heard from %s%n", names(answer.path("missing")));
        }
    }

    private static String names(JsonNode nodes) {
        return StreamSupport.stream(nodes.spliterator(), false)
                .map(node -> node.path("name").asText().isEmpty()
                        ? node.path("id").asText()
                        : node.path("name").asText())
                .collect(Collectors.joining(", "));
    }
}
