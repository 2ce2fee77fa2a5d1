package io.meshvine.mesh.lane;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.wire.WireException;
import io.meshvine.mesh.wire.WireReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The conversations with all peers, shared by the {@link PeerService}s of this node. Confined to the bridge loop. */
public final class Lanes {
    private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);

    private final EventLoop loop;
    private final Map<Integer, PeerService> services = new TreeMap<>();
    private final Map<PeerLink, Lane> lanes = new LinkedHashMap<>();
    private final Map<NodeId, PeerLink> links = new HashMap<>();

    /** Peers to whom there may be something to say. */
    private Set<PeerLink> awake = new LinkedHashSet<>();

    public Lanes(EventLoop loop) {
        this.loop = loop;
    }

    /**
     * Takes in a service, before the first peer.
     *
     * @param channel its number in frames: never used for something else
     */
    public void attach(int channel, PeerService service) {
        if (channel < 0 || channel > 0xff || services.put(channel, service) != null) {
            throw new IllegalArgumentException("channel " + channel + " is invalid or taken");
        }
        service.attached(this::wake);
    }

    private void wake(NodeId peer) {
        PeerLink link = links.get(peer);
        if (link != null) {
            awake.add(link);
        }
    }

    public void onConnected(PeerLink link, long epoch) {
        lanes.put(link, new Lane(link));
        links.put(link.peer(), link);
        awake.add(link);
        forEachService(service -> service.onConnected(link.peer(), epoch));
    }

    public void onInterrupted(PeerLink link) {
        if (lanes.remove(link) != null) {
            links.remove(link.peer());
            awake.remove(link);
            forEachService(service -> service.onInterrupted(link.peer()));
        }
    }

    public void onGone(PeerLink link) {
        onInterrupted(link);
        forEachService(service -> service.onGone(link.peer()));
    }

    /** A message came. */
    public void onMessage(PeerLink link, WireReader in) throws WireException {
        Lane lane = lanes.get(link);
        long sequence = in.readSequence();
        if (lane == null || !lane.accept(sequence)) {
            return;
        }
        PeerService service = services.get(in.readByte());
        if (service != null) { // else of a newer version
            service.onMessage(link.peer(), in);
        }
    }

    /** The peer has messages up to a number. */
    public void onConfirmed(PeerLink link, long through) {
        Lane lane = lanes.get(link);
        if (lane != null) {
            lane.onConfirmed(through, loop.nanoTime());
            awake.add(link);
        }
    }

    public void tick() {
        forEachService(PeerService::onTick);
        long now = loop.nanoTime();
        lanes.values().forEach(lane -> lane.repeatLate(now));
    }

    /** The end of a turn: hands to the links what there is to say. */
    public void flush() {
        if (awake.isEmpty()) {
            return;
        }
        Set<PeerLink> now = awake;
        awake = new LinkedHashSet<>();
        long nanos = loop.nanoTime();
        for (PeerLink link : now) {
            Lane lane = lanes.get(link);
            if (lane != null) {
                services.forEach((channel, service) -> speak(link.peer(), lane, channel, service, nanos));
            }
        }
    }

    private static void speak(NodeId peer, Lane lane, int channel, PeerService service, long nanos) {
        try {
            byte @Nullable [] message;
            while (lane.hasRoom() && (message = service.next(peer)) != null) {
                lane.send(channel, message, nanos);
            }
        } catch (RuntimeException failed) {
            LOG.error("channel {} has nothing sensible to say to {}", channel, peer, failed);
        }
    }

    /** Whether all peers have confirmed all that there was to say. */
    public boolean isIdle() {
        return awake.isEmpty() && lanes.values().stream().allMatch(Lane::isIdle);
    }

    private void forEachService(Consumer<PeerService> call) {
        List<PeerService> all = new ArrayList<>(services.values());
        for (PeerService service : all) {
            try {
                call.accept(service);
            } catch (RuntimeException failed) {
                LOG.error("{} failed; the others go on", service.getClass().getSimpleName(), failed);
            }
        }
    }
}
