package io.meshvine.node.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the node finds and talks to its peers.
 *
 * @param name meshes with different names never merge
 * @param bind where the node listens for its peers; off: a node on its own
 * @param portRange how many ports after that of {@code bind} may be taken instead; 0 if the operator chose the port
 * @param advertisedHost where peers reach the node, if not where it listens
 * @param discovery how peers are found
 * @param seeds peers to ask first; not empty exactly if discovery is static
 * @param dnsQuery name that resolves to the peers; present exactly if discovery is dns
 * @param allowInsecure whether traffic between nodes may leave this host without encryption
 * @param subscribeConfirmTimeout how long a SUBACK waits for the peers to know the new route
 * @param spillAfter how long a peer may take to confirm a publish before the node keeps it and acknowledges
 * @param maxFrameSize size up to which publishes are batched into one frame, bytes
 * @param maxPublishSize largest publish that is forwarded: all that a client may send here, and somewhat more
 * @param linkWindow bytes in memory for one peer that are queued or not confirmed; more goes to disk
 * @param flightWindow bytes sent to one peer that it has not consumed
 * @param digestInterval how often peers compare what they know of each other
 * @param peerTimeout a peer that was silent for so long is taken for gone
 * @param outboxMaxSize bytes on disk for one peer that is absent or slow
 * @param outboxRetention how long publishes are kept for an absent peer
 * @param tombstoneLife how long a deleted retained message is remembered
 * @param sessionPatience how long peers wait at a stretch for a client that reads too slowly; zero for not at all
 */
public record MeshConfig(
        String name,
        Listener bind,
        int portRange,
        @Nullable String advertisedHost,
        Discovery discovery,
        List<HostPort> seeds,
        @Nullable String dnsQuery,
        boolean allowInsecure,
        Duration subscribeConfirmTimeout,
        Duration spillAfter,
        int maxFrameSize,
        int maxPublishSize,
        long linkWindow,
        long flightWindow,
        Duration digestInterval,
        Duration peerTimeout,
        long outboxMaxSize,
        Duration outboxRetention,
        Duration tombstoneLife,
        Duration sessionPatience) {

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
