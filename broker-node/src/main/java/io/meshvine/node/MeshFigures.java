package io.meshvine.node;

import io.meshvine.mesh.MeshCounters;
import io.meshvine.mesh.MeshStatus;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The figures below {@code $SYS/mesh/}: the mesh as this node sees it. Nodes stand there by their id, which is theirs
 * alone and stays; their name is a value. Operators and their scripts depend on these topics (docs/monitoring.md).
 */
final class MeshFigures {

    private static final String ROOT = "$SYS/mesh/";

    private final Map<String, Object> figures = new LinkedHashMap<>();

    private MeshFigures() {}

    /** All topics with their values, once the bridge has answered; none outside any mesh. */
    static CompletableFuture<Map<String, Object>> of(MeshSide mesh) {
        return mesh.counters()
                .map(counters -> mesh.status().thenApply(status -> of(status, counters)))
                .orElseGet(() -> CompletableFuture.completedFuture(Map.of()));
    }

    static Map<String, Object> of(MeshStatus status, MeshCounters counters) {
        MeshFigures all = new MeshFigures();
        all.put("name", status.meshName());
        all.members(status);
        status.links().forEach(all::link);
        all.routes(status);
        all.counters(counters);
        return all.figures;
    }

    private void members(MeshStatus status) {
        long connected = status.links().stream()
                .filter(link -> link.state() == MeshStatus.LinkState.CONNECTED)
                .count();
        put("members/count", connected + 1);
        member(status.self());
        put("members/" + status.self().id() + "/state", "self");
        status.members().forEach(this::member);
        status.links().forEach(link -> put("members/" + link.peer() + "/state", state(link)));
    }

    private void member(MeshStatus.Member member) {
        String topic = "members/" + member.id() + "/";
        put(topic + "name", member.name());
        put(topic + "epoch", member.epoch());
        member.addresses().forEach((kind, address) -> put(topic + "address/" + kind, address));
    }

    private void link(MeshStatus.Link link) {
        String topic = "links/" + link.peer() + "/";
        put(topic + "state", state(link));
        put(topic + "saturated", link.saturated());
        if (link.rttMicros() >= 0) {
            put(topic + "rtt/micros", link.rttMicros());
        }
        put(topic + "publishes/sent", link.sentPublishes());
        put(topic + "publishes/received", link.receivedPublishes());
        put(topic + "publishes/unacknowledged", link.unackedPublishes());
        put(topic + "publishes/queued", link.queuedPublishes());
        put(topic + "publishes/dropped", sum(link.dropped().values()));
        put(topic + "bytes/sent", link.sentBytes());
        put(topic + "bytes/received", link.receivedBytes());
        put(topic + "bytes/queued", link.queuedBytes());
    }

    private void routes(MeshStatus status) {
        put("routes/advertised", status.advertised());
        status.routes().forEach((peer, filters) -> put("routes/" + peer, filters));
    }

    private void counters(MeshCounters counters) {
        put("publishes/forwarded", counters.forwarded(0) + counters.forwarded(1) + counters.forwarded(2));
        put("publishes/received", counters.received(0) + counters.received(1) + counters.received(2));
        put("publishes/resent", counters.resent());
        put("publishes/duplicates", counters.duplicates());
        put("publishes/dropped", sum(counters.dropped().values()));
        put("publishes/without-interest", counters.sentWithoutInterest());
        put("frames/sent", counters.framesOut());
        put("frames/received", counters.framesIn());
        put("frames/refused", counters.framesRefused());
        put("bytes/sent", counters.bytesOut());
        put("bytes/received", counters.bytesIn());
        put("retained/applied", counters.retainedApplied());
    }

    private static String state(MeshStatus.Link link) {
        return link.state().name().toLowerCase(Locale.ROOT);
    }

    private static long sum(Collection<Long> counts) {
        return counts.stream().mapToLong(Long::longValue).sum();
    }

    private void put(String topic, Object value) {
        figures.put(ROOT + topic, value);
    }
}
