package io.meshvine.mesh.retained;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.meshvine.mesh.NodeId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetainedMapTest {

    private static final NodeId A = new NodeId(0, 1);
    private static final NodeId B = new NodeId(0, 2);
    private static final Duration LIFE = Duration.ofMillis(3_200);
    private static final long NOW = 1_000_000;

    private final RetainedMap map = new RetainedMap();

    @Test
    void keepsTheNewestWriteOfATopic() {
        assertThat(map.merge(message("a", 10, "old"))).isTrue();
        assertThat(map.merge(message("a", 20, "new"))).isTrue();
        assertThat(map.merge(message("a", 15, "late"))).isFalse();
        assertThat(map.merge(message("a", 20, "again"))).isFalse();
        assertThat(payloads("a")).containsExactly("new");
        assertThat(map.liveCount()).isEqualTo(1);
    }

    @Test
    void breaksTiesByCounterThenNode() {
        map.merge(new RetainedMessage(
                "a", new HybridTimestamp(10, 0, B), 0, "b0".getBytes(UTF_8), false, Long.MAX_VALUE));
        map.merge(new RetainedMessage(
                "a", new HybridTimestamp(10, 1, A), 0, "a1".getBytes(UTF_8), false, Long.MAX_VALUE));
        assertThat(payloads("a")).containsExactly("a1");
        map.merge(new RetainedMessage(
                "a", new HybridTimestamp(10, 1, B), 0, "b1".getBytes(UTF_8), false, Long.MAX_VALUE));
        assertThat(payloads("a")).containsExactly("b1");
    }

    @Test
    void doesNotResurrectADeletedMessage() {
        map.merge(message("a", 10, "old"));
        assertThat(map.merge(RetainedMessage.deleted("a", stamp(20)))).isTrue();
        assertThat(payloads("#")).isEmpty();
        assertThat(map.merge(message("a", 15, "of a node that was away"))).isFalse();
        assertThat(payloads("#")).isEmpty();
        assertThat(map.merge(message("a", 30, "published anew"))).isTrue();
        assertThat(payloads("#")).containsExactly("published anew");
    }

    @Test
    void keepsTheTombstoneOfATopicItDidNotKnow() {
        map.merge(RetainedMessage.deleted("a", stamp(20)));
        assertThat(map.merge(message("a", 10, "old"))).isFalse();
        assertThat(map.liveCount()).isZero();
        assertThat(map.size()).isEqualTo(1);
        assertThat(map.get("a")).isNotNull();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "a/b, a/b",
        "a/+, a/b a/c",
        "a/#, a a/b a/c a/b/c",
        "+, a",
        "#, a a/b a/c a/b/c /a b/c",
        "+/#, a a/b a/c a/b/c /a b/c",
        "+/+, a/b a/c /a b/c",
        "+/c, a/c b/c",
        "/+, /a",
        "$SYS/#, $SYS/x $SYS/x/y",
        "+/x, ''",
        "none, ''",
    })
    void matchesTopicsOfAFilter(String filter, String expected) {
        for (String topic : List.of("a", "a/b", "a/c", "a/b/c", "/a", "b/c", "$SYS/x", "$SYS/x/y")) {
            map.merge(message(topic, 10, topic));
        }
        assertThat(payloads(filter))
                .containsExactlyInAnyOrder(expected.isEmpty() ? new String[0] : expected.split(" "));
    }

    @Test
    void hidesAnExpiredMessageAtOnce() {
        map.merge(expiring("a", 10, NOW));
        assertThat(payloads("#", NOW - 1)).hasSize(1);
        assertThat(payloads("#", NOW)).isEmpty();
    }

    @Test
    void purgesExpiredMessagesButStaysTheSameForItsPeers() {
        RetainedMessage expiring = expiring("a", NOW - 10, NOW);
        map.merge(expiring);
        map.merge(message("b", NOW - 20, "stays"));
        RetainedDigest before = map.digest();
        assertThat(map.purge(NOW - 1, LIFE)).isEmpty();
        assertThat(map.purge(NOW, LIFE)).containsExactly(expiring);
        assertThat(map.purge(NOW, LIFE)).isEmpty();
        assertThat(map.digest()).isEqualTo(before);
        assertThat(map.liveCount()).isEqualTo(1);
        assertThat(map.merge(message("a", NOW - 15, "older than the expired one")))
                .isFalse();
        assertThat(map.purge(NOW + LIFE.toMillis() + 200, LIFE)).hasSize(1);
        assertThat(map.size()).isEqualTo(1);
    }

    @Test
    void purgesTombstonesAfterTheirLife() {
        map.merge(message("a", NOW - 100, "x"));
        map.merge(RetainedMessage.deleted("a", stamp(NOW)));
        assertThat(map.purge(NOW + LIFE.toMillis() - 1, LIFE)).isEmpty();
        assertThat(map.size()).isEqualTo(1);
        assertThat(map.purge(NOW + LIFE.toMillis() + 100, LIFE)).hasSize(1);
        assertThat(map.size()).isZero();
        assertThat(map.bytes()).isZero();
        assertThat(map.digest()).isEqualTo(new RetainedMap().digest());
    }

    /** Two nodes purge at slightly different moments, and hold the same most of the time. */
    @Test
    void purgesTombstonesInStepsThatAllNodesShare() {
        RetainedMap other = new RetainedMap();
        for (int i = 0; i < 1_000; i++) {
            RetainedMessage deleted = RetainedMessage.deleted("t" + i, stamp(NOW + i));
            map.merge(deleted);
            other.merge(deleted);
        }
        int same = 0;
        int rounds = 1_200;
        for (int i = 0; i < rounds; i++) {
            long now = NOW + LIFE.toMillis() + i;
            map.purge(now, LIFE);
            other.purge(now - 10, LIFE);
            same += map.digest().equals(other.digest()) ? 1 : 0;
        }
        assertThat(map.size()).isZero();
        assertThat(same).isGreaterThan(rounds * 8 / 10);
    }

    @Test
    void purgesWhatWasMergedAfterAPurge() {
        map.merge(expiring("a", 10, NOW));
        map.purge(NOW, LIFE);
        map.merge(expiring("b", 10, NOW - 5));
        assertThat(map.purge(NOW, LIFE)).extracting(RetainedMessage::topic).containsExactly("b");
    }

    @Test
    void accountsForTopicsAndBodies() {
        map.merge(message("abc", 10, "12345"));
        assertThat(map.bytes()).isEqualTo(8);
        map.merge(message("abc", 20, "1"));
        assertThat(map.bytes()).isEqualTo(4);
        map.merge(message("abc", 15, "ignored"));
        assertThat(map.bytes()).isEqualTo(4);
        map.merge(RetainedMessage.deleted("abc", stamp(30)));
        assertThat(map.bytes()).isEqualTo(3);
        assertThat(map.liveCount()).isZero();
        assertThat(map.size()).isEqualTo(1);
    }

    @Test
    void refusesInvalidTopicsAndStaysAsItWas() {
        for (String topic : List.of("", "a/#", "+", "a/".repeat(16_000))) {
            assertThatThrownBy(() -> map.merge(message(topic, 10, "x"))).isInstanceOf(IllegalArgumentException.class);
        }
        assertThat(map.digest()).isEqualTo(new RetainedMap().digest());
        assertThat(map.bytes()).isZero();
        assertThat(map.bucket(RetainedDigest.bucketOf(""))).isEmpty();
    }

    @Test
    void tellsStampsApartByEachOfTheirParts() {
        List<HybridTimestamp> stamps = List.of(
                new HybridTimestamp(1, 1, A),
                new HybridTimestamp(2, 1, A),
                new HybridTimestamp(1, 2, A),
                new HybridTimestamp(1, 1, B),
                new HybridTimestamp(1, 1, new NodeId(1, 1)));
        assertThat(stamps.stream().map(stamp -> {
                    RetainedMap one = new RetainedMap();
                    one.merge(RetainedMessage.deleted("a", stamp));
                    return one.digest();
                }))
                .doesNotHaveDuplicates();
    }

    @Test
    void pointsToTheBucketThatDiffers() {
        RetainedMap other = new RetainedMap();
        for (int i = 0; i < 1_000; i++) {
            map.merge(message("t" + i, 10, "x"));
            other.merge(message("t" + i, i == 7 ? 11 : 10, "x"));
        }
        BitSet differing = map.digest().differing(other.digest());
        assertThat(differing.stream().toArray()).containsExactly(RetainedDigest.bucketOf("t7"));
        assertThat(map.bucket(RetainedDigest.bucketOf("t7")))
                .extracting(RetainedMessage::topic)
                .contains("t7");
        List<RetainedMessage> all = new ArrayList<>();
        for (int i = 0; i < RetainedDigest.BUCKETS; i++) {
            all.addAll(map.bucket(i));
        }
        assertThat(all).hasSize(1_000);
    }

    @Test
    void pointsToTheLeafThatDiffers() {
        RetainedMap other = new RetainedMap();
        for (int i = 0; i < 20_000; i++) {
            map.merge(message("t" + i, 10, "x"));
            other.merge(message("t" + i, i == 7 ? 11 : 10, "x"));
        }
        int bucket = RetainedDigest.bucketOf("t7");
        long[] one = map.leafHashes(bucket);
        long[] two = other.leafHashes(bucket);
        List<Integer> differing = new ArrayList<>();
        for (int leaf = 0; leaf < RetainedDigest.LEAVES; leaf++) {
            if (one[leaf] != two[leaf]) {
                differing.add(leaf);
            }
        }
        assertThat(differing).containsExactly(RetainedDigest.leafOf("t7"));
        assertThat(map.leaf(bucket, differing.get(0)))
                .extracting(RetainedMessage::topic)
                .contains("t7")
                .hasSizeLessThan(20);
    }

    @Test
    void forgetsAWriteUnlessANewerOneIsKnown() {
        RetainedMessage old = message("t", 10, "old");
        map.merge(old);
        map.merge(message("t", 11, "new"));
        assertThat(map.forget(old)).isFalse();
        assertThat(map.forget(message("t", 11, "new"))).isTrue();
        assertThat(map.get("t")).isNull();
        assertThat(map.bytes()).isZero();
        assertThat(map.digest()).isEqualTo(new RetainedMap().digest());
    }

    @Test
    void hasRoomWithinItsBoundsAndForWhatReplacesSomethingLarger() {
        RetainedMap bounded = new RetainedMap(new RetainedMap.Bounds(4, 100));
        assertThat(bounded.hasRoom("t", 99)).isTrue();
        assertThat(bounded.hasRoom("t", 100)).isFalse();
        assertThat(bounded.hasRoomForPeers(message("t", 1, "x".repeat(124)))).isTrue();
        assertThat(bounded.hasRoomForPeers(message("t", 1, "x".repeat(125)))).isFalse();
        bounded.merge(message("t", 1, "x".repeat(99)));
        assertThat(bounded.hasRoom("t", 98)).isTrue();
        assertThat(bounded.hasRoom("u", 1)).isFalse();
        bounded.merge(RetainedMessage.deleted("t", stamp(2)));
        for (String topic : List.of("a", "b", "c", "d")) {
            assertThat(bounded.hasRoom(topic, 1)).isTrue();
            bounded.merge(message(topic, 3, "x"));
        }
        assertThat(bounded.hasRoom("e", 1)).isFalse();
        assertThat(bounded.hasRoom("d", 5)).isTrue();
        assertThat(bounded.hasRoom("e", 0)).as("a deletion").isTrue();
        assertThat(bounded.hasRoomForPeers(message("e", 3, "x"))).isTrue();
    }

    private List<String> payloads(String filter) {
        return payloads(filter, NOW);
    }

    private List<String> payloads(String filter, long now) {
        List<String> found = new ArrayList<>();
        map.match(filter, now, message -> found.add(new String(message.body(), UTF_8)));
        return found;
    }

    private static HybridTimestamp stamp(long millis) {
        return new HybridTimestamp(millis, 0, A);
    }

    private static RetainedMessage message(String topic, long millis, String body) {
        return new RetainedMessage(topic, stamp(millis), 1, body.getBytes(UTF_8), false, RetainedMessage.NEVER);
    }

    private static RetainedMessage expiring(String topic, long millis, long expiresAt) {
        return new RetainedMessage(topic, stamp(millis), 1, new byte[] {1}, false, expiresAt);
    }
}
