package io.meshvine.mesh.link;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the peers that a publish waits for, and runs its callback once when none is left. Confined to the bridge loop.
 */
public final class Settlement {
    private static final Logger LOG = LoggerFactory.getLogger(Settlement.class);

    private final Runnable settled;
    private int waiting;

    /**
     * @param waiting the number of peers
     */
    public Settlement(int waiting, Runnable settled) {
        this.waiting = waiting;
        this.settled = settled;
    }

    /** Runs a callback of somebody else: it cannot harm the loop. */
    public static void run(Runnable callback) {
        try {
            callback.run();
        } catch (RuntimeException failed) {
            LOG.error("a callback of the mesh failed: {}", callback, failed);
        }
    }

    /** One peer less to wait for. */
    public void settleOne() {
        waiting--;
        if (waiting == 0) {
            run(settled);
        }
    }
}
