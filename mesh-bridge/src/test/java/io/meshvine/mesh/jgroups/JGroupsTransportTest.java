package io.meshvine.mesh.jgroups;

import static io.meshvine.mesh.jgroups.TestMember.PATIENCE;
import static io.meshvine.mesh.jgroups.TestMember.awaitMembers;
import static io.meshvine.mesh.jgroups.TestMember.started;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.meshvine.mesh.PeerAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Frames, views and bounds of three members that found each other. */
@Timeout(60)
class JGroupsTransportTest {

    private TestMember a;
    private TestMember b;
    private TestMember c;

    @BeforeEach
    void form() {
        a = started(JGroupsOptions.defaults("test", "a", new Discovery.Static(List.of())));
        b = started(seededBy("b", a));
        c = started(seededBy("c", b));
        awaitMembers(3, a, b, c);
    }

    @AfterEach
    void close() {
        c.close();
        b.close();
        a.close();
    }

    @Test
    void framesArriveWithTheirSender() {
        AtomicReference<PeerAddress> sender = new AtomicReference<>();
        AtomicReference<byte[]> body = new AtomicReference<>();
        b.onFrame = (from, frame) -> {
            sender.set(from);
            byte[] copy = new byte[frame.remaining()];
            frame.get(copy);
            body.set(copy);
        };
        byte[] array = {9, 9, 1, 2, 3, 9};
        ByteBuffer part = ByteBuffer.wrap(array, 2, 3).slice();

        assertThat(c.transport.send(b.self(), part)).isTrue();
        await().until(() -> body.get() != null);
        assertThat(sender).hasValue(c.self());
        assertThat(body.get()).containsExactly(1, 2, 3);
        assertThat(b.texts).isEmpty();
        assertThat(a.texts).isEmpty();

        ByteBuffer direct =
                ByteBuffer.allocateDirect(2).put((byte) 4).put((byte) 5).flip();
        assertThat(a.transport.send(b.self(), direct)).isTrue();
        await().until(() -> Arrays.equals(body.get(), new byte[] {4, 5}));
        assertThat(direct.remaining()).as("the caller's buffer is left alone").isEqualTo(2);
    }

    @Test
    void framesOfAPeerArriveOnceAndInOrder() {
        int frames = 100_000;
        AtomicInteger next = new AtomicInteger();
        AtomicInteger wrong = new AtomicInteger();
        b.onFrame = (from, frame) -> {
            int size = frame.remaining();
            if (frame.getInt() != next.getAndIncrement() || size != size(next.get() - 1)) {
                wrong.incrementAndGet();
            }
        };
        for (int i = 0; i < frames; i++) {
            sendWhenWritable(a, b, ByteBuffer.allocate(size(i)).putInt(i).rewind());
        }
        await().atMost(PATIENCE).until(() -> next.get() == frames);
        assertThat(wrong).hasValue(0);
        await().untilAsserted(() -> assertThat(a.transport.bytesInFlight(b.self()))
                .as("all acknowledged")
                .isZero());
    }

    @Test
    void aPeerThatDoesNotTakeItsFramesHoldsUpNobodyElse() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        AtomicInteger taken = new AtomicInteger();
        AtomicInteger wrong = new AtomicInteger();
        b.onFrame = (from, frame) -> {
            awaitQuietly(release);
            if (frame.getInt() != taken.getAndIncrement()) {
                wrong.incrementAndGet();
            }
        };
        AtomicInteger taken2 = new AtomicInteger();
        c.onFrame = (from, frame) -> taken2.incrementAndGet();

        int sent = 0;
        long slowest = 0;
        boolean accepted = true;
        while (accepted) {
            long before = System.nanoTime();
            accepted = a.transport.send(
                    b.self(), ByteBuffer.allocate(16_384).putInt(sent).rewind());
            slowest = Math.max(slowest, System.nanoTime() - before);
            sent += accepted ? 1 : 0;
            assertThat(sent).as("the window has a bound").isLessThan(10_000);
        }
        assertThat(a.transport.bytesInFlight(b.self()))
                .isLessThanOrEqualTo(JGroupsOptions.DEFAULT_WINDOW_BYTES + 16_384);
        assertThat(slowest).as("nanoseconds").isLessThan(1_000_000_000L);

        for (int i = 0; i < 2000; i++) {
            sendWhenWritable(a, c, ByteBuffer.allocate(16_384));
        }
        await().atMost(PATIENCE).until(() -> taken2.get() == 2000);
        assertThat(taken).hasValue(0);
        assertThat(a.writable).as("not writable while nothing was taken").hasValueLessThan(1000);

        int writableBefore = a.writable.get();
        release.countDown();
        int all = sent;
        await().atMost(PATIENCE).until(() -> taken.get() == all);
        await().until(() -> a.writable.get() > writableBefore);
        assertThat(wrong).hasValue(0);
    }

    @Test
    void longFramesArriveWhole() {
        byte[] large = new byte[JGroupsTransport.MAX_FRAME_BYTES];
        new Random(7).nextBytes(large);
        AtomicReference<ByteBuffer> arrived = new AtomicReference<>();
        c.onFrame = (from, frame) -> arrived.set(frame);

        sendWhenWritable(a, c, ByteBuffer.wrap(large)); // what came before may fill the window
        await().atMost(PATIENCE).until(() -> arrived.get() != null);
        assertThat(arrived.get()).isEqualTo(ByteBuffer.wrap(large));
        ByteBuffer tooLong = ByteBuffer.allocate(JGroupsTransport.MAX_FRAME_BYTES + 1);
        assertThatThrownBy(() -> a.transport.send(c.self(), tooLong)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aMemberThatLeavesIsGoneAtOnceAndGetsNothing() {
        PeerAddress leaver = a.self();
        long start = System.nanoTime();
        a.close();
        awaitMembers(2, b, c);
        long millis = (System.nanoTime() - start) / 1_000_000;

        assertThat(b.view).containsExactlyInAnyOrder(b.self(), c.self()).isEqualTo(c.view);
        assertThat(millis).as("milliseconds; 300 on an idle machine").isLessThan(3000);
        assertThat(b.transport.send(leaver, ByteBuffer.allocate(1))).isFalse();
        assertThat(a.transport.send(leaver, ByteBuffer.allocate(1))).isFalse();
        assertThat(b.send(c, "still here")).isTrue();
        await().until(() -> c.texts.equals(List.of("still here")));
    }

    @Test
    void aListenerThatThrowsIsCountedAndDoesNotHarmTheNextFrame() {
        b.onFrame = (from, frame) -> {
            b.texts.add("called");
            throw new IllegalStateException("on purpose");
        };
        assertThat(a.send(b, "one")).isTrue();
        assertThat(a.send(b, "two")).isTrue();
        await().until(() -> b.texts.size() == 2);
        await().until(() -> b.transport.counters().failedCallbacks() == 2);
    }

    static JGroupsOptions seededBy(String name, TestMember seed) {
        InetSocketAddress nobody = TestMember.loopback(TestMember.freePort());
        return JGroupsOptions.defaults("test", name, new Discovery.Static(List.of(nobody, seed.address())));
    }

    /** Mostly small, now and then longer than a fragment of the transport. */
    private static int size(int i) {
        return i % 1000 == 0 ? MeshStack.FRAGMENT_BYTES + 1 + i % 7 : 4 + i % 200;
    }

    private static void sendWhenWritable(TestMember from, TestMember to, ByteBuffer frame) {
        while (!from.transport.send(to.self(), frame)) {
            LockSupport.parkNanos(100_000);
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        }
    }
}
