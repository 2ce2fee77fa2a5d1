package io.meshvine.node.moquette;

import io.meshvine.node.session.ClientSession;
import io.meshvine.node.session.Outlet;
import io.moquette.broker.MoquetteSeam;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Moquette, embedded: answers CONNECT, keeps connections alive, and attaches each client's session to its connection. It
 * runs on the event loops of the connections and has no thread, no timer and no store of its own. Any thread.
 */
public final class MoquetteEngine implements AutoCloseable {

    private final MoquetteSeam seam;

    /**
     * @param sessions the session that was opened for a client id before its CONNECT reaches the engine
     * @param outlets the connection behind a channel, for its session
     */
    public MoquetteEngine(Function<String, @Nullable ClientSession> sessions, Function<Channel, Outlet> outlets) {
        this.seam = new MoquetteSeam(UnusedStores.create(), sessions, outlets);
    }

    /** The last handler of any number of pipelines. */
    public ChannelHandler handler() {
        return seam.handler();
    }

    @Override
    public void close() {
        seam.close();
    }
}
