package io.meshvine.node.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.will.Willholder;
import io.meshvine.node.session.Message;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WillsTest {

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final ConcurrentLinkedQueue<Message> published = new ConcurrentLinkedQueue<>();
    private final AtomicLong nanos = new AtomicLong(-5);
    private final Wills wills = new Wills(published::add, timer, nanos::get, () -> 1_000L);

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    @Test
    void publishesAtOnceWithoutDelayAndOnlyOnce() {
        wills.arm("c", will(0, 30), 7200, () -> true);

        wills.connectionLost("c", 0);
        wills.connectionLost("c", 0);
        wills.sessionEnded("c");

        assertThat(published).hasSize(1);
        Message message = published.element();
        assertThat(message.topic()).isEqualTo("gone");
        assertThat(message.expiresAtMillis()).isEqualTo(31_000L);
        assertThat(wills.size()).isZero();
    }

    @Test
    void isForgottenAfterANormalDisconnect() {
        wills.arm("c", will(0, Will.NEVER_EXPIRES), 7200, () -> true);
        wills.disarm("c");

        wills.connectionLost("c", 0);

        assertThat(published).isEmpty();
    }

    @Test
    void waitsForItsDelayAndIsForgottenWhenTheClientIsBack() {
        wills.arm("back", will(3600, Will.NEVER_EXPIRES), 7200, () -> true);
        wills.arm("away", will(1, Will.NEVER_EXPIRES), 7200, () -> true);

        wills.connectionLost("back", 7200);
        wills.connectionLost("away", 7200);
        wills.disarm("back");

        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> published.size() == 1);
        assertThat(published.element().publisherId()).isEqualTo("away");
    }

    @Test
    void endOfTheSessionEndsTheDelay() {
        wills.arm("zero", will(3600, Will.NEVER_EXPIRES), 7200, () -> true);
        wills.arm("later", will(3600, Will.NEVER_EXPIRES), 7200, () -> true);

        wills.connectionLost("zero", 0);
        assertThat(published).hasSize(1);

        wills.connectionLost("later", 7200);
        assertThat(published).hasSize(1);
        wills.sessionEnded("later");
        assertThat(published).hasSize(2);
    }

    @Test
    void publishesTheWillOfAnotherNodesClientAsItWasLeased() {
        MqttProperties properties = new MqttProperties();
        properties.add(new MqttProperties.UserProperty("why", "lost"));
        Will will = new Will("far/gone", 2, true, new byte[] {4, 2}, properties, 30, 0);

        wills.publish("far", WillCodec.encode(will));

        Message message = published.element();
        assertThat(message.topic()).isEqualTo("far/gone");
        assertThat(message.qos()).isEqualTo(2);
        assertThat(message.isRetain()).isTrue();
        assertThat(ByteBufUtil.getBytes(message.payload())).containsExactly(4, 2);
        assertThat(message.properties().getProperties(0x26)).hasSize(1);
        assertThat(message.expiresAtMillis()).isEqualTo(31_000L);
        assertThat(message.publisherId()).isEqualTo("far");
    }

    @Test
    void doesNotPublishWhatItCannotRead() {
        wills.publish("far", new byte[] {9});
        wills.publish("far", new byte[] {1, 7, 0});

        assertThat(published).isEmpty();
    }

    @Test
    void isVoidOnceItsClientIsBackElsewhereButNotWhileItIsHere() {
        wills.arm("here", will(3600, Will.NEVER_EXPIRES), 7200, () -> true);
        wills.arm("moved", will(3600, Will.NEVER_EXPIRES), 7200, () -> true);
        wills.connectionLost("moved", 7200);

        wills.onBackElsewhere("moved");
        wills.onBackElsewhere("here");

        assertThat(wills.size()).isEqualTo(1);
        wills.connectionLost("here", 0);
        assertThat(published).hasSize(1);
    }

    @Test
    void tellsWhoLooksAfterItBeforeItIsPublished() {
        List<String> told = new ArrayList<>();
        wills.guardedBy(new WillGuard() {
            @Override
            public void arm(String clientId, byte[] will, Duration delay) {
                told.add("arm " + clientId + " " + delay.toSeconds());
            }

            @Override
            public void delayed(String clientId, Duration delay) {
                told.add("delayed " + clientId + " " + delay.toSeconds());
            }

            @Override
            public void release(String clientId) {
                told.add("release " + clientId + " " + published.size());
            }

            @Override
            public void connected(String clientId) {
                told.add("connected " + clientId);
            }
        });

        wills.connected("c");
        wills.arm("c", will(100, 30), 50, () -> true);
        wills.connectionLost("c", 40);
        wills.sessionEnded("c");

        assertThat(told).containsExactly("connected c", "arm c 50", "delayed c 40", "release c 0");
        assertThat(published).hasSize(1);
    }

    @Test
    void remembersWhenAClientConnectedAlsoAfterItLeft() {
        assertThat(wills.connectedNanos("c")).isEqualTo(Willholder.NEVER);
        wills.connected("c");
        nanos.set(7);
        wills.departed("c");
        assertThat(wills.connectedNanos("c")).isEqualTo(-5);
        wills.connected("c");
        assertThat(wills.connectedNanos("c")).isEqualTo(7);
    }

    private static Will will(long delaySeconds, long expirySeconds) {
        return new Will("gone", 1, false, new byte[] {1}, MqttProperties.NO_PROPERTIES, expirySeconds, delaySeconds);
    }
}
