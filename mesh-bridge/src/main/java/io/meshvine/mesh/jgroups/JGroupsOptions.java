package io.meshvine.mesh.jgroups;

import java.net.InetAddress;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link JGroupsTransport} has to know.
 *
 * @param clusterName name of the mesh; members of other names are never merged
 * @param logicalName display name of this member, for logs
 * @param bindAddress the interface to listen on; the wildcard address listens on all
 * @param bindPort TCP port, the only one a member listens on; 0 takes any free one
 * @param portRange how many ports after {@code bindPort} may be taken instead if it is in use; 0 insists on it
 * @param advertisedAddress where peers reach this member, if it is not {@code bindAddress} (wildcard, NAT); null
 *     advertises the bound address, and for the wildcard the first address of this host that is not a loopback
 * @param discovery how to find the others
 * @param resolver looks up names of seeds
 * @param joinTimeout how long a starting member looks for others before it goes ahead alone
 * @param peerTimeout a peer that was silent for so long is left out; a peer whose process died is noticed at once
 * @param windowBytes how much may be on its way to one peer before {@link JGroupsTransport#send} refuses more
 */
public record JGroupsOptions(
        String clusterName,
        String logicalName,
        InetAddress bindAddress,
        int bindPort,
        int portRange,
        @Nullable InetAddress advertisedAddress,
        Discovery discovery,
        NameResolver resolver,
        Duration joinTimeout,
        Duration peerTimeout,
        long windowBytes) {

    /** Default of {@code joinTimeout}. */
    public static final Duration DEFAULT_JOIN_TIMEOUT = Duration.ofMillis(500);

    /** Default of {@code peerTimeout}. */
    public static final Duration DEFAULT_PEER_TIMEOUT = Duration.ofSeconds(5);

    /** Default of {@code windowBytes}: 8 MiB. */
    public static final long DEFAULT_WINDOW_BYTES = 8L << 20;

    public JGroupsOptions {
        if (clusterName.isBlank()) {
            throw new IllegalArgumentException("the name of the mesh must not be empty");
        }
        if (bindPort < 0 || portRange < 0 || bindPort + portRange > Discovery.MAX_PORT) {
            throw new IllegalArgumentException("not a range of ports: " + bindPort + " and " + portRange + " more");
        }
        if (joinTimeout.toMillis() < 1 || peerTimeout.toMillis() < 2) {
            throw new IllegalArgumentException("timeouts must be positive: " + joinTimeout + ", " + peerTimeout);
        }
        if (windowBytes < 1) {
            throw new IllegalArgumentException("the window must not be empty: " + windowBytes);
        }
    }

    /** Any free port on the loopback address, and defaults for the rest. */
    public static JGroupsOptions defaults(String clusterName, String logicalName, Discovery discovery) {
        return new JGroupsOptions(
                clusterName,
                logicalName,
                InetAddress.getLoopbackAddress(),
                0,
                0,
                null,
                discovery,
                NameResolver.SYSTEM,
                DEFAULT_JOIN_TIMEOUT,
                DEFAULT_PEER_TIMEOUT,
                DEFAULT_WINDOW_BYTES);
    }

    /** The same, listening on that address and port, or the next {@code range} ports. */
    public JGroupsOptions withBind(InetAddress address, int port, int range) {
        return new JGroupsOptions(
                clusterName,
                logicalName,
                address,
                port,
                range,
                advertisedAddress,
                discovery,
                resolver,
                joinTimeout,
                peerTimeout,
                windowBytes);
    }

    /** The same, telling peers that address. */
    public JGroupsOptions withAdvertisedAddress(InetAddress address) {
        return new JGroupsOptions(
                clusterName,
                logicalName,
                bindAddress,
                bindPort,
                portRange,
                address,
                discovery,
                resolver,
                joinTimeout,
                peerTimeout,
                windowBytes);
    }

    /** The same, looking up names there. */
    public JGroupsOptions withResolver(NameResolver nameResolver) {
        return new JGroupsOptions(
                clusterName,
                logicalName,
                bindAddress,
                bindPort,
                portRange,
                advertisedAddress,
                discovery,
                nameResolver,
                joinTimeout,
                peerTimeout,
                windowBytes);
    }

    /** The same with other timeouts. */
    public JGroupsOptions withTimeouts(Duration join, Duration peer) {
        return new JGroupsOptions(
                clusterName,
                logicalName,
                bindAddress,
                bindPort,
                portRange,
                advertisedAddress,
                discovery,
                resolver,
                join,
                peer,
                windowBytes);
    }

    /** The same with another window per peer. */
    public JGroupsOptions withWindowBytes(long bytes) {
        return new JGroupsOptions(
                clusterName,
                logicalName,
                bindAddress,
                bindPort,
                portRange,
                advertisedAddress,
                discovery,
                resolver,
                joinTimeout,
                peerTimeout,
                bytes);
    }
}
