package io.meshvine.node.session;

import java.util.ArrayList;
import java.util.List;

/**
 * Sessions of connected clients for which more waits than they read at the moment: links wait for them, for some time.
 * Confined to the bridge loop.
 */
public final class SlowSessions {
    private final List<ClientSession> waitedFor = new ArrayList<>();

    /** A peer's publish of QoS 1 or 2 was delivered. */
    void onDelivered(ClientSession session) {
        if (session.isCrowded() && !session.isGivenUp() && !waitedFor.contains(session)) {
            waitedFor.add(session);
        }
    }

    /** Whether there is one that has not caught up. */
    public boolean any() {
        if (!waitedFor.isEmpty()) {
            waitedFor.removeIf(ClientSession::isRelaxed);
        }
        return !waitedFor.isEmpty();
    }

    /** Waits for none of them before it has caught up. */
    public void giveUp() {
        waitedFor.forEach(ClientSession::giveUp);
        waitedFor.clear();
    }
}
