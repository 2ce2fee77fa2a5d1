package io.meshvine.mesh.link;

import io.meshvine.mesh.DropReason;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.StoredPublish;
import java.util.EnumMap;
import java.util.Map;

/** What one link counted; passes on what it hears. Confined to the bridge loop. */
final class LinkStatistics implements LinkListener {
    private final LinkListener bridge;
    private final Map<DropReason, Long> dropped = new EnumMap<>(DropReason.class);

    long sentPublishes;
    long receivedPublishes;
    long sentFrames;
    long receivedFrames;
    long sentBytes;
    long receivedBytes;
    long rttMicros = -1;

    LinkStatistics(LinkListener bridge) {
        this.bridge = bridge;
    }

    @Override
    public void onWork(PeerLink link) {
        bridge.onWork(link);
    }

    @Override
    public void onFrameSent(int bytes) {
        sentFrames++;
        sentBytes += bytes;
        bridge.onFrameSent(bytes);
    }

    @Override
    public void onResent(int publishes) {
        bridge.onResent(publishes);
    }

    @Override
    public void onDropped(DropReason reason, long publishes) {
        if (publishes > 0) {
            dropped.merge(reason, publishes, Long::sum);
            bridge.onDropped(reason, publishes);
        }
    }

    @Override
    public void onReadBack(NodeId peer, StoredPublish stored) {
        bridge.onReadBack(peer, stored);
    }

    @Override
    public void onSaturation(NodeId peer, boolean saturated) {
        bridge.onSaturation(peer, saturated);
    }

    Map<DropReason, Long> dropped() {
        return dropped;
    }
}
