package io.meshvine.mesh.jgroups;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jgroups.protocols.FD_ALL3;
import org.jgroups.protocols.FRAG4;
import org.jgroups.protocols.NAKACK4;
import org.jgroups.protocols.VERIFY_SUSPECT2;
import org.jgroups.protocols.pbcast.GMS;
import org.jgroups.stack.Protocol;

/**
 * The protocols of one member, bottom to top, with settings that were measured (docs/performance.md). No failure
 * detection socket: a connection that breaks is suspicion enough, so a member needs one port only.
 */
final class MeshStack {

    /** Longer frames are cut into so many bytes; less than the send buffer of a connection. */
    static final int FRAGMENT_BYTES = 60_000;

    private static final int MAX_POOL_THREADS = 200;
    private static final int CONNECT_TIMEOUT_MILLIS = 1000;
    private static final long RETRANSMIT_MILLIS = 200;
    private static final long VERIFY_SUSPECT_MILLIS = 500;
    private static final long LEAVE_MILLIS = 500;
    private static final long VIEW_ACK_MILLIS = 1000;

    /** Nobody can join while a merge waits for a coordinator that is busy with another merge. */
    private static final long MERGE_MILLIS = 1500;

    private static final int HEARTBEATS_PER_TIMEOUT = 5;

    private final List<Protocol> protocols = new ArrayList<>();
    private final MeshTcp tcp;
    private final WindowedUnicast unicast = new WindowedUnicast();

    MeshStack(JGroupsOptions options) {
        InetAddress ownAddress = ownAddress(options);
        tcp = transport(options, ownAddress);
        protocols.add(tcp);
        Discovery discovery = options.discovery();
        Path directory = null;
        if (discovery instanceof Discovery.Lan lan) {
            directory = HostDirectory.ofMesh(lan.directory(), options.clusterName());
            discovery = new Discovery.Lan(lan.firstPort(), lan.ports(), directory);
            if (!ownAddress.isLoopbackAddress()) {
                protocols.add(new LanPing(ownAddress, tcp.foreigners()));
            }
        }
        Candidates candidates = new Candidates(discovery, ownAddress, options.resolver());
        protocols.add(new SeedPing(candidates, directory));
        protocols.add(new QuickMerge());
        long peerTimeout = options.peerTimeout().toMillis();
        protocols.add(new FD_ALL3().setTimeout(peerTimeout).setInterval(peerTimeout / HEARTBEATS_PER_TIMEOUT));
        protocols.add(new VERIFY_SUSPECT2().setTimeout(VERIFY_SUSPECT_MILLIS));
        NAKACK4 multicast = new NAKACK4();
        // Messages of former members are met in each merge.
        multicast.useMcastXmit(false).logDiscardMessages(false);
        protocols.add(multicast);
        unicast.setXmitInterval(RETRANSMIT_MILLIS);
        protocols.add(unicast);
        protocols.add(membership(options));
        protocols.add(new FRAG4().setFragSize(FRAGMENT_BYTES));
    }

    List<Protocol> protocols() {
        return protocols;
    }

    MeshTcp tcp() {
        return tcp;
    }

    WindowedUnicast unicast() {
        return unicast;
    }

    private static MeshTcp transport(JGroupsOptions options, InetAddress ownAddress) {
        MeshTcp tcp = new MeshTcp("mesh-" + options.logicalName());
        tcp.setBindAddress(options.bindAddress());
        tcp.setBindPort(options.bindPort());
        tcp.setPortRange(options.portRange());
        if (!ownAddress.equals(options.bindAddress())) {
            tcp.setExternalAddr(ownAddress);
        }
        tcp.tcpNodelay(true);
        tcp.setSockConnTimeout(CONNECT_TIMEOUT_MILLIS);
        // Measured with platform threads; virtual ones would share carriers with the node's own work.
        tcp.useVirtualThreads(false);
        tcp.getThreadPool().setMaxThreads(MAX_POOL_THREADS);
        return tcp;
    }

    private static GMS membership(JGroupsOptions options) {
        return new GMS()
                .setJoinTimeout(options.joinTimeout().toMillis())
                .setLeaveTimeout(LEAVE_MILLIS)
                .setViewAckCollectionTimeout(VIEW_ACK_MILLIS)
                .setMergeTimeout(MERGE_MILLIS)
                .printLocalAddress(false);
    }

    /** Where peers reach this member. */
    private static InetAddress ownAddress(JGroupsOptions options) {
        InetAddress advertised = options.advertisedAddress();
        if (advertised != null) {
            return advertised;
        }
        InetAddress bound = options.bindAddress();
        return bound.isAnyLocalAddress() ? firstAddress(bound) : bound;
    }

    /** The first address of this host, of the family of the wildcard, that others can reach. */
    private static InetAddress firstAddress(InetAddress wildcard) {
        InetAddress fallback = InetAddress.getLoopbackAddress();
        try {
            for (NetworkInterface network : Collections.list(NetworkInterface.getNetworkInterfaces())) {
                if (!network.isUp() || network.isLoopback()) {
                    continue;
                }
                for (InetAddress address : Collections.list(network.getInetAddresses())) {
                    if (address.isLinkLocalAddress()) {
                        continue;
                    }
                    if (address.getClass() == wildcard.getClass()) {
                        return address;
                    }
                    fallback = address;
                }
            }
        } catch (SocketException unreadable) {
            throw new IllegalStateException("cannot list the interfaces of this host", unreadable);
        }
        return fallback;
    }
}
