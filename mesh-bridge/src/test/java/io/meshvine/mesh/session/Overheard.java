package io.meshvine.mesh.session;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.lane.PeerService;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A directory whose peers' words are told to somebody else before it hears them. */
public final class Overheard implements PeerService {
    private final ClientDirectory directory;
    private final BiConsumer<NodeId, String> listener;

    public Overheard(ClientDirectory directory, BiConsumer<NodeId, String> listener) {
        this.directory = directory;
        this.listener = listener;
    }

    @Override
    public void attached(Consumer<NodeId> wake) {
        directory.attached(wake);
    }

    @Override
    public void onConnected(NodeId peer, long epoch) {
        listener.accept(peer, "is in reach");
        directory.onConnected(peer, epoch);
    }

    @Override
    public void onInterrupted(NodeId peer) {
        listener.accept(peer, "is interrupted");
        directory.onInterrupted(peer);
    }

    @Override
    public void onGone(NodeId peer) {
        listener.accept(peer, "is gone");
        directory.onGone(peer);
    }

    @Override
    public byte @Nullable [] next(NodeId peer) {
        return directory.next(peer);
    }

    @Override
    public void onMessage(NodeId peer, WireReader message) throws WireException {
        byte[] bytes = new byte[message.remaining()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) message.readByte();
        }
        WireReader items = WireReader.of(bytes);
        while (items.remaining() > 0) {
            listener.accept(peer, "says " + ItemCodec.read(items));
        }
        directory.onMessage(peer, WireReader.of(bytes));
    }

    @Override
    public void onTick() {
        directory.onTick();
    }
}
