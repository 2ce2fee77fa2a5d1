package io.meshvine.node;

import io.meshvine.mesh.Interest;
import io.meshvine.mesh.MeshCounters;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshStatus;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.node.config.NodeConfig;
import io.meshvine.node.identity.NodeHome;
import io.meshvine.node.routing.MeshGate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The node's part in the mesh: a node on its own. */
final class MeshSide implements MeshGate {

    private final NodeConfig config;
    private final NodeHome home;

    MeshSide(NodeConfig config, NodeHome home) {
        this.config = config;
        this.home = home;
    }

    int port() {
        return -1;
    }

    CompletableFuture<MeshStatus> status() {
        MeshStatus.Member self = new MeshStatus.Member(home.id(), config.name(), home.epoch(), Map.of());
        return CompletableFuture.completedFuture(
                new MeshStatus(config.mesh().name(), self, List.of(), List.of(), List.of(), Map.of(), 0));
    }

    Optional<MeshCounters> counters() {
        return Optional.empty();
    }

    @Override
    public void publish(MeshPublish publish, List<MeshTarget> targets, Runnable settled) {
        settled.run();
    }

    @Override
    public void subscribe(List<Interest> added, Runnable confirmed) {
        confirmed.run();
    }

    @Override
    public void unsubscribe(List<Interest> removed) {}
}
