package io.meshvine.mesh.sim;

import io.meshvine.mesh.MeshTransport;
import io.meshvine.mesh.PeerAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One life of a node on the {@link SimNetwork}. */
final class SimTransport implements MeshTransport {
    private final SimNetwork network;
    private final PeerAddress address;
    final int node;

    /** What is on its way from here, by destination. */
    final Map<SimTransport, SimChannel> channels = new LinkedHashMap<>();

    Set<PeerAddress> view = Set.of();
    boolean up;
    private @Nullable Listener listener;

    SimTransport(SimNetwork network, int node, PeerAddress address) {
        this.network = network;
        this.node = node;
        this.address = address;
    }

    @Override
    public void start(Listener reportTo) {
        listener = reportTo;
        up = true;
        network.join(this);
    }

    @Override
    public PeerAddress self() {
        return address;
    }

    @Override
    public boolean send(PeerAddress peer, ByteBuffer frame) {
        return up && view.contains(peer) && network.send(this, peer, frame);
    }

    @Override
    public void close() {
        if (up) {
            up = false;
            network.leave(this);
        }
    }

    /** Ends without a word. */
    void crash() {
        if (up) {
            up = false;
            network.crashed(this);
        }
    }

    Listener listener() {
        if (listener == null) {
            throw new IllegalStateException("not started");
        }
        return listener;
    }
}
