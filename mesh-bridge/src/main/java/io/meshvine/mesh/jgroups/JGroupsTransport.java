package io.meshvine.mesh.jgroups;

import io.meshvine.mesh.MeshTransport;
import io.meshvine.mesh.PeerAddress;
import java.net.BindException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jgroups.Address;
import org.jgroups.BytesMessage;
import org.jgroups.JChannel;
import org.jgroups.Message;
import org.jgroups.Receiver;
import org.jgroups.View;
import org.jgroups.util.MessageBatch;
import org.jgroups.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mesh's transport over JGroups: TCP connections between all members, views, discovery, healing of splits.
 *
 * <p>Thread-safe. {@link #send} never waits: what a peer has not acknowledged is bounded by its window, and sockets are
 * written on lanes of their own. The listener is called on transport threads, frames of one peer one at a time.
 */
public final class JGroupsTransport implements MeshTransport {

    /** The longest frame, in bytes: 64 MiB of payload with all that is around it. Its fragments fit into JGroups' window. */
    public static final int MAX_FRAME_BYTES = 65 << 20;

    private static final Logger LOG = LoggerFactory.getLogger(JGroupsTransport.class);

    private static final long WRITABLE_CHECK_MILLIS = 250;
    private static final long NANOS_BETWEEN_WARNINGS = TimeUnit.SECONDS.toNanos(10);

    private final JGroupsOptions options;
    private final MeshStack stack;
    private final Map<PeerAddress, Peer> peers = new ConcurrentHashMap<>();
    private final LongAdder failedCallbacks = new LongAdder();
    private final LongAdder unexpectedMessages = new LongAdder();
    private final LongAdder renewedConnections = new LongAdder();
    private final AtomicLong lastWarningNanos = new AtomicLong(System.nanoTime() - NANOS_BETWEEN_WARNINGS);
    private volatile @Nullable Member member;

    /** A transport that has not joined yet. */
    public JGroupsTransport(JGroupsOptions options) {
        this(options, new MeshStack(options));
    }

    JGroupsTransport(JGroupsOptions options, MeshStack stack) {
        this.options = options;
        this.stack = stack;
    }

    /**
     * {@inheritDoc} Returns once this member joined others or, after the join timeout, went ahead alone; the listener
     * knows the first view by then.
     *
     * @throws JGroupsStartException if the port is taken or the address is not one of this host
     */
    @Override
    public void start(Listener listener) {
        if (member != null) {
            throw new IllegalStateException("started already");
        }
        try {
            JChannel channel = new JChannel(stack.protocols()).name(options.logicalName());
            Member joining = new Member(channel, listener);
            member = joining;
            stack.unicast().onAcknowledged(joining::onAcknowledged);
            stack.tcp().lanes().acknowledged(stack.unicast()::acknowledged);
            channel.setReceiver(joining).setDiscardOwnMessages(true);
            channel.connect(options.clusterName());
            joining.watchWindows();
        } catch (Exception failed) {
            close();
            throw explain(failed);
        }
    }

    @Override
    public PeerAddress self() {
        return peerAddress(started().channel.getAddress());
    }

    /** Whether this member takes part in its mesh, be it alone. */
    public boolean isConnected() {
        Member current = member;
        return current != null && current.channel.isConnected();
    }

    /** The TCP port on which this member listens. */
    public int boundPort() {
        started();
        return stack.tcp().boundPort();
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the frame is longer than {@link #MAX_FRAME_BYTES}
     */
    @Override
    public boolean send(PeerAddress address, ByteBuffer frame) {
        int length = frame.remaining();
        if (length > MAX_FRAME_BYTES) {
            throw new IllegalArgumentException("a frame of " + length + " bytes, longer than " + MAX_FRAME_BYTES);
        }
        Peer peer = peers.get(address);
        Member current = member;
        return peer != null && current != null && peer.send(current.channel, frame, length);
    }

    /** Counters since the start. */
    public TransportCounters counters() {
        LaneBundler lanes = stack.tcp().lanes();
        return new TransportCounters(
                failedCallbacks.sum(),
                unexpectedMessages.sum(),
                stack.tcp().foreigners().messages(),
                lanes.dropped(),
                lanes.failed(),
                renewedConnections.sum());
    }

    /** How many bytes are on their way to a peer; 0 if it is absent. */
    public long bytesInFlight(PeerAddress address) {
        Peer peer = peers.get(address);
        return peer == null ? 0 : peer.bytesInFlight();
    }

    @Override
    public void close() {
        Member leaving = member;
        if (leaving == null || leaving.channel.isClosed()) {
            return;
        }
        peers.clear();
        if (leaving.channel.isConnected()) {
            stack.tcp().closeConnectionsLater();
        }
        leaving.channel.close();
    }

    private Member started() {
        Member current = member;
        if (current == null) {
            throw new IllegalStateException("not started");
        }
        return current;
    }

    private JGroupsStartException explain(Exception failed) {
        for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
            if (cause instanceof BindException) {
                return new JGroupsStartException(cannotBind(), failed);
            }
        }
        return new JGroupsStartException("mesh " + options.clusterName() + " cannot be joined: " + failed, failed);
    }

    private String cannotBind() {
        InetAddress address = options.bindAddress();
        String where = address.getHostAddress();
        if (!address.isAnyLocalAddress() && !isOfThisHost(address)) {
            return "mesh.bind-address=" + where + ": not an address of this host; set one that is";
        }
        String range = options.portRange() == 0 ? "" : ", and so are the next " + options.portRange() + " ports,";
        return "mesh.bind-port=" + options.bindPort() + ": taken" + range + " on " + where
                + "; stop what listens there, set another port, or 0 for any free one";
    }

    private static boolean isOfThisHost(InetAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException unreadable) {
            LOG.debug("cannot list the interfaces of this host", unreadable);
            return true;
        }
    }

    private void warn(String what, Throwable thrown) {
        long now = System.nanoTime();
        long last = lastWarningNanos.get();
        if (now - last >= NANOS_BETWEEN_WARNINGS && lastWarningNanos.compareAndSet(last, now)) {
            LOG.warn("{} ({} failures so far)", what, failedCallbacks.sum(), thrown);
        }
    }

    private static PeerAddress peerAddress(Address address) {
        UUID uuid = (UUID) address;
        return new PeerAddress(uuid.getMostSignificantBits(), uuid.getLeastSignificantBits());
    }

    private static UUID uuid(PeerAddress address) {
        return new UUID(address.high(), address.low());
    }

    /** The channel and what it calls. */
    private final class Member implements Receiver {
        private final JChannel channel;
        private final Listener listener;

        Member(JChannel channel, Listener listener) {
            this.channel = channel;
            this.listener = listener;
        }

        @Override
        public void viewAccepted(View view) {
            Set<PeerAddress> members = new HashSet<>();
            for (Address address : view.getMembers()) {
                members.add(peerAddress(address));
            }
            PeerAddress self = peerAddress(channel.getAddress());
            peers.keySet().retainAll(members);
            for (PeerAddress address : members) {
                if (!address.equals(self)) {
                    peers.computeIfAbsent(address, Peer::new);
                }
            }
            LOG.info("mesh {}: {} members, {}", options.clusterName(), members.size(), view);
            guarded("a view was not taken", () -> listener.onView(Set.copyOf(members)));
        }

        @Override
        public void receive(Message message) {
            if (message instanceof BytesMessage && message.getSrc() instanceof UUID) {
                ByteBuffer frame = ByteBuffer.wrap(message.getArray(), message.getOffset(), message.getLength());
                guarded("a frame was not taken", () -> listener.onFrame(peerAddress(message.getSrc()), frame));
            } else {
                // Nothing of ours; other kinds of messages are never looked into.
                unexpectedMessages.increment();
            }
        }

        @Override
        public void receive(MessageBatch batch) {
            for (Message message : batch) {
                receive(message);
            }
        }

        void onAcknowledged(Address address) {
            if (address instanceof UUID) {
                Peer peer = peers.get(peerAddress(address));
                if (peer != null) {
                    tellIfWritable(peer);
                }
            }
        }

        /** An acknowledgement may be the last thing a peer says before its connection is renewed. */
        void watchWindows() {
            var unused = stack.tcp()
                    .getTimer()
                    .scheduleWithFixedDelay(
                            () -> peers.values().forEach(this::look),
                            WRITABLE_CHECK_MILLIS,
                            WRITABLE_CHECK_MILLIS,
                            TimeUnit.MILLISECONDS);
        }

        private void look(Peer peer) {
            tellIfWritable(peer);
            if (peer.isStuck()) {
                LOG.info("{}: {} acknowledges nothing; trying a new connection", options.logicalName(), peer.uuid);
                renewedConnections.increment();
                stack.tcp().renewConnection(peer.uuid);
            }
        }

        private void tellIfWritable(Peer peer) {
            if (peer.becameWritable()) {
                guarded("a peer's being writable was not taken", () -> listener.onWritable(peer.address));
            }
        }

        /** The listener is foreign code: what it throws must not disturb JGroups. */
        private void guarded(String failure, Runnable call) {
            try {
                call.run();
            } catch (Throwable thrown) {
                failedCallbacks.increment();
                warn(failure, thrown);
            }
        }
    }

    /** One other member. Its monitor guards the window and keeps frames in order. */
    private final class Peer {
        private final PeerAddress address;
        private final UUID uuid;
        private final PeerWindow window = new PeerWindow(options.windowBytes());
        private boolean refused;

        // Of the timer only.
        private long acknowledged;
        private long progressNanos = System.nanoTime();

        Peer(PeerAddress address) {
            this.address = address;
            this.uuid = uuid(address);
        }

        synchronized boolean send(JChannel channel, ByteBuffer frame, int length) {
            int messages = 1 + length / MeshStack.FRAGMENT_BYTES;
            if (!window.hasRoom(messages, stack.unicast().unacknowledged(uuid))) {
                refused = true;
                return false;
            }
            try {
                channel.send(message(frame, length));
            } catch (Exception closed) {
                LOG.debug("not sent to {}", address, closed);
                return false;
            }
            window.sent(messages, length);
            return true;
        }

        synchronized boolean becameWritable() {
            if (!refused || !window.isHalfEmpty(stack.unicast().unacknowledged(uuid))) {
                return false;
            }
            refused = false;
            return true;
        }

        /**
         * Whether nothing was acknowledged for so long that the failure detection had left the peer out, were it not that
         * others reach it: the way there or back is cut. The system doubles the time between its tries on a connection,
         * and would be silent for long after the network is back.
         */
        boolean isStuck() {
            long now = System.nanoTime();
            long last = acknowledged;
            acknowledged = stack.unicast().acknowledged(uuid);
            if (acknowledged != last || stack.unicast().unacknowledged(uuid) == 0) {
                progressNanos = now;
            }
            boolean stuck = now - progressNanos > options.peerTimeout().toNanos() * 3 / 2;
            if (stuck) {
                progressNanos = now;
            }
            return stuck;
        }

        synchronized long bytesInFlight() {
            window.hasRoom(1, stack.unicast().unacknowledged(uuid));
            return window.bytes();
        }

        private Message message(ByteBuffer frame, int length) {
            if (frame.hasArray()) {
                return new BytesMessage(uuid, frame.array(), frame.arrayOffset() + frame.position(), length);
            }
            byte[] copy = new byte[length];
            frame.duplicate().get(copy);
            return new BytesMessage(uuid, copy);
        }
    }
}
