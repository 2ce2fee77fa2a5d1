package io.meshvine.it.harness;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A node's HTTP interface. Any thread. */
public final class Admin {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final InetSocketAddress address;

    private Admin(InetSocketAddress address) {
        this.address = address;
    }

    public static Admin of(NodeProcess node) {
        return new Admin(node.admin());
    }

    /** GETs a path and returns the response, whatever its status. */
    public HttpResponse<String> get(String path) {
        URI uri = URI.create("http://" + address.getHostString() + ":" + address.getPort() + path);
        try {
            return HTTP.send(
                    HttpRequest.newBuilder(uri).timeout(TIMEOUT).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** The node's view of its mesh. */
    public JsonNode mesh() {
        try {
            return JSON.readTree(get("/api/v1/mesh").body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long connectedLinks() {
        long connected = 0;
        for (JsonNode link : mesh().path("links")) {
            connected += link.path("state").asText().equals("connected") ? 1 : 0;
        }
        return connected;
    }

    /** Waits until the node is connected with that many members, itself included. */
    public void awaitMembers(int count) {
        await("members of the mesh at " + address)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> connectedLinks() == count - 1);
    }
}
