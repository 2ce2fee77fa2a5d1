package io.meshvine.mesh.session;

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
import java.util.function.Consumer;

/**
 * Waits until nodes know that a session is at home elsewhere, and until what they had forwarded to this node before was
 * taken over here: so nothing comes for the session any more that does not go to its new home. Who leaves or stays behind
 * for too long is named. The other side is here too: the answers to peers who ask that. Confined to the bridge loop.
 */
final class Flushes {
    private static final long FIRST_LOOK_MILLIS = 2;
    private static final long LAST_LOOK_MILLIS = 256;

    private final DirectoryParts parts;
    private final LinkPositions links;
    private final Map<Long, Waiting> waiting = new HashMap<>();
    private final List<Question> unanswered = new ArrayList<>();
    private boolean looking;
    private long lookMillis = FIRST_LOOK_MILLIS;
    private long tickets;

    private record Question(NodeId from, Item.Flush item) {}

    private static final class Waiting {
        final Set<NodeId> unanswered;
        final Set<NodeId> left = new HashSet<>();
        final Map<NodeId, Position> positions = new HashMap<>();
        final long deadlineNanos;
        final Consumer<Set<NodeId>> done;

        Waiting(Collection<NodeId> nodes, long deadlineNanos, Consumer<Set<NodeId>> done) {
            this.unanswered = new HashSet<>(nodes);
            this.deadlineNanos = deadlineNanos;
            this.done = done;
        }

        Set<NodeId> behind() {
            left.addAll(unanswered);
            left.addAll(positions.keySet());
            return left;
        }
    }

    Flushes(DirectoryParts parts, LinkPositions links) {
        this.parts = parts;
        this.links = links;
    }

    /**
     * Asks nodes, this one may be among them.
     *
     * @param home where the session is at home
     * @param interest of that node, as subscribed to what the session wants
     * @param done run with the nodes that did not get so far
     */
    void begin(Collection<NodeId> nodes, NodeId home, Position interest, Duration timeout, Consumer<Set<NodeId>> done) {
        Item.Flush question = new Item.Flush(++tickets, home, interest);
        lookMillis = FIRST_LOOK_MILLIS;
        long deadline = parts.loop.nanoTime() + timeout.toNanos();
        waiting.put(question.ticket(), new Waiting(nodes, deadline, done));
        for (NodeId node : nodes) {
            if (node.equals(parts.self)) {
                onFlush(node, question);
            } else {
                parts.peers.send(node, question);
            }
        }
        look();
    }

    void onFlushed(NodeId node, Item.Flushed item) {
        Waiting flush = waiting.get(item.ticket());
        if (flush != null && flush.unanswered.remove(node)) {
            flush.positions.put(node, item.position());
            lookMillis = FIRST_LOOK_MILLIS;
            look();
        }
    }

    /** A node asks: it is answered once this one knows the interest, and what it routed before is on the link. */
    void onFlush(NodeId from, Item.Flush item) {
        if (links.interest(item.home()).compareTo(item.interest()) < 0) {
            unanswered.add(new Question(from, item));
            lookSoon();
        } else {
            parts.host.quiesce(() -> parts.turns.execute(() -> answer(from, item)));
        }
    }

    private void answer(NodeId to, Item.Flush item) {
        if (to.equals(parts.self)) {
            onFlushed(to, new Item.Flushed(item.ticket(), Position.NONE));
        } else {
            parts.peers.send(to, new Item.Flushed(item.ticket(), links.handedOver(to)));
        }
    }

    void onInterrupted(NodeId peer) {
        unanswered.removeIf(question -> question.from().equals(peer));
        for (Waiting flush : waiting.values()) {
            boolean asked = flush.unanswered.remove(peer);
            if (flush.positions.remove(peer) != null || asked) {
                flush.left.add(peer);
            }
        }
        look();
    }

    private void look() {
        List<Question> again = List.copyOf(unanswered);
        unanswered.clear();
        again.forEach(question -> onFlush(question.from(), question.item()));
        long now = parts.loop.nanoTime();
        List<Waiting> done = new ArrayList<>();
        waiting.values().removeIf(flush -> {
            flush.positions.entrySet().removeIf(each -> isHere(each.getKey(), each.getValue()));
            boolean isDone = flush.unanswered.isEmpty() && flush.positions.isEmpty();
            if (isDone || now - flush.deadlineNanos >= 0) {
                done.add(flush);
                return true;
            }
            return false;
        });
        done.forEach(flush -> flush.done.accept(flush.behind()));
        if (!waiting.isEmpty()) {
            lookSoon();
        }
    }

    private boolean isHere(NodeId node, Position position) {
        return node.equals(parts.self) || links.isAccepted(node, position);
    }

    private void lookSoon() {
        if (!looking) {
            looking = true;
            lookMillis = Math.min(2 * lookMillis, LAST_LOOK_MILLIS);
            parts.loop.schedule(
                    Duration.ofMillis(lookMillis),
                    () -> parts.turns.execute(() -> {
                        looking = false;
                        look();
                    }));
        }
    }
}
