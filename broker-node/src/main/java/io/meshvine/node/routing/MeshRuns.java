package io.meshvine.node.routing;

import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.PublishRun;
import io.meshvine.node.session.Message;
import io.meshvine.node.session.PublishCodec;
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
        int bareBytes = PublishCodec.bareBodyBytes(message);
        byte[] body = bareBytes < 0 ? PublishCodec.encode(message) : null;
        for (MeshTarget target : targets) {
            PublishRun run = run(target.peer(), route.remoteVersion());
            if (body == null) {
                int at = run.add(route.topic(), bareBytes);
                PublishCodec.encodeBare(message, run.array(), at);
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
            run = new PublishRun(peer, interestVersion);
            open.put(peer, run);
        }
        latest = run;
        return run;
    }

    private void handOver(PublishRun run) {
        open.remove(run.peer());
        latest = null;
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
            open.values().forEach(mesh::publish);
            open.clear();
            latest = null;
        }
    }
}
