package io.meshvine.node.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.meshvine.mesh.MeshFixtures;
import io.meshvine.mesh.MeshStatus;
import io.netty.buffer.PooledByteBufAllocator;
import java.lang.ref.WeakReference;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodeMetricsTest {

    private final NodeMetrics metrics = new NodeMetrics("1.2.3");

    @AfterEach
    void close() {
        metrics.close();
    }

    @Test
    void showsTheProcessAndNetty() {
        metrics.allocator(PooledByteBufAllocator.DEFAULT);

        assertThat(metrics.scrape())
                .contains("jvm_memory_used_bytes{")
                .contains("jvm_threads_live_threads ")
                .contains("process_cpu_usage ")
                .contains("process_files_open_files ")
                .contains("netty_allocator_memory_used{")
                .contains("meshvine_build_info{version=\"1.2.3\"} 1\n");
    }

    @Test
    void readsCountersAndGaugesWhenAsked() {
        AtomicLong published = new AtomicLong();
        metrics.counter("publishes.received", "from clients", published::get, "qos", "1");
        metrics.gauge("connections", "now", () -> published.get() * 2);
        published.set(21);

        assertThat(metrics.scrape())
                .contains("meshvine_publishes_received_total{qos=\"1\"} 21.0")
                .contains("meshvine_connections 42.0");
    }

    @Test
    void goesOnToCountAfterACollection() {
        long[] published = {1};
        metrics.counter("publishes.received", "from clients", () -> published[0], "qos", "1");
        WeakReference<Object> collected = new WeakReference<>(new Object());
        await().until(() -> {
            System.gc();
            return collected.get() == null;
        });
        published[0] = 21;

        assertThat(metrics.scrape()).contains("meshvine_publishes_received_total{qos=\"1\"} 21.0");
    }

    @Test
    void showsTheMeshAndEachLink() {
        MeshMetrics.bind(
                metrics, MeshFixtures.counters(), () -> CompletableFuture.completedFuture(MeshFixtures.status()));
        String peer = "{peer=\"b\",peer_id=\"" + MeshFixtures.PEER + "\"}";

        assertThat(metrics.scrape())
                .contains("meshvine_mesh_publishes_forwarded_total{qos=\"1\"} 2.0")
                .contains("meshvine_mesh_publishes_dropped_total{reason=\"peer-slow\"} 1.0")
                .contains("meshvine_mesh_publishes_dropped_total{reason=\"outbox-full\"} 0.0")
                .contains("meshvine_mesh_sent_bytes_total 1000.0")
                .contains("meshvine_mesh_members 2.0")
                .contains("meshvine_mesh_interest_advertised 17.0")
                .contains("meshvine_mesh_routes" + peer + " 42.0")
                .contains("meshvine_mesh_link_connected" + peer + " 1.0")
                .contains("meshvine_mesh_link_rtt_seconds" + peer + " 2.5E-4")
                .contains("meshvine_mesh_link_oldest_unacked_seconds" + peer + " 1.5")
                .contains("meshvine_mesh_link_queued_bytes" + peer + " 700.0");
    }

    @Test
    void showsNoOldLinksWhenTheMeshDoesNotAnswer() {
        AtomicLong asked = new AtomicLong();
        MeshMetrics.bind(
                metrics,
                MeshFixtures.counters(),
                () -> asked.getAndIncrement() == 0
                        ? CompletableFuture.completedFuture(MeshFixtures.status())
                        : CompletableFuture.<MeshStatus>failedFuture(new IllegalStateException("closed")));

        assertThat(metrics.scrape()).contains("meshvine_mesh_link_connected{");
        assertThat(metrics.scrape())
                .doesNotContain("meshvine_mesh_link_connected{")
                .contains("meshvine_mesh_members 0.0");
    }
}
