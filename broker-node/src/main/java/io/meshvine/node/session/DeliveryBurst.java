package io.meshvine.node.session;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Deliveries of one thread to any number of sessions, gathered so that each session is handed all of its own at once:
 * one step into its mailbox instead of one for each message. Confined to the thread.
 */
final class DeliveryBurst {

    private final SlowSessions slow;
    private final IdentityHashMap<ClientSession, Share> shares = new IdentityHashMap<>();
    private @Nullable Share latest;

    DeliveryBurst(SlowSessions slow) {
        this.slow = slow;
    }

    /** What one session is to get, in order. */
    static final class Share {
        private final ClientSession session;
        private List<Entry> entries = new ArrayList<>();
        private int messages;
        private long bytes;
        private boolean acknowledged;

        private Share(ClientSession session) {
            this.session = session;
        }

        private void handOver(SlowSessions slow) {
            List<Entry> all = entries;
            if (!all.isEmpty()) {
                session.takeAll(all, messages, bytes);
                if (acknowledged) {
                    slow.onDelivered(session);
                }
                entries = new ArrayList<>();
                messages = 0;
                bytes = 0;
                acknowledged = false;
            }
        }
    }

    /** Gathers a delivery that the session does not refuse at the moment. */
    void add(ClientSession session, Delivery delivery) {
        Share share = share(session);
        Message message = delivery.message().retain();
        share.entries.add(new Entry(delivery));
        share.messages += message.count();
        share.bytes += message.footprint();
        share.acknowledged |= delivery.qos() > 0;
    }

    private Share share(ClientSession session) {
        Share share = latest;
        if (share == null || share.session != session) {
            share = shares.computeIfAbsent(session, Share::new);
            latest = share;
        }
        return share;
    }

    /** Hands over what one session is to get, before something that must not overtake it. */
    void handOver(ClientSession session) {
        Share share = shares.get(session);
        if (share != null) {
            share.handOver(slow);
        }
    }

    /** The session was given something by itself. */
    void onDelivered(ClientSession session) {
        slow.onDelivered(session);
    }

    /** Hands everything over. */
    void handOver() {
        shares.values().forEach(share -> share.handOver(slow));
        shares.clear();
        latest = null;
    }
}
