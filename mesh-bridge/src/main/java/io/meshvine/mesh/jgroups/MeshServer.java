package io.meshvine.mesh.jgroups;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jgroups.Address;
import org.jgroups.PhysicalAddress;
import org.jgroups.blocks.cs.Connection;
import org.jgroups.blocks.cs.TcpServer;
import org.jgroups.stack.IpAddress;
import org.jgroups.util.SocketFactory;
import org.jgroups.util.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * The connections of a member. Differs from {@link TcpServer} where that one gets stuck: a connection is never closed
 * on the calling thread (a peer that does not read would hold it up), and a peer that connects anew replaces its older
 * connection (it may have come by another address of ours, or its host restarted), where JGroups goes on to refuse it.
 */
final class MeshServer extends TcpServer {

    private final Set<Connection> accepted = ConcurrentHashMap.newKeySet();
    private final Consumer<Connection> closer;

    /**
     * Binds the port and does not accept yet.
     *
     * @param closer closes a connection without holding up its caller
     */
    MeshServer(
            ThreadFactory threads,
            SocketFactory sockets,
            InetAddress bindAddress,
            int firstPort,
            int lastPort,
            @Nullable InetAddress advertised,
            Consumer<Connection> closer)
            throws Exception {
        super(threads, sockets, bindAddress, firstPort, lastPort, advertised, 0, 0);
        this.closer = closer;
    }

    int port() {
        return ((IpAddress) localAddress()).getPort();
    }

    /** Whether a connection to that peer is established. */
    boolean isConnectedTo(Address peer) {
        Connection connection = conns.get(peer);
        return connection != null && connection.isConnected();
    }

    @Override
    public void handleIncomingConnection(Address peer, Connection connection) throws Exception {
        Connection older = conns.get(peer);
        if (older != null && accepted.contains(older)) {
            // Ours are left alone: if both connected at the same moment, both keep the same one.
            conns.remove(peer, older);
            close(older);
        }
        accepted.add(connection);
        super.handleIncomingConnection(peer, connection);
    }

    /** Closes the connection to a peer, if there is one. */
    void giveUp(Address peer) {
        Connection connection = conns.remove(peer);
        if (connection != null) {
            close(connection);
        }
    }

    @Override
    public void replaceConnection(Address peer, Connection connection) {
        Connection older = conns.put(peer, connection);
        if (older != null) {
            close(older);
        }
    }

    @Override
    public void notifyConnectionClosed(Connection connection) {
        accepted.remove(connection);
        Connection current = conns.get(connection.peerAddress());
        if (current == null || current == connection) {
            super.notifyConnectionClosed(connection);
        }
        // Otherwise it was replaced, which says nothing about the peer.
    }

    @Override
    public void retainAll(Collection<Address> members, Predicate<PhysicalAddress> isMember) {
        List<Address> strangers = new ArrayList<>();
        for (Address peer : conns.keySet()) {
            if (!members.contains(peer) && !isMember.test((PhysicalAddress) peer)) {
                strangers.add(peer);
            }
        }
        for (Address stranger : strangers) {
            Connection connection = conns.remove(stranger);
            if (connection != null) {
                close(connection);
            }
        }
        locks.keySet().removeAll(strangers);
    }

    private void close(Connection connection) {
        accepted.remove(connection);
        closer.accept(connection);
    }
}
