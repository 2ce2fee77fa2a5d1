package io.meshvine.node.front;

import io.netty.channel.Channel;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reasons not to read from a connection: while there is any, nothing is read. Confined to the loop, but for {@link #resume}. */
final class ReadPauses {

    private static final Logger LOG = LoggerFactory.getLogger(ReadPauses.class);

    /** Why nothing is read. */
    enum Cause {
        /** What comes behind CONNECT waits for the session. */
        CONNECTING,
        /** Too many publishes of this client are not settled yet. */
        UNSETTLED,
        /** The client does not take what is written to it. */
        UNREAD,
        /** The way onward is full: a peer of the mesh takes no more. */
        CONGESTED,
        /** The client publishes faster than it may. */
        RATE,
        /** The store has much to write already: it is slow, or cannot write at present. */
        UNWRITTEN
    }

    private final Channel channel;
    private final Set<Cause> causes = EnumSet.noneOf(Cause.class);

    ReadPauses(Channel channel) {
        this.channel = channel;
    }

    /** On the loop; false if that was a reason already. */
    boolean pause(Cause cause) {
        boolean added = causes.add(cause);
        if (added) {
            channel.config().setAutoRead(false);
        }
        return added;
    }

    /** Any thread. */
    void resume(Cause cause) {
        if (!channel.eventLoop().inEventLoop()) {
            try {
                channel.eventLoop().execute(() -> resume(cause));
            } catch (RejectedExecutionException e) {
                LOG.debug("connection outlived its loop", e);
            }
        } else if (causes.remove(cause) && causes.isEmpty()) {
            channel.config().setAutoRead(true);
        }
    }

    /** Whether this node, not the client, is why nothing arrives. On the loop. */
    boolean holdsUpClient() {
        return causes.contains(Cause.UNSETTLED)
                || causes.contains(Cause.CONGESTED)
                || causes.contains(Cause.UNWRITTEN)
                || causes.contains(Cause.RATE)
                || causes.contains(Cause.CONNECTING);
    }
}
