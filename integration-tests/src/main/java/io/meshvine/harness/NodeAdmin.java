package io.meshvine.harness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A node's HTTP interface. Any thread. */
public final class NodeAdmin {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final URI base;
    private final Duration patience;

    /** The interface at that address; an answer that takes longer than the patience is an error. */
    public NodeAdmin(InetSocketAddress address, Duration patience) {
        this.base = URI.create("http://" + address.getHostString() + ":" + address.getPort());
        this.patience = patience;
    }

    /** GETs a path and returns the response, whatever its status. */
    public HttpResponse<String> get(String path) throws IOException {
        try {
            return HTTP.send(
                    HttpRequest.newBuilder(base.resolve(path)).timeout(patience).build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** The node's view of its mesh. */
    public JsonNode mesh() throws IOException {
        return JSON.readTree(get("/api/v1/mesh").body());
    }

    /** How many peers the node is connected with. */
    public static long connectedLinks(JsonNode mesh) {
        long connected = 0;
        for (JsonNode link : mesh.path("links")) {
            connected += link.path("state").asText().equals("connected") ? 1 : 0;
        }
        return connected;
    }
}
