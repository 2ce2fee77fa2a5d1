package io.meshvine.node.routing;

import java.time.Duration;

/** Port: who looks after the wills of this node's clients when the node is gone. Any thread, in order per client. */
public interface WillGuard {

    /** Nobody does. */
    WillGuard NONE = new WillGuard() {
        @Override
        public void arm(String clientId, byte[] will, Duration delay) {}

        @Override
        public void delayed(String clientId, Duration delay) {}

        @Override
        public void release(String clientId) {}

        @Override
        public void connected(String clientId) {}
    };

    /**
     * A client has a will.
     *
     * @param will in the form of {@link WillCodec}
     * @param delay from the loss of the connection on
     */
    void arm(String clientId, byte[] will, Duration delay);

    /** Its client is lost, and the delay begins. */
    void delayed(String clientId, Duration delay);

    /** It is void, or about to be published by this node. */
    void release(String clientId);

    /** A client connected, with or without a will. */
    void connected(String clientId);
}
