package io.meshvine.mesh.jgroups;

import java.io.IOException;
import org.jgroups.logging.Slf4jLogImpl;

/**
 * The log of connections. JGroups takes it for an error if a connection that it closes was closed by the peer, or is
 * closed while it reads; that is how connections end, and views tell who is gone.
 */
final class ConnectionLog extends Slf4jLogImpl {

    private static final String GOODBYE_UNHEARD = "%s: failed sending graceful close";

    ConnectionLog(Class<?> owner) {
        super(owner);
    }

    @Override
    public void error(String format, Object... arguments) {
        if (format.startsWith(GOODBYE_UNHEARD)) {
            debug(format, arguments);
        } else {
            super.error(format, arguments);
        }
    }

    @Override
    public void warn(String message, Throwable thrown) {
        if (thrown instanceof IOException) {
            debug("%s: %s", message, thrown);
        } else {
            super.warn(message, thrown);
        }
    }
}
