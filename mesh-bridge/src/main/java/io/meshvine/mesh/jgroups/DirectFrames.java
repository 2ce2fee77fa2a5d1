package io.meshvine.mesh.jgroups;

import org.jgroups.Message;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.UNICAST4;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.util.MaxOneThreadPerSender;
import org.jgroups.util.MessageBatch;

/**
 * Passes frames and their acknowledgements up on the thread that read them off the socket: the listener only leaves a
 * letter for the bridge, so that a hand-over to another thread would cost more than it spares. What JGroups says to
 * itself, which may take its time, goes to its pool as always.
 */
final class DirectFrames extends MaxOneThreadPerSender {
    private static final short UNICAST = ClassConfigurator.getProtocolId(UNICAST4.class);
    private static final short MEMBERSHIP = ClassConfigurator.getProtocolId(GMS.class);

    @Override
    public boolean process(Message message, boolean outOfBand) {
        if (!isFrame(message)) {
            return super.process(message, outOfBand);
        }
        try {
            tp.passMessageUp(message, true, false, true);
        } catch (RuntimeException failed) {
            log.error("a message of %s was not taken: %s", message.getSrc(), failed); // The connection goes on.
        }
        return true;
    }

    @Override
    public boolean process(MessageBatch batch, boolean outOfBand) {
        for (Message message : batch) {
            if (!isFrame(message)) {
                return super.process(batch, outOfBand);
            }
        }
        new BatchHandler(batch, false).run();
        return true;
    }

    private static boolean isFrame(Message message) {
        return message.getDest() != null && message.getHeader(UNICAST) != null && message.getHeader(MEMBERSHIP) == null;
    }
}
