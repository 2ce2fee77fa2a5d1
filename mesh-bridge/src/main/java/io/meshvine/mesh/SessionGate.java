package io.meshvine.mesh;

import io.meshvine.mesh.link.PeerLink;
import io.meshvine.mesh.wire.FrameHeader;
import java.time.Duration;
import java.util.Collection;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * What peers send passes here on its way to the local broker. While the broker is {@linkplain LocalBroker#isCrowded
 * crowded}, it is held, per link and in order, and counts as in flight: so the peers keep what comes behind it. Confined to
 * the bridge loop.
 *
 * <p>Slow clients must not hold up the others without end. What has not caught up when the patience is over, is given up
 * on. All waiting draws on a credit of six times the patience, which grows while everything passes, three times as fast
 * as time goes by. So however many slow clients there are, they delay the others by the credit, and beyond that leave
 * them a quarter of what the links can deliver.
 */
final class SessionGate {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(5);
    private static final int CREDIT_IN_PATIENCES = 6;
    private static final int CREDIT_GROWTH = 3;

    private final EventLoop loop;
    private final LocalBroker broker;
    private final MeshCounters counters;
    private final long patienceNanos;

    /** A peer that sends more than it may is not waited for. */
    private final long maxHeldBytes;

    private final Supplier<Collection<PeerLink>> links;
    private final BiConsumer<PeerLink, RuntimeException> onFailure;
    private boolean open = true;
    private long closedNanos;

    /** How long may be waited yet, as it was at a time when the gate was open. */
    private long creditNanos;

    private long creditedNanos;

    /**
     * @param links all links that may hold something
     * @param onFailure what is held may turn out to be wrong when it passes
     */
    SessionGate(
            MeshOptions options,
            EventLoop loop,
            LocalBroker broker,
            MeshCounters counters,
            Supplier<Collection<PeerLink>> links,
            BiConsumer<PeerLink, RuntimeException> onFailure) {
        this.loop = loop;
        this.broker = broker;
        this.counters = counters;
        this.patienceNanos = options.sessionPatience().toNanos();
        this.maxHeldBytes = options.flightWindowBytes() + options.maxPublishBytes();
        this.links = links;
        this.onFailure = onFailure;
        this.creditNanos = CREDIT_IN_PATIENCES * patienceNanos;
        this.creditedNanos = loop.nanoTime();
    }

    /**
     * Lets something pass as soon as it may, behind what the same link holds.
     *
     * @param size bytes that it counts for
     */
    void pass(PeerLink link, FrameHeader header, int size, Runnable task) {
        link.hold(header, size, task);
        release(link);
    }

    private void release(PeerLink link) {
        while (link.isHolding() && (open || link.heldBytes() > maxHeldBytes)) {
            try {
                link.release().run();
            } catch (RuntimeException wrong) {
                onFailure.accept(link, wrong);
            }
            look();
        }
    }

    private void look() {
        if (open && patienceNanos > 0 && broker.isCrowded() && hasCredit()) {
            open = false;
            closedNanos = loop.nanoTime();
            loop.schedule(LOOK_AGAIN, this::lookAgain);
        }
    }

    private boolean hasCredit() {
        long now = loop.nanoTime();
        long grown = creditNanos + CREDIT_GROWTH * (now - creditedNanos);
        creditNanos = Math.min(CREDIT_IN_PATIENCES * patienceNanos, grown);
        creditedNanos = now;
        return creditNanos >= patienceNanos;
    }

    private void lookAgain() {
        long waited = loop.nanoTime() - closedNanos;
        boolean crowded = broker.isCrowded();
        if (crowded && waited < patienceNanos) {
            loop.schedule(LOOK_AGAIN, this::lookAgain);
            return;
        }
        if (crowded) {
            broker.giveUpWaiting();
        }
        counters.countWaited(waited, crowded);
        creditNanos -= waited;
        creditedNanos = loop.nanoTime();
        open = true;
        links.get().forEach(this::release);
    }
}
