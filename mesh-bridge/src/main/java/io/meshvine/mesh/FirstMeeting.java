package io.meshvine.mesh;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * The first moments among others: a node agrees with nobody before all that it found have introduced themselves, or some
 * time is over. One of them may be who this node is a copy of, and then nobody should have met it. Confined to the bridge
 * loop.
 */
final class FirstMeeting {

    private static final long PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

    private final EventLoop clock;
    private final Set<PeerAddress> unheard = new HashSet<>();
    private boolean begun;
    private boolean over;
    private long begunNanos;

    FirstMeeting(EventLoop clock) {
        this.clock = clock;
    }

    void onView(Set<PeerAddress> view, PeerAddress own) {
        if (!begun && view.size() > 1) {
            begun = true;
            begunNanos = clock.nanoTime();
            unheard.addAll(view);
            unheard.remove(own);
        }
        unheard.retainAll(view);
    }

    void heard(PeerAddress from) {
        unheard.remove(from);
    }

    boolean isOver() {
        over |= begun && (unheard.isEmpty() || clock.nanoTime() - begunNanos >= PATIENCE_NANOS);
        return over;
    }
}
