package io.meshvine.mesh.link;

import io.meshvine.mesh.MeshStore;
import io.meshvine.mesh.NodeId;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A store in memory: it survives what links survive, view changes and splits, and nothing more; {@code sync} is
 * immediate. Its bound is the window of the links, which append nothing beyond it. Confined to the bridge loop.
 */
public final class HeapMeshStore implements MeshStore {
    private final Map<NodeId, NavigableMap<Long, byte[]>> outboxes = new HashMap<>();
    private final Map<NodeId, Watermark> watermarks = new HashMap<>();

    @Override
    public void append(NodeId peer, long sequence, byte[] publish) {
        outboxes.computeIfAbsent(peer, absent -> new TreeMap<>()).put(sequence, publish);
    }

    @Override
    public void acknowledge(NodeId peer, long throughSequence) {
        NavigableMap<Long, byte[]> outbox = outboxes.get(peer);
        if (outbox == null) {
            return;
        }
        Iterator<Long> sequences = outbox.keySet().iterator();
        while (sequences.hasNext() && sequences.next() <= throughSequence) {
            sequences.remove();
        }
        if (outbox.isEmpty()) {
            outboxes.remove(peer);
        }
    }

    @Override
    public void scan(NodeId peer, long fromSequence, Reader reader) {
        NavigableMap<Long, byte[]> outbox = outboxes.get(peer);
        if (outbox == null) {
            return;
        }
        for (Map.Entry<Long, byte[]> stored : outbox.tailMap(fromSequence, true).entrySet()) {
            if (!reader.accept(stored.getKey(), stored.getValue())) {
                return;
            }
        }
    }

    /** Only the latest life of a peer is remembered: an earlier one never speaks again. */
    @Override
    public void watermark(NodeId origin, long epoch, long sequence) {
        Watermark known = watermarks.get(origin);
        if (known == null || known.epoch <= epoch) {
            watermarks.put(origin, new Watermark(epoch, sequence));
        }
    }

    @Override
    public long watermark(NodeId origin, long epoch) {
        Watermark known = watermarks.get(origin);
        return known != null && known.epoch == epoch ? known.sequence : 0;
    }

    @Override
    public void sync(Runnable durable) {
        durable.run();
    }

    @Override
    public void close() {
        outboxes.clear();
        watermarks.clear();
    }

    private record Watermark(long epoch, long sequence) {}
}
