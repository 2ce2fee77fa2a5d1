package io.meshvine.it.harness;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.meshvine.harness.NodeAdmin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.time.Duration;

/** A node's HTTP interface. Any thread. */
public final class Admin {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final InetSocketAddress address;
    private final NodeAdmin admin;

    private Admin(InetSocketAddress address) {
        this.address = address;
        this.admin = new NodeAdmin(address, TIMEOUT);
    }

    public static Admin of(NodeProcess node) {
        return new Admin(node.admin());
    }

    /** GETs a path and returns the response, whatever its status. */
    public HttpResponse<String> get(String path) {
        try {
            return admin.get(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The node's view of its mesh. */
    public JsonNode mesh() {
        try {
            return admin.mesh();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the node is connected with that many members, itself included. */
    public void awaitMembers(int count) {
        await("members of the mesh at " + address)
                .atMost(Duration.ofSeconds(30))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> NodeAdmin.connectedLinks(mesh()) == count - 1);
    }
}
