package io.meshvine.node.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the node finds and talks to its peers.
 *
 * @param name meshes with different names never merge
 * @param bind where the node listens for its peers; off: a node on its own
 * @param discovery how peers are found
 * @param seeds peers to ask first; not empty exactly if discovery is static
 * @param dnsQuery name that resolves to the peers; present exactly if discovery is dns
 * @param allowInsecure whether traffic between nodes may leave this host without encryption
 * @param subscribeConfirmTimeout how long a SUBACK waits for the peers to know the new route
 * @param spillAfter how long a peer may take to confirm a publish before the node keeps it and acknowledges
 * @param maxFrameSize size up to which publishes are batched into one frame, bytes
 * @param linkWindow bytes sent to one peer and not yet confirmed
 * @param digestInterval how often peers compare what they know of each other
 */
public record MeshConfig(
        String name,
        Listener bind,
        Discovery discovery,
        List<HostPort> seeds,
        @Nullable String dnsQuery,
        boolean allowInsecure,
        Duration subscribeConfirmTimeout,
        Duration spillAfter,
        int maxFrameSize,
        long linkWindow,
        Duration digestInterval) {

    public MeshConfig {
        seeds = List.copyOf(seeds);
    }

    /** How peers are found. */
    public enum Discovery {
        /** Without configuration: on this host, or by multicast on one network. */
        LAN,
        /** By a list of seeds. */
        STATIC,
        /** By a name that resolves to all peers. */
        DNS
    }
}
