package io.meshvine.node.routing;

import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
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
 * What one event loop publishes to peers at QoS 0, gathered for the rest of its turn: so the bridge is handed a few runs
 * instead of a thousand publishes. Confined to that loop.
 */
final class MeshRuns {
    private final Executor loop;
    private final MeshGate mesh;
    private final Map<NodeId, PublishRun> open = new LinkedHashMap<>();
    private @Nullable PublishRun latest;
    private int latestBytes;

    MeshRuns(Executor loop, MeshGate mesh) {
        this.loop = loop;
        this.mesh = mesh;
    }

    /** Whether a message may go in a run: nobody waits for it, nothing about it changes on the way, and it is small. */
    static boolean takes(Message message, Route route) {
        return message.qos() == 0
                && !message.isRetain()
                && !message.canExpire()
                && PublishRun.takes(route.topic().length, message.payload().readableBytes());
    }

    /** Adds a message for each target. */
    void add(Message message, Route route, List<MeshTarget> targets) {
        boolean gathers = !open.isEmpty() || flushesLater();
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
            run = new PublishRun(peer, interestVersion, latestBytes);
            open.put(peer, run);
        }
        latest = run;
        return run;
    }

    private void handOver(PublishRun run) {
        open.remove(run.peer());
        latest = null;
        latestBytes = run.size();
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
            for (PublishRun run : open.values()) {
                latestBytes = run.size();
                mesh.publish(run);
            }
            open.clear();
            latest = null;
        }
    }
}
