package io.meshvine.node.routing;

import io.meshvine.mesh.MeshTarget;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.GuaranteedRun;
import io.meshvine.mesh.wire.PublishRun;
import io.meshvine.mesh.wire.Run;
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
 * Targets are gone through by index, as an iterator for each message would show.
 */
final class MeshRuns {
    private static final int EXPECTED_BYTES = 1 << 10;

    private final Executor loop;
    private final MeshGate mesh;
    private final Map<NodeId, Run> open = new LinkedHashMap<>();
    private @Nullable Run latest;
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
        for (int i = 0; i < targets.size(); i++) {
            if (targets.get(i).qos() < message.qos()) {
                return false;
            }
        }
        return true;
    }

    /** Adds a message of QoS 0 for each target. */
    void add(Message message, Route route, List<MeshTarget> targets) {
        boolean gathers = !open.isEmpty() || flushesLater();
        byte[] body = PublishCodec.isBare(message) ? null : PublishCodec.encode(message);
        ByteBuf payload = message.payload();
        int payloadBytes = payload.readableBytes();
        for (int i = 0; i < targets.size(); i++) {
            PublishRun run = run(targets.get(i).peer(), route.remoteVersion());
            if (body == null) {
                int at = run.addBare(route.topic(), payloadBytes);
                payload.getBytes(payload.readerIndex(), run.array(), at, payloadBytes);
            } else {
                int at = run.add(route.topic(), body.length);
                System.arraycopy(body, 0, run.array(), at, body.length);
            }
            onAdded(run);
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
        boolean gathers = !open.isEmpty() || flushesLater();
        byte[] body = PublishCodec.isPlain(message) ? null : PublishCodec.encode(message);
        int bodyBytes = body == null ? PublishCodec.plainBytes(message) : body.length;
        Runnable one = targets.size() == 1 ? settled : new Countdown(targets.size(), settled);
        for (int i = 0; i < targets.size(); i++) {
            GuaranteedRun run = guaranteedRun(targets.get(i).peer(), message, route.remoteVersion());
            int at = run.add(route.topic(), bodyBytes);
            if (body == null) {
                PublishCodec.encodePlain(message, run.array(), at);
            } else {
                System.arraycopy(body, 0, run.array(), at, bodyBytes);
            }
            run.whenSettled(one);
            onAdded(run);
        }
        if (!gathers) {
            flush();
        }
    }

    private PublishRun run(NodeId peer, long interestVersion) {
        Run before = openFor(peer);
        if (before instanceof PublishRun run && run.interestVersion() == interestVersion) {
            return run;
        }
        return replace(before, new PublishRun(peer, interestVersion, latestBytes));
    }

    private GuaranteedRun guaranteedRun(NodeId peer, Message message, long interestVersion) {
        Run before = openFor(peer);
        if (before instanceof GuaranteedRun run
                && run.interestVersion() == interestVersion
                && run.qos() == message.qos()
                && run.topic().equals(message.topic())) {
            return run;
        }
        return replace(
                before, new GuaranteedRun(peer, interestVersion, message.topic(), message.qos(), latestBytes, loop));
    }

    private @Nullable Run openFor(NodeId peer) {
        Run run = latest;
        return run != null && run.peer().equals(peer) ? run : open.get(peer);
    }

    private <T extends Run> T replace(@Nullable Run before, T run) {
        if (before != null) {
            handOver(before);
        }
        open.put(run.peer(), run);
        latest = run;
        return run;
    }

    private void onAdded(Run run) {
        if (run.isFull()) {
            open.remove(run.peer());
            latest = null;
            handOver(run);
        }
    }

    private void handOver(Run run) {
        latestBytes = run.size();
        if (run instanceof GuaranteedRun) {
            run.end(); // It may be kept for long.
        }
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
        open.values().forEach(this::handOver);
        open.clear();
        latest = null;
    }
}
