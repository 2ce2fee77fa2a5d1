package io.meshvine.node.routing;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.node.session.Message;
import io.netty.handler.codec.mqtt.MqttProperties;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WillsTest {

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final ConcurrentLinkedQueue<Message> published = new ConcurrentLinkedQueue<>();
    private final Wills wills = new Wills(published::add, timer, () -> 1_000L);

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    @Test
    void publishesAtOnceWithoutDelayAndOnlyOnce() {
        wills.arm("c", will(0, 30));

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
        wills.arm("c", will(0, Will.NEVER_EXPIRES));
        wills.disarm("c");

        wills.connectionLost("c", 0);

        assertThat(published).isEmpty();
    }

    @Test
    void waitsForItsDelayAndIsForgottenWhenTheClientIsBack() {
        wills.arm("back", will(3600, Will.NEVER_EXPIRES));
        wills.arm("away", will(1, Will.NEVER_EXPIRES));

        wills.connectionLost("back", 7200);
        wills.connectionLost("away", 7200);
        wills.disarm("back");

        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> published.size() == 1);
        assertThat(published.element().publisherId()).isEqualTo("away");
    }

    @Test
    void endOfTheSessionEndsTheDelay() {
        wills.arm("zero", will(3600, Will.NEVER_EXPIRES));
        wills.arm("later", will(3600, Will.NEVER_EXPIRES));

        wills.connectionLost("zero", 0);
        assertThat(published).hasSize(1);

        wills.connectionLost("later", 7200);
        assertThat(published).hasSize(1);
        wills.sessionEnded("later");
        assertThat(published).hasSize(2);
    }

    private static Will will(long delaySeconds, long expirySeconds) {
        return new Will("gone", 1, false, new byte[] {1}, MqttProperties.NO_PROPERTIES, expirySeconds, delaySeconds);
    }
}
