package io.meshvine.node.admin;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.client.ClientName;
import io.meshvine.mesh.client.ClientPage;
import io.meshvine.mesh.client.ClientPage.Located;
import io.meshvine.mesh.client.ClientReport;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The JSON form of clients. Its names stay, as those of {@link MeshView}. */
final class ClientsView {

    private static final char BETWEEN = '\0';

    private final ObjectMapper json;
    private final Map<NodeId, String> names = new HashMap<>();

    ClientsView(ObjectMapper json, MeshStatus status) {
        this.json = json;
        status.members().forEach(member -> names.put(member.id(), member.name()));
        names.put(status.self().id(), status.self().name());
    }

    /** @param wholeMesh whether other nodes were asked, so that the answer lacks the clients of those that are silent */
    ObjectNode of(ClientPage page, boolean wholeMesh, boolean details) {
        ObjectNode view = json.createObjectNode();
        ArrayNode clients = view.putArray("clients");
        page.clients().forEach(each -> client(clients.addObject(), each, details));
        if (page.more() && !page.clients().isEmpty()) {
            List<Located> all = page.clients();
            view.put("cursor", cursor(all.get(all.size() - 1).client().name()));
        }
        ArrayNode missing = view.putArray("missing");
        if (wholeMesh) {
            names.keySet().stream()
                    .filter(node -> !page.answered().contains(node))
                    .sorted()
                    .forEach(node -> node(missing.addObject(), node));
        }
        return view;
    }

    private void client(ObjectNode node, Located located, boolean details) {
        ClientReport client = located.client();
        node.put("id", client.name().clientId());
        if (!client.name().user().isEmpty()) {
            node.put("user", client.name().user());
        }
        node(node.putObject("node"), located.home());
        node.put("connected", client.isConnected());
        ClientReport.Connection connection = client.connection();
        if (connection != null) {
            node.put(
                    "connectedSince",
                    Instant.ofEpochMilli(connection.sinceMillis()).toString());
            node.put("address", connection.address());
            node.put("listener", connection.listener());
            node.put("protocol", protocol(connection.version()));
            node.put("keepAliveSeconds", connection.keepAliveSeconds());
        }
        node.put("durable", client.durable());
        node.put("sessionExpirySeconds", client.expirySeconds());
        node.put("subscriptions", client.subscriptions());
        node.put("queuedMessages", client.queued());
        node.put("queuedBytes", client.queuedBytes());
        node.put("inFlight", client.inFlight());
        ArrayNode alsoAt = node.putArray("alsoAt");
        located.alsoAt().forEach(other -> node(alsoAt.addObject(), other));
        if (details) {
            ArrayNode filters = node.putArray("filters");
            client.filters()
                    .forEach(each ->
                            filters.addObject().put("filter", each.filter()).put("qos", each.qos()));
        }
    }

    private static String protocol(int version) {
        return switch (version) {
            case 3 -> "3.1";
            case 4 -> "3.1.1";
            default -> version + ".0";
        };
    }

    private ObjectNode node(ObjectNode node, NodeId id) {
        return node.put("id", id.toString()).put("name", names.getOrDefault(id, ""));
    }

    /** Where to go on, in a form that an address of a page can carry. */
    static String cursor(ClientName last) {
        byte[] bytes = (last.clientId() + BETWEEN + last.user()).getBytes(StandardCharsets.UTF_8);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    /** @throws IllegalArgumentException if it is none */
    static ClientName fromCursor(String cursor) {
        String name = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
        int end = name.indexOf(BETWEEN);
        if (end < 0) {
            throw new IllegalArgumentException("not a cursor");
        }
        return new ClientName(name.substring(0, end), name.substring(end + 1));
    }
}
