package io.meshvine.node.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.NotFoundResponse;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.client.ClientName;
import io.meshvine.mesh.client.ClientPage;
import io.meshvine.mesh.client.ClientQuery;
import io.meshvine.mesh.client.ClientQuery.Match;
import io.meshvine.mesh.client.ClientQuery.State;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What is asked about clients: many in pages, or one with its subscriptions. Any thread. */
final class ClientRoutes {

    private static final int DEFAULT_LIMIT = 100;
    private static final long ANSWER_SECONDS = 3;

    private final AdminSources sources;
    private final ObjectMapper json;

    ClientRoutes(AdminSources sources, ObjectMapper json) {
        this.sources = sources;
        this.json = json;
    }

    /** Some clients, in order of their ids. */
    ObjectNode many(Context context) throws InterruptedException, ExecutionException, TimeoutException {
        String text = parameter(context, "q", "");
        boolean prefix = text.endsWith("*");
        ClientQuery query = new ClientQuery(
                prefix ? Match.PREFIX : Match.CONTAINS,
                prefix ? text.substring(0, text.length() - 1) : text,
                state(context),
                after(context),
                limit(context));
        return ask(context, query, false);
    }

    /** The clients of one id: more than one where several users have it. */
    ObjectNode one(Context context) throws InterruptedException, ExecutionException, TimeoutException {
        String clientId = context.pathParam("id");
        ClientQuery query = new ClientQuery(Match.EXACT, clientId, State.ANY, ClientName.FIRST, ClientQuery.MAX_LIMIT);
        ObjectNode found = ask(context, query, true);
        if (found.path("clients").isEmpty()) {
            boolean unsure = !found.path("missing").isEmpty();
            throw new NotFoundResponse(
                    "no client " + clientId + (unsure ? " at the nodes that answer; not all do" : ""));
        }
        return found;
    }

    private ObjectNode ask(Context context, ClientQuery query, boolean details)
            throws InterruptedException, ExecutionException, TimeoutException {
        boolean wholeMesh = wholeMesh(context);
        ClientPage page = sources.clients().apply(query, wholeMesh).get(ANSWER_SECONDS, TimeUnit.SECONDS);
        MeshStatus status = sources.mesh().get().get(ANSWER_SECONDS, TimeUnit.SECONDS);
        return new ClientsView(json, status).of(page, wholeMesh, details);
    }

    private static boolean wholeMesh(Context context) {
        return !isFalse("mesh", parameter(context, "mesh", "true"));
    }

    private static State state(Context context) {
        String connected = context.queryParam("connected");
        if (connected == null) {
            return State.ANY;
        }
        return isFalse("connected", connected) ? State.DISCONNECTED : State.CONNECTED;
    }

    private static boolean isFalse(String name, String value) {
        return switch (value) {
            case "true" -> false;
            case "false" -> true;
            default -> throw new BadRequestResponse(name + "=" + value + ": true or false expected");
        };
    }

    private static int limit(Context context) {
        String limit = parameter(context, "limit", Integer.toString(DEFAULT_LIMIT));
        try {
            int number = Integer.parseInt(limit);
            if (number >= 1 && number <= ClientQuery.MAX_LIMIT) {
                return number;
            }
        } catch (NumberFormatException notOne) {
            // as one that is out of range
        }
        throw new BadRequestResponse("limit=" + limit + ": 1 to " + ClientQuery.MAX_LIMIT + " expected");
    }

    private static ClientName after(Context context) {
        String cursor = context.queryParam("cursor");
        try {
            return cursor == null ? ClientName.FIRST : ClientsView.fromCursor(cursor);
        } catch (IllegalArgumentException e) {
            throw new BadRequestResponse("cursor=" + cursor + ": expected as an earlier answer gave it");
        }
    }

    private static String parameter(Context context, String name, String otherwise) {
        String value = context.queryParam(name);
        return value == null ? otherwise : value;
    }
}
