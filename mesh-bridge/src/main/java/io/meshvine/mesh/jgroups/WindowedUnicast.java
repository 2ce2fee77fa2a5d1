package io.meshvine.mesh.jgroups;

import java.util.function.Consumer;
import org.jgroups.Address;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.UNICAST4;

/**
 * UNICAST4 that tells how much a peer has not acknowledged yet. A sender that meets a full UNICAST4 window is blocked
 * until the peer answers or is left out, which can take as long as the failure detection; knowing the fill in advance,
 * {@link PeerWindow} never sends into a full one.
 */
final class WindowedUnicast extends UNICAST4 {

    /** Messages in the window of one peer; ours end far below, the rest is for JGroups' own. */
    static final int WINDOW_MESSAGES = 2048;

    /** The receiver acknowledges after so many messages, or after the retransmit interval. */
    private static final int ACK_AFTER = 16;

    private volatile Consumer<Address> onAcknowledged = peer -> {};

    WindowedUnicast() {
        setId(ClassConfigurator.getProtocolId(UNICAST4.class));
        capacity(WINDOW_MESSAGES);
        ackThreshold(ACK_AFTER);
    }

    /** Whom to tell, on a transport thread, that a peer acknowledged something. */
    void onAcknowledged(Consumer<Address> listener) {
        onAcknowledged = listener;
    }

    /** Messages sent to a peer and not acknowledged. Any thread. */
    int unacknowledged(Address peer) {
        SenderEntry entry = send_table.get(peer);
        if (entry == null) {
            return 0;
        }
        var window = entry.buf();
        window.lock().lock();
        try {
            return (int) (window.high() - window.low());
        } finally {
            window.lock().unlock();
        }
    }

    /** The number of the last message that a peer acknowledged with all before it; 0 if there is none. Any thread. */
    long acknowledged(Address peer) {
        SenderEntry entry = send_table.get(peer);
        if (entry == null) {
            return 0;
        }
        var window = entry.buf();
        window.lock().lock();
        try {
            return window.low();
        } finally {
            window.lock().unlock();
        }
    }

    @Override
    protected void handleAckReceived(Address sender, long seqno, short connectionId, int timestamp) {
        super.handleAckReceived(sender, seqno, connectionId, timestamp);
        onAcknowledged.accept(sender);
    }
}
