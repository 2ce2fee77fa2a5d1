package io.meshvine.node.routing;

import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.GuaranteedRun;
import io.meshvine.mesh.wire.PublishRun;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.PublishCodec;
import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop publishes to peers, gathered for the rest of its turn: so the bridge is handed a few runs instead of
 * a thousand publishes. For one peer there is one run at a time, so that its order is kept. Confined to that loop.
 */
final class MeshRuns {
    private static final int EXPECTED_BYTES = 1 << 10;

    private final Executor loop;
    private final MeshGate mesh;
    private final Map<NodeId, PublishRun> open = new LinkedHashMap<>();
    private final Map<NodeId, GuaranteedRun> openGuaranteed = new LinkedHashMap<>();
    private @Nullable PublishRun latest;
    private int latestBytes = EXPECTED_BYTES;

    MeshRuns(Executor loop, MeshGate mesh) {
        this.loop = loop;
        this.mesh = mesh;
    }

    /** Whether a message may go in a run: nothing about it changes on the way, and it is small. */
    static boolean takes(Message message, Route route) {
        return !message.isRetain()
                && !message.canExpire()
                && PublishRun.takes(route.topic().length, message.payload().readableBytes());
    }

    /** Whether a message of QoS 1 or 2 is promised to all targets at its own QoS, as those of a run are. */
    static boolean guarantees(Message message, List<MeshTarget> targets) {
        for (MeshTarget target : targets) {
            if (target.qos() < message.qos()) {
                return false;
            }
        }
        return true;
    }

    /** Adds a message of QoS 0 for each target. */
    void add(Message message, Route route, List<MeshTarget> targets) {
        boolean gathers = isGathering() || flushesLater();
        byte[] body = PublishCodec.isBare(message) ? null : PublishCodec.encode(message);
        ByteBuf payload = message.payload();
        int payloadBytes = payload.readableBytes();
        for (MeshTarget target : targets) {
            PublishRun run = run(target.peer(), route.remoteVersion());
            if (body == null) {
                int at = run.addBare(route.topic(), payloadBytes);
                payload.getBytes(payload.readerIndex(), run.array(), at, payloadBytes);
            } else {
                int at = run.add(route.topic(), body.length);
                System.arraycopy(body, 0, run.array(), at, body.length);
            }
            if (run.isFull()) {
                handOver(run);
            }
        }
        if (!gathers) {
            flush();
        }
    }

    /**
     * Adds a message of QoS 1 or 2 for each target.
     *
     * @param settled run, on any thread, once each of them has confirmed it or its copy is safe
     */
    void addGuaranteed(Message message, Route route, List<MeshTarget> targets, Runnable settled) {
        boolean gathers = isGathering() || flushesLater();
        byte[] body = PublishCodec.isPlain(message) ? null : PublishCodec.encode(message);
        int bodyBytes = body == null ? PublishCodec.plainBytes(message) : body.length;
        Runnable one = targets.size() == 1 ? settled : new Countdown(targets.size(), settled);
        for (MeshTarget target : targets) {
            GuaranteedRun run = guaranteedRun(target.peer(), message, route.remoteVersion());
            int at = run.add(route.topic(), bodyBytes);
            if (body == null) {
                PublishCodec.encodePlain(message, run.array(), at);
            } else {
                System.arraycopy(body, 0, run.array(), at, bodyBytes);
            }
            run.whenSettled(one);
            if (run.isFull()) {
                handOver(run);
            }
        }
        if (!gathers) {
            flush();
        }
    }

    private boolean isGathering() {
        return !open.isEmpty() || !openGuaranteed.isEmpty();
    }

    private PublishRun run(NodeId peer, long interestVersion) {
        PublishRun run = latest;
        if (run == null || !run.peer().equals(peer)) {
            run = open.get(peer);
        }
        if (run != null && run.interestVersion() != interestVersion) {
            handOver(run);
            run = null;
        }
        if (run == null) {
            GuaranteedRun before = openGuaranteed.get(peer);
            if (before != null) {
                handOver(before);
            }
            run = new PublishRun(peer, interestVersion, latestBytes);
            open.put(peer, run);
        }
        latest = run;
        return run;
    }

    private GuaranteedRun guaranteedRun(NodeId peer, Message message, long interestVersion) {
        GuaranteedRun run = openGuaranteed.get(peer);
        if (run != null
                && (run.interestVersion() != interestVersion
                        || run.qos() != message.qos()
                        || !run.topic().equals(message.topic()))) {
            handOver(run);
            run = null;
        }
        if (run == null) {
            PublishRun before = open.get(peer);
            if (before != null) {
                handOver(before);
            }
            run = new GuaranteedRun(peer, interestVersion, message.topic(), message.qos(), latestBytes);
            openGuaranteed.put(peer, run);
        }
        return run;
    }

    private void handOver(PublishRun run) {
        open.remove(run.peer());
        latest = null;
        send(run);
    }

    private void handOver(GuaranteedRun run) {
        openGuaranteed.remove(run.peer());
        send(run);
    }

    private void send(PublishRun run) {
        latestBytes = run.size();
        mesh.publish(run);
    }

    private void send(GuaranteedRun run) {
        latestBytes = run.size();
        run.end();
        mesh.publish(run);
    }

    /** Not while the loop closes: then nothing can wait. */
    private boolean flushesLater() {
        try {
            loop.execute(this::flush);
            return true;
        } catch (RejectedExecutionException closing) {
            return false;
        }
    }

    /** Hands everything over: before anything that must not overtake it, and at the end of the turn. */
    void flush() {
        if (!open.isEmpty()) {
            open.values().forEach(this::send);
            open.clear();
            latest = null;
        }
        if (!openGuaranteed.isEmpty()) {
            openGuaranteed.values().forEach(this::send);
            openGuaranteed.clear();
        }
    }
}
