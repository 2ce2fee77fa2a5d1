package io.meshvine.mesh.jgroups;

import java.io.DataInput;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jgroups.Address;
import org.jgroups.PhysicalAddress;
import org.jgroups.blocks.cs.Connection;
import org.jgroups.conf.ClassConfigurator;
import org.jgroups.protocols.TCP;
import org.jgroups.stack.IpAddress;

/**
 * TCP between members, so changed that a peer that does not read (stopped process, long pause) holds up nobody:
 * messages to all members go out on the lanes of {@link LaneBundler}, and connections to members that left are closed
 * off the thread that installs the view, softly at first, then hard. JGroups 5.5.7 blocks in both places until the
 * operating system gives up on the connection.
 */
final class MeshTcp extends TCP {

    /** Longest message of JGroups that is accepted; our frames are fragmented far below. */
    static final int MAX_MESSAGE_BYTES = 1 << 20;

    /** How long a connection may take to say goodbye. */
    private static final long SOFT_CLOSE_MILLIS = 500;

    private final LaneBundler lanes;
    private final ThreadLocal<byte[]> readBuffers = ThreadLocal.withInitial(() -> new byte[0]);

    MeshTcp(String threadName) {
        setId(ClassConfigurator.getProtocolId(TCP.class));
        setMaxLength(MAX_MESSAGE_BYTES);
        enableSuspectEvents(true);
        lanes = new LaneBundler(this, threadName);
        setBundler(lanes);
    }

    LaneBundler lanes() {
        return lanes;
    }

    /** The port that was bound. */
    int boundPort() {
        return ((IpAddress) srv.localAddress()).getPort();
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

    @Override
    public void retainAll(Collection<Address> members) {
        List<Connection> strangers = new ArrayList<>();
        srv.forAllConnections((address, connection) -> {
            if (!members.contains(address) && !is_member.test((PhysicalAddress) address)) {
                strangers.add(connection);
            }
        });
        strangers.forEach(this::closeWithinLimit);
    }

    /** Makes sure that closing the transport ends soon, even if a peer does not read. */
    void closeConnectionsLater() {
        srv.forAllConnections((address, connection) -> closeHardLater(connection));
    }

    private void closeWithinLimit(Connection connection) {
        closeHardLater(connection);
        if (!lanes.tryExecute(() -> srv.removeConnectionIfPresent(connection.peerAddress(), connection))) {
            log.debug("%s: no thread to close %s softly", getAddress(), connection);
        }
    }

    private void closeHardLater(Connection connection) {
        var unused = getTimer().schedule(() -> closeHard(connection), SOFT_CLOSE_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void closeHard(Connection connection) {
        try {
            connection.close(false);
        } catch (Exception closedAlready) {
            log.trace("%s: closing %s: %s", getAddress(), connection, closedAlready);
        }
    }
}
