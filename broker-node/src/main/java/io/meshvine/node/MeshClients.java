package io.meshvine.node;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.client.ClientListing;
import io.meshvine.mesh.client.ClientPage;
import io.meshvine.mesh.client.ClientQuery;
import io.meshvine.node.session.Sessions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

/** The clients of this node and of the mesh, as operators ask for them. Any thread. */
final class MeshClients implements AutoCloseable {

    /** So long peers may take to answer; what the admin endpoint waits in all is more. */
    private static final Duration PATIENCE = Duration.ofMillis(1_500);

    private final MeshSide mesh;
    private final NodeId self;
    private final ClientReports reports;
    private final ClientListing listing;

    /** Before the mesh is joined. */
    MeshClients(MeshSide mesh, EventLoop bridgeLoop, NodeId self, Sessions sessions) {
        this.mesh = mesh;
        this.self = self;
        this.reports = new ClientReports(sessions);
        this.listing = new ClientListing(bridgeLoop, mesh::execute, self, reports);
        mesh.attach(ClientListing.CHANNEL, listing);
    }

    /** Finds clients, in the whole mesh or at this node alone; fails if too much is being asked. */
    CompletableFuture<ClientPage> find(ClientQuery query, boolean wholeMesh) {
        CompletableFuture<ClientPage> found = new CompletableFuture<>();
        try {
            if (wholeMesh && mesh.isEnabled()) {
                mesh.execute(() -> {
                    if (!listing.find(query, PATIENCE, found::complete)) {
                        found.completeExceptionally(new RejectedExecutionException("too much is being asked"));
                    }
                });
            } else {
                reports.find(query, part -> found.complete(ClientPage.of(Map.of(self, part), query.limit())));
            }
        } catch (RuntimeException busy) {
            found.completeExceptionally(busy);
        }
        return found;
    }

    @Override
    public void close() {
        reports.close();
    }
}
