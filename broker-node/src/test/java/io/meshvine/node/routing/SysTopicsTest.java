package io.meshvine.node.routing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SysTopicsTest {

    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    private final Map<String, String> retained = new ConcurrentHashMap<>();
    private final AtomicInteger publishes = new AtomicInteger();
    private final SysTopics topics = new SysTopics(this::publish, timer, Duration.ofMillis(10));

    private void publish(String topic, byte[] payload) {
        publishes.incrementAndGet();
        if (payload.length == 0) {
            retained.remove(topic);
        } else {
            retained.put(topic, new String(payload, StandardCharsets.UTF_8));
        }
    }

    @AfterEach
    void stop() {
        topics.stop();
        timer.shutdownNow();
    }

    @Test
    void publishesAValueOnceUntilItChanges() {
        AtomicInteger asked = new AtomicInteger();
        topics.value("$SYS/a", () -> asked.incrementAndGet() < 5 ? "early" : "late")
                .start();
        await().untilAsserted(() -> assertThat(retained).containsEntry("$SYS/a", "late"));
        int before = asked.get();
        await().until(() -> asked.get() > before + 3);
        assertThat(publishes).hasValue(2);
    }

    @Test
    void aTreeFollowsWhatThereIs() {
        Map<String, Object> now = new ConcurrentHashMap<>(Map.of("$SYS/mesh/one", 1, "$SYS/mesh/two", 2));
        topics.tree(() -> CompletableFuture.completedFuture(Map.copyOf(now))).start();
        await().untilAsserted(() ->
                assertThat(retained).containsOnly(Map.entry("$SYS/mesh/one", "1"), Map.entry("$SYS/mesh/two", "2")));

        now.remove("$SYS/mesh/one");
        now.put("$SYS/mesh/two", 3);

        await().untilAsserted(() -> assertThat(retained).containsOnly(Map.entry("$SYS/mesh/two", "3")));
    }

    @Test
    void aTreeThatDoesNotAnswerKeepsNobodyElseFromBeingPublished() {
        AtomicInteger asked = new AtomicInteger();
        topics.tree(() -> asked.incrementAndGet() % 2 == 0
                        ? CompletableFuture.failedFuture(new IllegalStateException("closed"))
                        : new CompletableFuture<>())
                .value("$SYS/count", asked::get)
                .start();
        await().untilAsserted(() -> assertThat(Integer.parseInt(retained.getOrDefault("$SYS/count", "0")))
                .isGreaterThan(4));
    }

    @Test
    void aValueThatThrowsIsAskedAgain() {
        AtomicInteger asked = new AtomicInteger();
        topics.value("$SYS/a", () -> {
                    if (asked.incrementAndGet() < 3) {
                        throw new IllegalStateException("not yet");
                    }
                    return "there";
                })
                .start();
        await().untilAsserted(() -> assertThat(retained).containsEntry("$SYS/a", "there"));
    }
}
