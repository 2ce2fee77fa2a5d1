package io.meshvine.mesh.jgroups;

import io.meshvine.mesh.BridgeLoop;
import io.meshvine.mesh.Interest;
import io.meshvine.mesh.LocalBroker;
import io.meshvine.mesh.MeshBridge;
import io.meshvine.mesh.MeshOptions;
import io.meshvine.mesh.MeshPublish;
import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.WriteUnit;
import io.meshvine.mesh.interest.InterestIndex;
import io.meshvine.mesh.retained.HybridClock;
import io.meshvine.mesh.retained.RetainedMap;
import io.meshvine.mesh.store.HeapRecordStore;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/** A node without a broker: bridge, loop and transport as in production, and a list for what arrives. */
final class BridgedNode implements LocalBroker, AutoCloseable {

    final NodeId id;
    final JGroupsTransport transport;
    final InterestIndex index = new InterestIndex();
    final List<String> arrived = new CopyOnWriteArrayList<>();
    final LongAdder count = new LongAdder();
    final MeshBridge bridge;
    final BridgeLoop loop;
    volatile Consumer<Arrival> onArrival = arrival -> arrived.add(text(arrival.publish()));

    BridgedNode(int number, Discovery discovery) {
        id = new NodeId(number, number);
        String name = "n" + number;
        transport = new JGroupsTransport(JGroupsOptions.defaults("test", name, discovery));
        loop = new BridgeLoop(name + "-bridge");
        bridge = new MeshBridge(
                MeshOptions.defaults("test", name),
                id,
                1,
                loop,
                transport,
                this,
                new HeapRecordStore(),
                new RetainedMap(),
                new HybridClock(id, 1, System::currentTimeMillis),
                index);
        bridge.start();
    }

    /** Returns once the peers know. */
    void subscribe(String filter, int qos) throws Exception {
        CompletableFuture<Void> confirmed = new CompletableFuture<>();
        bridge.subscribe(List.of(new Interest(Interest.NO_GROUP, filter, qos)), () -> confirmed.complete(null));
        confirmed.get(5, TimeUnit.SECONDS);
    }

    /** Sends a publish to those who want it, as the router of a node does. */
    void publish(String topic, int qos, byte[] payload, Runnable settled) {
        List<MeshTarget> targets = index.match(topic).peers().stream()
                .map(peer -> new MeshTarget(peer.peer(), true, peer.qos(), List.of()))
                .toList();
        byte[] body = new byte[payload.length + 1];
        System.arraycopy(payload, 0, body, 1, payload.length);
        bridge.publish(
                new MeshPublish(topic, qos, false, null, loop.nanoTime(), MeshPublish.NEVER_EXPIRES, body),
                targets,
                null,
                settled);
    }

    @Override
    public void deliver(NodeId origin, List<Arrival> batch, WriteUnit unit, Runnable accepted) {
        for (Arrival arrival : batch) {
            onArrival.accept(arrival);
        }
        count.add(batch.size());
        accepted.run();
    }

    @Override
    public void close() {
        bridge.close();
        loop.close();
    }

    private static String text(MeshPublish publish) {
        int from = publish.payloadOffset();
        return publish.topic() + " "
                + new String(publish.body(), from, publish.body().length - from, StandardCharsets.UTF_8);
    }
}
