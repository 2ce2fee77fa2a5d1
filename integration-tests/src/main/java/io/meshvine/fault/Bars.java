package io.meshvine.fault;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Limits of one scenario. Without exception hold: nothing lost or reordered, nothing at QoS 2 twice, no session lost, no
 * drop unexplained, retained messages alike, converged within ten seconds of the end of the fault.
 *
 * @param alwaysServes whether every node has to serve its own clients throughout
 * @param noticedWithin how soon the others have to notice the loss of a node; null where none is lost
 */
record Bars(boolean alwaysServes, @Nullable Duration noticedWithin) {
    static final Duration CONVERGENCE = Duration.ofSeconds(10);
    static final Duration WILL = Duration.ofSeconds(15);

    /** Publishers and receivers have their own rhythm: shorter gaps are none. */
    static final Duration GAP = Duration.ofSeconds(1);

    static final Duration CLOSED_SOCKET = Duration.ofSeconds(2);
    static final Duration SILENCE = Duration.ofSeconds(10);

    static Bars serving() {
        return new Bars(true, null);
    }

    static Bars servingAndNoticing(Duration within) {
        return new Bars(true, within);
    }

    static Bars noticing(Duration within) {
        return new Bars(false, within);
    }

    static Bars none() {
        return new Bars(false, null);
    }
}
