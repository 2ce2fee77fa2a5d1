package io.meshvine.mesh.retained;

import static org.assertj.core.api.Assertions.assertThat;

import io.meshvine.mesh.NodeId;
import io.meshvine.mesh.Seed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class RetainedConvergenceTest {

    private static final int TOPICS = 200;

    @Test
    void holdsTheSameInWhateverOrderWritesCome() {
        RandomGenerator random = Seed.random("holdsTheSameInWhateverOrderWritesCome");
        List<RetainedMessage> writes = writes(random, 5_000);
        Map<String, RetainedMessage> expected = new HashMap<>();
        writes.forEach(write -> expected.merge(
                write.topic(), write, (one, other) -> one.stamp().compareTo(other.stamp()) >= 0 ? one : other));
        RetainedMap first = merged(writes);
        for (int i = 0; i < 5; i++) {
            Collections.shuffle(writes, new Random(random.nextLong()));
            assertSame(merged(writes), first);
        }
        assertThat(contents(first)).isEqualTo(expected);
        assertThat(first.liveCount())
                .isEqualTo(
                        expected.values().stream().filter(m -> !m.tombstone()).count());
        assertThat(first.bytes())
                .isEqualTo(expected.values().stream()
                        .mapToLong(m -> m.topic().length() + m.body().length)
                        .sum());
    }

    @Test
    void convergesByExchangeOfTheBucketsThatDiffer() {
        RandomGenerator random = Seed.random("convergesByExchangeOfTheBucketsThatDiffer");
        RetainedMap one = merged(writes(random, 1_000));
        RetainedMap other = merged(writes(random, 1_000));
        one.digest().differing(other.digest()).stream().forEach(bucket -> {
            List.copyOf(one.bucket(bucket)).forEach(other::merge);
            List.copyOf(other.bucket(bucket)).forEach(one::merge);
        });
        assertSame(one, other);
    }

    @Test
    void holdsTheSameWhenThreadsMergeAtOnceWhileOthersReadAndPurge() throws Exception {
        RandomGenerator random = Seed.random("holdsTheSameWhenThreadsMergeAtOnceWhileOthersReadAndPurge");
        List<RetainedMessage> writes = writes(random, 20_000);
        RetainedMap map = new RetainedMap();
        RetainedMessage still = new RetainedMessage("t/still", stamp(random), 0, new byte[1], false, Long.MAX_VALUE);
        map.merge(still);
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> writers = new ArrayList<>();
            for (int t = 0; t < 2; t++) {
                List<RetainedMessage> share = new ArrayList<>(writes);
                Collections.shuffle(share, new Random(random.nextLong()));
                writers.add(threads.submit(() -> share.forEach(map::merge)));
            }
            Future<?> reader = threads.submit(() -> {
                do {
                    int[] seen = {0};
                    map.match("t/+", 0, message -> seen[0] += message.equals(still) ? 1 : 0);
                    assertThat(seen[0]).isEqualTo(1);
                    map.digest();
                } while (!done.get());
            });
            Future<?> purger = threads.submit(() -> {
                do {
                    map.purge(500, Duration.ofDays(1));
                } while (!done.get());
            });
            for (Future<?> writer : writers) {
                writer.get(30, TimeUnit.SECONDS);
            }
            done.set(true);
            reader.get(30, TimeUnit.SECONDS);
            purger.get(30, TimeUnit.SECONDS);
        } finally {
            done.set(true);
            threads.shutdownNow();
        }
        writes.add(still);
        RetainedMap sequential = merged(writes);
        assertThat(map.digest()).isEqualTo(sequential.digest());
        map.purge(500, Duration.ofDays(1));
        sequential.purge(500, Duration.ofDays(1));
        assertThat(map.liveCount()).isEqualTo(sequential.liveCount());
        assertThat(map.bytes()).isEqualTo(sequential.bytes());
        assertThat(map.size()).isEqualTo(sequential.size());
        for (int i = 0; i < RetainedDigest.BUCKETS; i++) {
            for (RetainedMessage message : map.bucket(i)) {
                assertThat(map.get(message.topic())).isSameAs(message);
            }
        }
    }

    @Test
    void neverPurgesAMessageThatCameInAfterTheExpiredOne() throws Exception {
        RetainedMap map = new RetainedMap();
        NodeId node = new NodeId(0, 1);
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService purging = Executors.newSingleThreadExecutor();
        try {
            Future<?> purger = purging.submit(() -> {
                do {
                    map.purge(10, Duration.ofDays(1));
                } while (!done.get());
            });
            RetainedMessage last = null;
            for (int i = 0; i < 100_000; i++) {
                assertThat(map.get("t")).isSameAs(last);
                map.merge(new RetainedMessage("t", new HybridTimestamp(i, 0, node), 1, new byte[1], false, 5));
                last = new RetainedMessage("t", new HybridTimestamp(i, 1, node), 1, new byte[1], false, 20);
                map.merge(last);
            }
            done.set(true);
            purger.get(30, TimeUnit.SECONDS);
            assertThat(map.get("t")).isSameAs(last);
            assertThat(map.liveCount()).isEqualTo(1);
        } finally {
            done.set(true);
            purging.shutdownNow();
        }
    }

    private static void assertSame(RetainedMap one, RetainedMap other) {
        assertThat(one.digest()).isEqualTo(other.digest());
        assertThat(contents(one)).isEqualTo(contents(other));
        assertThat(one.bytes()).isEqualTo(other.bytes());
        assertThat(one.liveCount()).isEqualTo(other.liveCount());
    }

    private static Map<String, RetainedMessage> contents(RetainedMap map) {
        Map<String, RetainedMessage> contents = new HashMap<>();
        for (int i = 0; i < RetainedDigest.BUCKETS; i++) {
            map.bucket(i).forEach(message -> contents.put(message.topic(), message));
        }
        return contents;
    }

    private static RetainedMap merged(List<RetainedMessage> writes) {
        RetainedMap map = new RetainedMap();
        writes.forEach(map::merge);
        return map;
    }

    /** Writes with stamps of their own, a fifth of them deletions, a fifth with an expiry. */
    private static List<RetainedMessage> writes(RandomGenerator random, int count) {
        List<RetainedMessage> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String topic = "t/" + random.nextInt(TOPICS);
            writes.add(
                    switch (random.nextInt(5)) {
                        case 0 -> RetainedMessage.deleted(topic, stamp(random));
                        case 1 ->
                            new RetainedMessage(topic, stamp(random), 1, new byte[9], false, random.nextInt(1_000));
                        default ->
                            new RetainedMessage(
                                    topic, stamp(random), 2, new byte[random.nextInt(5)], false, RetainedMessage.NEVER);
                    });
        }
        return writes;
    }

    private static HybridTimestamp stamp(RandomGenerator random) {
        return new HybridTimestamp(
                random.nextInt(1_000), random.nextInt(), new NodeId(random.nextLong(), random.nextInt(3)));
    }
}
