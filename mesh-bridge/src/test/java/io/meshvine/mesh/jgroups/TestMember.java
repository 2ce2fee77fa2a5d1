package io.meshvine.mesh.jgroups;

import static org.awaitility.Awaitility.await;

import io.meshvine.mesh.MeshTransport;
import io.meshvine.mesh.PeerAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** A member with a listener that remembers what it saw. */
final class TestMember implements MeshTransport.Listener, AutoCloseable {

    static final Duration PATIENCE = Duration.ofSeconds(15);

    final JGroupsTransport transport;
    final List<String> texts = new CopyOnWriteArrayList<>();
    final AtomicInteger writable = new AtomicInteger();
    volatile Set<PeerAddress> view = Set.of();
    volatile BiConsumer<PeerAddress, ByteBuffer> onFrame =
            (from, frame) -> texts.add(StandardCharsets.UTF_8.decode(frame).toString());

    TestMember(JGroupsOptions options) {
        this(options, new MeshStack(options));
    }

    TestMember(JGroupsOptions options, MeshStack stack) {
        transport = new JGroupsTransport(options, stack);
    }

    static TestMember started(JGroupsOptions options) {
        TestMember member = new TestMember(options);
        member.transport.start(member);
        return member;
    }

    /** A port that was free a moment ago. */
    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException none) {
            throw new IllegalStateException(none);
        }
    }

    static InetSocketAddress loopback(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    static void awaitMembers(int count, TestMember... members) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(() -> {
            for (TestMember member : members) {
                if (member.view.size() != count) {
                    return false;
                }
            }
            return true;
        });
    }

    InetSocketAddress address() {
        return loopback(transport.boundPort());
    }

    PeerAddress self() {
        return transport.self();
    }

    boolean send(TestMember to, String text) {
        return transport.send(to.self(), ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void onView(Set<PeerAddress> members) {
        view = members;
    }

    @Override
    public void onFrame(PeerAddress from, ByteBuffer frame) {
        onFrame.accept(from, frame);
    }

    @Override
    public void onWritable(PeerAddress peer) {
        writable.incrementAndGet();
    }

    @Override
    public void close() {
        transport.close();
    }
}
