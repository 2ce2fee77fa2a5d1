package io.meshvine.mesh.session;

import io.meshvine.mesh.EventLoop;
import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.wire.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;

/**
 * Waits until the publishes that peers have handed over for this node by now were taken over here. Whoever leaves is not
 * waited for, and nobody longer than a bound: what comes later is then a matter of the links alone. Confined to the
 * bridge loop.
 */
final class Flushes {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(2);

    private final EventLoop loop;
    private final Executor turns;
    private final LinkPositions links;
    private final BiConsumer<NodeId, Item> sender;
    private final long timeoutNanos;
    private final Map<Long, Waiting> waiting = new HashMap<>();
    private boolean looking;
    private long tickets;

    private static final class Waiting {
        final Set<NodeId> unanswered;
        final Map<NodeId, Position> positions = new HashMap<>();
        final long deadlineNanos;
        final Runnable flushed;

        Waiting(Collection<NodeId> peers, long deadlineNanos, Runnable flushed) {
            this.unanswered = new HashSet<>(peers);
            this.deadlineNanos = deadlineNanos;
            this.flushed = flushed;
        }
    }

    Flushes(EventLoop loop, Executor turns, LinkPositions links, BiConsumer<NodeId, Item> sender, Duration timeout) {
        this.loop = loop;
        this.turns = turns;
        this.links = links;
        this.sender = sender;
        this.timeoutNanos = timeout.toNanos();
    }

    void begin(Collection<NodeId> peers, Runnable flushed) {
        tickets++;
        waiting.put(tickets, new Waiting(peers, loop.nanoTime() + timeoutNanos, flushed));
        for (NodeId peer : peers) {
            sender.accept(peer, new Item.Flush(tickets));
        }
        look();
    }

    void onFlushed(NodeId peer, Item.Flushed item) {
        Waiting flush = waiting.get(item.ticket());
        if (flush != null && flush.unanswered.remove(peer)) {
            flush.positions.put(peer, item.position());
            look();
        }
    }

    void onInterrupted(NodeId peer) {
        for (Waiting flush : waiting.values()) {
            flush.unanswered.remove(peer);
            flush.positions.remove(peer);
        }
        look();
    }

    private void look() {
        long now = loop.nanoTime();
        List<Waiting> done = new ArrayList<>();
        waiting.values().removeIf(flush -> {
            flush.positions.entrySet().removeIf(each -> links.isAccepted(each.getKey(), each.getValue()));
            boolean isDone = flush.unanswered.isEmpty() && flush.positions.isEmpty();
            if (isDone || now - flush.deadlineNanos >= 0) {
                done.add(flush);
                return true;
            }
            return false;
        });
        done.forEach(flush -> flush.flushed.run());
        if (!waiting.isEmpty() && !looking) {
            looking = true;
            loop.schedule(
                    LOOK_AGAIN,
                    () -> turns.execute(() -> {
                        looking = false;
                        look();
                    }));
        }
    }
}
