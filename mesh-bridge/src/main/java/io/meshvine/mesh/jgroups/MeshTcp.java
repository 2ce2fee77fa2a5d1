package io.meshvine.mesh.jgroups;

import java.io.DataInput;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jgroups.Address;
import org.jgroups.Message;
import org.jgroups.PhysicalAddress;
import org.jgroups.blocks.cs.Connection;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.BasicTCP;
import org.jgroups.protocols.TCP;
import org.jgroups.protocols.TpHeader;
import org.jgroups.util.AsciiString;
import org.jgroups.util.MessageBatch;
import org.jgroups.util.Util;
import org.jspecify.annotations.Nullable;

/**
 * TCP between members, on the wire the same as {@link TCP}, so made that a peer that does not read (stopped process,
 * long pause) holds up nobody: everything is sent on the lanes of {@link LaneBundler}, and connections are closed off
 * the thread that installs views, softly at first, then hard. JGroups 5.5.7 blocks in both places until the operating
 * system gives up on the connection.
 */
final class MeshTcp extends BasicTCP {

    /** Longest message of JGroups that is accepted; our frames are cut far below. */
    static final int MAX_MESSAGE_BYTES = 1 << 20;

    private static final int STREAM_BUFFER_BYTES = 64 << 10;

    /** How long a connection may take to say goodbye. */
    private static final long SOFT_CLOSE_MILLIS = 500;

    private final ForeignMeshes foreigners = new ForeignMeshes();
    private final LaneBundler lanes;
    private final ThreadLocal<byte[]> readBuffers = ThreadLocal.withInitial(() -> new byte[0]);
    private volatile @Nullable MeshServer server;

    MeshTcp(String threadName) {
        setId(ClassConfigurator.getProtocolId(TCP.class));
        setMaxLength(MAX_MESSAGE_BYTES);
        // A connection that breaks is the first sign of a dead process.
        enableSuspectEvents(true);
        lanes = new LaneBundler(this, threadName);
        setBundler(lanes);
        message_processing_policy = null; // Named, it would replace the one that is given.
        msgProcessingPolicy(new DirectFrames());
    }

    ForeignMeshes foreigners() {
        return foreigners;
    }

    LaneBundler lanes() {
        return lanes;
    }

    /** The port that was bound. */
    int boundPort() {
        MeshServer bound = server;
        if (bound == null) {
            throw new IllegalStateException("not bound");
        }
        return bound.port();
    }

    /** Whether an address, physical or logical, is that of a member of the current view. */
    boolean isMember(Address address) {
        return address instanceof PhysicalAddress physical ? is_member.test(physical) : members.contains(address);
    }

    /** Whether there is a connection on which a write need not wait for a connect. */
    boolean isConnectedTo(PhysicalAddress address) {
        MeshServer bound = server;
        return bound != null && bound.isConnectedTo(address);
    }

    @Override
    public void start() throws Exception {
        MeshServer bound = new MeshServer(
                getThreadFactory(),
                getSocketFactory(),
                bind_addr,
                bind_port,
                bind_port + port_range,
                external_addr,
                this::closeAside);
        bound.setBufferedInputStreamSize(STREAM_BUFFER_BYTES).setBufferedOutputStreamSize(STREAM_BUFFER_BYTES);
        bound.peerAddressReadTimeout(peer_addr_read_timeout);
        bound.usePeerConnections(true)
                .receiver(this)
                .timeService(time_service)
                .socketConnectionTimeout(sock_conn_timeout)
                .tcpNodelay(tcp_nodelay)
                .linger(linger)
                .log(new ConnectionLog(MeshTcp.class))
                .logDetails(true)
                .addConnectionListener(this)
                .setMaxLength(max_length);
        server = bound;
        super.start();
    }

    @Override
    public void stop() {
        super.stop();
        Util.close(server);
    }

    @Override
    protected void handleConnect() throws Exception {
        server().start();
        connected = true;
        super.handleConnect();
    }

    @Override
    protected void handleDisconnect() {
        super.handleDisconnect();
        connected = false;
        server().stop();
    }

    @Override
    protected @Nullable PhysicalAddress getPhysicalAddress() {
        MeshServer bound = server;
        return bound == null ? null : (PhysicalAddress) bound.localAddress();
    }

    @Override
    public void send(Address destination, byte[] data, int offset, int length) throws Exception {
        server().send(destination, data, offset, length);
    }

    @Override
    protected void sendUnicasts(List<PhysicalAddress> destinations, byte[] data, int offset, int length) {
        byte[] message = Arrays.copyOfRange(data, offset, offset + length);
        for (PhysicalAddress destination : destinations) {
            lanes.sendBytes(destination, message);
        }
    }

    /** Takes a message off the wire as a whole, so that one that cannot be read does not garble the next. */
    @Override
    public void receive(Address sender, DataInput in, int length) throws Exception {
        byte[] buffer = readBuffers.get();
        if (buffer.length < length) {
            buffer = new byte[Math.max(length, Math.min(2 * buffer.length, MAX_MESSAGE_BYTES))];
            readBuffers.set(buffer);
        }
        in.readFully(buffer, 0, length);
        receive(sender, buffer, 0, length);
    }

    /** What came in on a socket of this member is meant for it, by whichever of its addresses it was sent. */
    @Override
    public boolean unicastDestMismatch(Address destination) {
        return !(destination instanceof PhysicalAddress) && super.unicastDestMismatch(destination);
    }

    @Override
    public void passMessageUp(Message message, boolean matchCluster, boolean multicast, boolean discardOwn) {
        TpHeader header = message.getHeader(id);
        byte[] name = header == null ? null : header.clusterName();
        if (matchCluster && name != null && cluster_name != null && !cluster_name.equals(name)) {
            foreigners.met(new AsciiString(name).toString());
        } else {
            super.passMessageUp(message, false, multicast, discardOwn);
        }
    }

    @Override
    public void passBatchUp(MessageBatch batch, boolean matchCluster, boolean discardOwn) {
        if (matchCluster && cluster_name != null && !cluster_name.equals(batch.clusterName())) {
            foreigners.met(String.valueOf(batch.clusterName()));
        } else {
            super.passBatchUp(batch, false, discardOwn);
        }
    }

    @Override
    public void retainAll(Collection<Address> members) {
        server().retainAll(members, is_member);
    }

    @Override
    public String printConnections() {
        return server().printConnections();
    }

    @Override
    public MeshTcp clearConnections(boolean graceful) {
        server().clearConnections(graceful);
        return this;
    }

    /** Gives up the connection to a member, if there is one: the next message makes a new one. */
    void renewConnection(Address member) {
        PhysicalAddress address = getPhysicalAddressFromCache(member);
        if (address != null) {
            server().giveUp(address);
        }
    }

    /** Makes sure that closing the transport ends soon, even if a peer does not read. */
    void closeConnectionsLater() {
        server().forAllConnections((address, connection) -> closeHardLater(connection));
    }

    private MeshServer server() {
        MeshServer bound = server;
        if (bound == null) {
            throw new IllegalStateException("not started");
        }
        return bound;
    }

    private void closeAside(Connection connection) {
        closeHardLater(connection);
        if (!lanes.tryExecute(() -> Util.close(connection))) {
            closeHard(connection);
        }
    }

    private void closeHardLater(Connection connection) {
        var unused = getTimer().schedule(() -> closeHard(connection), SOFT_CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void closeHard(Connection connection) {
        try {
            connection.close(false);
        } catch (IOException closedAlready) {
            log.trace("%s: closing %s: %s", getAddress(), connection, closedAlready);
        }
    }
}
