package io.meshvine.node.front;

import io.netty.channel.Channel;
import java.util.EnumSet;
import java.util.Set;

/** Reasons not to read from a connection: while there is any, nothing is read. Any thread. */
final class ReadPauses {

    /** Why nothing is read. */
    enum Cause {
        /** What comes behind CONNECT waits for the session. */
        CONNECTING,
        /** Too many publishes of this client are not settled yet. */
        UNSETTLED,
        /** The client does not take what is written to it. */
        UNREAD,
        /** The way onward is full: a peer of the mesh takes no more. */
        CONGESTED
    }

    private final Channel channel;
    private final Set<Cause> causes = EnumSet.noneOf(Cause.class); // Confined to the loop.

    ReadPauses(Channel channel) {
        this.channel = channel;
    }

    void pause(Cause cause) {
        if (!channel.eventLoop().inEventLoop()) {
            channel.eventLoop().execute(() -> pause(cause));
        } else if (causes.add(cause)) {
            channel.config().setAutoRead(false);
        }
    }

    void resume(Cause cause) {
        if (!channel.eventLoop().inEventLoop()) {
            channel.eventLoop().execute(() -> resume(cause));
        } else if (causes.remove(cause) && causes.isEmpty()) {
            channel.config().setAutoRead(true);
        }
    }

    /** Whether this node, not the client, is why nothing arrives. On the loop. */
    boolean holdsUpClient() {
        return causes.contains(Cause.UNSETTLED)
                || causes.contains(Cause.CONGESTED)
                || causes.contains(Cause.CONNECTING);
    }
}
